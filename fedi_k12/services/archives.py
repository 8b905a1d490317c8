"""Archives of X and Facebook at an official account: brought, shown, and taken off (S-22).

They are records, not posts: no timeline, no outbox and no other server ever has them. What is
in a file is told before anything is taken over.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.archives import NAMES, PAGE, Source
from fedi_k12.domain.errors import ConflictError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import MediaView
from fedi_k12.domain.record_jobs import TakeArchive
from fedi_k12.domain.words import marked
from fedi_k12.services import officials, records
from fedi_k12.services.archive_reading import Read
from storage import archives as queries
from storage import jobs
from storage.tables import AccountRow, PastArchiveRow, PastPictureRow, PastPostRow

NEW_KEPT = timedelta(days=7)
"""So long a file waits for somebody to begin."""
_NONE = marked("There is no such archive.")


class SpanView(Struct, frozen=True):
    """An archive as the account's page names it."""

    source: Source
    posts: int
    first: int
    last: int
    """Years."""

    @property
    def name(self) -> str:
        """The name of the service."""
        return NAMES[self.source]


class PastView(Struct, frozen=True):
    """A post of an archive as it is shown."""

    id: int
    source: Source
    at: datetime
    text: str
    pictures: tuple[MediaView, ...]

    @property
    def name(self) -> str:
        """The name of the service on which it was said."""
        return NAMES[self.source]


class Shown(Struct, frozen=True):
    """A page of an archive, the newest first."""

    posts: tuple[PastView, ...]
    found: int
    """How many there are on all pages."""


class ArchiveView(Struct, frozen=True):
    """A file that was brought, as the desk sees it."""

    id: int
    source: Source
    owner: str
    file_name: str
    state: str
    total: int
    done: int
    taken: int
    left: Mapping[str, int]
    first: int | None
    last: int | None
    created_at: datetime

    @property
    def name(self) -> str:
        """The name of the service it comes from."""
        return NAMES[self.source]


