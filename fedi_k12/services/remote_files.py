"""Files made of other servers' pictures: a budget, and which are forgotten first.

Every one of them can be made again when somebody looks, so the least recently seen go when
there is too much. What members uploaded is never touched, not even where the bytes are equal.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.urls import host_of
from storage.tables import (
    AccountRow,
    EmojiRow,
    MediaRow,
    PastPictureRow,
    PictureRow,
    PostRow,
    QuarantineRow,
    RecordFileRow,
    RemoteFileRow,
)

BATCH = 200
SEEN_AFRESH = timedelta(days=1)
"""A file looked at again within so long counts as looked at once."""


class Figures(Struct, frozen=True):
    """How much of other servers is kept here."""

    files: int
    bytes: int
    quarantined: int
    hosts: tuple[tuple[str, int, int], ...]
    """(host, files, bytes), those with the most bytes first."""


class Stopped(Struct, frozen=True):
    """A file that a check stopped."""

    id: int
    url: str
    host: str
    sha256: str
    reason: str
    held: bool
    created_at: datetime


async def kept(
    session: AsyncSession, files: Sequence[tuple[str, int]], *, url: str, now: datetime
) -> None:
    """Record files, given as (key, bytes), that were made of what lies at `url`."""
    for key, size in files:
        row = await session.get(RemoteFileRow, key)
        if row is None:
            session.add(
                RemoteFileRow(key=key, host=_host(url), size=size, used_at=now, created_at=now)
            )
        else:
            row.used_at = now
    await session.flush()


async def seen(session: AsyncSession, key: str, *, now: datetime) -> None:
    """Record that somebody looked at a file."""
    await session.execute(
        update(RemoteFileRow)
        .where(RemoteFileRow.key == key, RemoteFileRow.used_at < now - SEEN_AFRESH)
        .values(used_at=now)
    )


async def figures(session: AsyncSession, *, hosts: int = 20) -> Figures:
    """Return how much of other servers is kept here."""
    total = (
        await session.execute(
            select(func.count(), func.coalesce(func.sum(RemoteFileRow.size), 0))
        )
    ).one()
    per_host = await session.execute(
        select(RemoteFileRow.host, func.count(), func.sum(RemoteFileRow.size))
        .group_by(RemoteFileRow.host)
        .order_by(func.sum(RemoteFileRow.size).desc())
        .limit(hosts)
    )
    stopped = await session.scalar(select(func.count()).select_from(QuarantineRow))
    return Figures(
        int(total[0]),
        int(total[1]),
        stopped or 0,
        tuple((host, int(number), int(size)) for host, number, size in per_host),
    )


async def candidates(
    session: AsyncSession,
    *,
    host: str = "",
    unseen_since: datetime | None = None,
    over: int | None = None,
) -> list[tuple[str, int]]:
    """Return the next files to forget, as (key, bytes), the longest unseen first.

    Those of a host, those that nobody looked at since then, or as many as are over a number
    of bytes in all; at most `BATCH` at once.
    """
    statement = (
        select(RemoteFileRow.key, RemoteFileRow.size)
        .where(*_chosen(host, unseen_since))
        .order_by(RemoteFileRow.used_at, RemoteFileRow.key)
        .limit(BATCH)
    )
    rows = [(key, int(size)) for key, size in await session.execute(statement)]
    if over is None:
        return rows
    excess, found = await _total(session) - over, []
    for key, size in rows:
        if excess <= 0:
            break
        found.append((key, size))
        excess -= size
    return found


async def measured(
    session: AsyncSession,
    *,
    host: str = "",
    unseen_since: datetime | None = None,
    over: int | None = None,
) -> tuple[int, int]:
    """Return how many files, and bytes, would be forgotten in all."""
    if over is None:
        row = (
            await session.execute(
                select(func.count(), func.coalesce(func.sum(RemoteFileRow.size), 0)).where(
                    *_chosen(host, unseen_since)
                )
            )
        ).one()
        return int(row[0]), int(row[1])
    excess, number, size = await _total(session) - over, 0, 0
    rows = await session.stream_scalars(
        select(RemoteFileRow.size).order_by(RemoteFileRow.used_at, RemoteFileRow.key)
    )
    async for one in rows:
        if size >= excess:
            break
        number, size = number + 1, size + int(one)
    return number, size


def _chosen(host: str, unseen_since: datetime | None) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if host:
        below = RemoteFileRow.host.endswith(f".{host}", autoescape=True)
        chosen.append(or_(RemoteFileRow.host == host, below))
    if unseen_since is not None:
        chosen.append(RemoteFileRow.used_at < unseen_since)
    return chosen


async def _total(session: AsyncSession) -> int:
    found = await session.scalar(select(func.coalesce(func.sum(RemoteFileRow.size), 0)))
    return int(found or 0)


async def forget(session: AsyncSession, keys: Sequence[str]) -> list[str]:
    """Take files out of every place that shows them; return those whose bytes can go.

    The places fetch them anew when somebody looks.
    """
    if not keys:
        return []
    concerned = await session.scalars(
        select(MediaRow.post_id).where(
            or_(MediaRow.file.in_(keys), MediaRow.preview_file.in_(keys)),
            MediaRow.remote_url.is_not(None),
        )
    )
    posts = [number for number in concerned if number is not None]
    for column in (MediaRow.file, MediaRow.preview_file):
        await session.execute(
            update(MediaRow)
            .where(column.in_(keys), MediaRow.remote_url.is_not(None))
            .values({column: None})
        )
    await session.execute(
        update(PostRow).where(PostRow.id.in_(posts)).values(version=PostRow.version + 1)
    )
    for column, remote in (
        (AccountRow.avatar_file, AccountRow.avatar_remote_url),
        (AccountRow.header_file, AccountRow.header_remote_url),
    ):
        await session.execute(
            update(AccountRow)
            .where(column.in_(keys), remote.is_not(None), AccountRow.domain != "")
            .values({column: None, AccountRow.version: AccountRow.version + 1})
        )
    await session.execute(
        update(EmojiRow)
        .where(EmojiRow.file.in_(keys), EmojiRow.remote_url.is_not(None))
        .values(file=None)
    )
    await session.execute(
        update(PictureRow).where(PictureRow.file.in_(keys)).values(file=None, size=0)
    )
    await session.execute(delete(RemoteFileRow).where(RemoteFileRow.key.in_(keys)))
    needed = await _needed(session, keys)
    return [key for key in keys if key not in needed]


async def orphans(session: AsyncSession, keys: Sequence[str]) -> list[str]:
    """Return which of these files nothing here refers to any more."""
    needed = await _needed(session, keys)
    return [key for key in keys if key not in needed]


async def is_stopped(session: AsyncSession, url: str) -> bool:
    """Return whether a check stopped what lies at an address."""
    return bool(await session.scalar(select(exists().where(QuarantineRow.url == url))))


async def stop(
    session: AsyncSession,
    *,
    url: str,
    sha256: str,
    reason: str,
    size: int,
    held: bool,
    now: datetime,
) -> None:
    """Record that a check stopped a file; it is not fetched again."""
    session.add(
        QuarantineRow(
            id=new_id(),
            url=url,
            host=_host(url),
            sha256=sha256,
            reason=reason[:500],
            size=size,
            held=held,
            created_at=now,
        )
    )
    await session.flush()


async def stopped(session: AsyncSession, *, limit: int = 200) -> list[Stopped]:
    """Return the files that checks stopped, the newest first."""
    rows = await session.scalars(
        select(QuarantineRow).order_by(QuarantineRow.id.desc()).limit(limit)
    )
    return [
        Stopped(row.id, row.url, row.host, row.sha256, row.reason, row.held, row.created_at)
        for row in rows
    ]


async def _needed(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Return which of these files something still refers to."""
    found: set[str] = set()
    columns = (
        MediaRow.file, MediaRow.preview_file, AccountRow.avatar_file, AccountRow.header_file,
        EmojiRow.file, PictureRow.file, MediaRow.raw_file, MediaRow.captions_file,
        RecordFileRow.file, PastPictureRow.file, PastPictureRow.preview_file,
    )  # fmt: skip
    for column in columns:
        rows = await session.scalars(select(column).where(column.in_(keys)))
        found |= {key for key in rows if key is not None}
    return found


def _host(url: str) -> str:
    try:
        return host_of(url)
    except InvalidError:
        return ""