async def take_in(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    found: Read,
    file: str,
    file_name: str,
    sha256: str,
    now: datetime,
) -> int:
    """Keep what a file holds, and return the archive's number; nothing is taken over yet.

    By whoever decides what the account is: see `officials.kept`. `file` is its name in the
    folder of archives.
    """
    await officials.kept(session, actor, account_id)
    row = PastArchiveRow(
        id=new_id(),
        account_id=account_id,
        source=found.source.value,
        owner=found.owner,
        file_name=file_name[:200],
        file=file,
        sha256=sha256,
        state="new",
        total=len(found.posts),
        left_out=dict(found.left),
        first_at=found.posts[0].at if found.posts else None,
        last_at=found.posts[-1].at if found.posts else None,
        member_id=actor.member_id if actor is not None else None,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return row.id


async def begin(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    archive_id: int,
    now: datetime,
) -> None:
    """Begin to take an archive over, or go on with one that was stopped; else do nothing."""
    row = await _own(session, actor, account_id, archive_id)
    if row.state not in {"new", "stopped"} or not row.file:
        return
    row.state, row.finished_at = "running", None
    row.member_id = actor.member_id if actor is not None else None
    await session.flush()
    await _note(session, actor, row, "archive begun", {"sha256": row.sha256}, now)
    await jobs.enqueue(session, TakeArchive(row.id), now=now)


async def stop(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    archive_id: int,
    now: datetime,
) -> str:
    """Stop taking an archive over, or forget one that was not begun; return its file's name.

    What was taken stays, and one that was stopped can go on.
    """
    row = await _own(session, actor, account_id, archive_id)
    if row.state == "new":
        await session.delete(row)
    elif row.state == "running":
        row.state, row.finished_at = "stopped", now
        await _note(session, actor, row, "archive stopped", {"taken": row.taken}, now)
    else:
        raise ConflictError("That archive has ended already.")
    return row.file


async def take_off(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    now: datetime,
    archive_id: int | None = None,
    post_id: int | None = None,
) -> None:
    """Show a post, or all posts of one archive, no longer: the records keep them."""
    await officials.kept(session, actor, account_id)
    chosen = (
        PastPostRow.id == post_id
        if archive_id is None
        else (PastPostRow.archive_id == archive_id)
    )
    done = await session.execute(
        update(PastPostRow)
        .where(chosen, PastPostRow.account_id == account_id, PastPostRow.hidden_at.is_(None))
        .values(hidden_at=now)
        .returning(PastPostRow.id)
    )
    numbers = [number for (number,) in done]
    if not numbers:
        raise NotFoundError("There is nothing of it to take off.")
    account = await session.get_one(AccountRow, account_id)
    await records.note(
        session,
        kind="archive taken off",
        actor=actor,
        concerned=[account_id],
        object_id=page_of(account) if archive_id else f"{page_of(account)}#p{post_id}",
        thread=page_of(account),
        now=now,
        detail={"posts": len(numbers)},
    )


async def at_desk(
    session: AsyncSession, *, actor: Actor | None, account_id: int
) -> list[ArchiveView]:
    """Return the archives that were brought for an account, the newest first."""
    await officials.kept(session, actor, account_id)
    return [_archive(row) for row in await queries.of_account(session, account_id)]


async def one(
    session: AsyncSession, *, actor: Actor | None, account_id: int, archive_id: int
) -> ArchiveView:
    """Return an archive that was brought for an account."""
    return _archive(await _own(session, actor, account_id, archive_id))


async def spans(session: AsyncSession, account_id: int) -> list[SpanView]:
    """Return which archives an account shows, and of which years."""
    return [
        SpanView(Source(one.source), one.posts, one.first.year, one.last.year)
        for one in await queries.spans(session, account_id)
    ]


async def page(
    session: AsyncSession, account_id: int, *, source: str = "", q: str = "", offset: int = 0
) -> Shown:
    """Return `PAGE` posts of an account's archives, the newest first.

    Of one `source` only, or with words that begin as those of `q`.
    """
    rows = await queries.page(
        session, account_id, source=source, q=q, limit=PAGE, offset=offset
    )
    pictures = await queries.pictures(session, [row.id for row in rows])
    return Shown(
        tuple(
            PastView(
                row.id,
                Source(row.source),
                row.at,
                row.text,
                tuple(_picture(one) for one in pictures.get(row.id, ())),
            )
            for row in rows
        ),
        await queries.count(session, account_id, source=source, q=q),
    )


def page_of(account: AccountRow) -> str:
    """Return the address of an account's page with its archives."""
    return f"{account.url or account.uri}/archive"


def store(row: PastArchiveRow, post_id: int, key: str, at: datetime, text: str) -> PastPostRow:
    """Return a post of an archive as it is stored."""
    return PastPostRow(
        id=post_id,
        account_id=row.account_id,
        archive_id=row.id,
        source=row.source,
        key=key,
        at=at,
        text=text,
        words=queries.words_of(text),
    )


async def _own(
    session: AsyncSession, actor: Actor | None, account_id: int, archive_id: int
) -> PastArchiveRow:
    await officials.kept(session, actor, account_id)
    row = await session.get(PastArchiveRow, archive_id)
    if row is None or row.account_id != account_id:
        raise NotFoundError(_NONE)
    return row


async def _note(
    session: AsyncSession,
    actor: Actor | None,
    row: PastArchiveRow,
    kind: str,
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    account = await session.get_one(AccountRow, row.account_id)
    await records.note(
        session,
        kind=kind,
        actor=actor,
        concerned=[row.account_id],
        object_id=page_of(account),
        thread=page_of(account),
        now=now,
        detail={"source": row.source, "file": row.file_name, **detail},
    )


def _archive(row: PastArchiveRow) -> ArchiveView:
    return ArchiveView(
        id=row.id,
        source=Source(row.source),
        owner=row.owner,
        file_name=row.file_name,
        state=row.state,
        total=row.total,
        done=row.done,
        taken=row.taken,
        left=row.left_out,
        first=row.first_at.year if row.first_at else None,
        last=row.last_at.year if row.last_at else None,
        created_at=row.created_at,
    )


def _picture(row: PastPictureRow) -> MediaView:
    return MediaView(
        id=row.id,
        kind="image",
        file=row.file,
        preview_file=row.preview_file,
        remote_url=None,
        alt=row.alt,
        width=row.width,
        height=row.height,
        preview_width=row.preview_width,
        preview_height=row.preview_height,
    )
