"""Digests as they come to be: gathered in the morning, published, tidied afterwards."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.boosts import begin_of
from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.digest_jobs import KeepDigests
from fedi_k12.domain.digests import (
    MAX_ITEMS,
    MAX_PICTURES,
    MAX_SAID,
    TITLE,
    DigestState,
    article,
    day_to_gather,
    path_of_day,
    teaser,
)
from fedi_k12.domain.guards import weak_description
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.search_query import name_key
from fedi_k12.domain.submissions import Paper
from fedi_k12.domain.text import short_text
from fedi_k12.services import digest_reading, posts, site
from fedi_k12.services.reactions import MAX_PINS
from storage import digests as store
from storage import posts as post_rows
from storage.featuring import count_pins
from storage.tables import DigestItemRow, DigestRow, MediaRow, PostRow

LOOKED_AFTER = timedelta(days=400)
"""For so long what is taken back also goes from the article that other servers have."""
_NEW = frozenset(
    {"id", "post_id", "account_id", "position", "created_at", "scheduled_id", "submission_id"}
)


async def keep_digests(ctx: Context, job: KeepDigests) -> None:
    """Job: gather what happened yesterday once it is time; let go what was taken back."""
    del job
    await ctx.write(gather, now=ctx.clock())
    async with ctx.read() as session:
        since = (ctx.clock() - LOOKED_AFTER).date().isoformat()
        rows = await store.in_state(session, ("open", "waiting", "out"), since=since)
    for row in rows:
        await ctx.write(tidy, row.id, addresses=ctx.addresses, now=ctx.clock())


async def gather(session: AsyncSession, *, now: datetime) -> None:
    """Gather yesterday's public posts that may be featured, once; nothing before six."""
    account_id = await digest_reading.teller(session)
    zone = await site.zone(session)
    day = day_to_gather(now, zone)
    if account_id is None or day is None:
        return
    if await store.of_day(session, account_id, day.isoformat()) is not None:
        return
    found = await store.candidates(
        session,
        besides=account_id,
        begin=begin_of(day, zone),
        end=begin_of(day + timedelta(days=1), zone),
        limit=MAX_ITEMS,
    )
    row = DigestRow(
        id=new_id(),
        account_id=account_id,
        day=day.isoformat(),
        state=(DigestState.OPEN if found else DigestState.EMPTY).value,
        gathered_at=now,
    )
    session.add(row)
    await session.flush()
    for at, (post, author) in enumerate(found, 1):
        session.add(
            DigestItemRow(
                id=new_id(),
                digest_id=row.id,
                post_id=post.id,
                account_id=author.id,
                handle=author.acct,
                name=author.display_name or author.username,
                url=post.url or post.uri,
                said=_said(post),
                position=at,
                included=False,
                words=name_key(f"{author.display_name or author.username} {_said(post)}"),
                at=post.created_at,
            )
        )
    await session.flush()


async def publish(
    session: AsyncSession,
    row: DigestRow,
    picked: Sequence[DigestItemRow],
    editor: Actor,
    *,
    addresses: Addresses,
    now: datetime,
) -> None:
    """Publish a digest that two people agreed on: one article, one note that leads to it."""
    media_ids = await _copies(session, row, picked, now=now)
    given = Paper(given=True)
    row.article_id = await posts.publish(
        session,
        actor=editor,
        draft=_draft(await _text(session, row, picked), media_ids),
        addresses=addresses,
        now=now,
        paper=given,
    )
    url = f"{addresses.base_url}{path_of_day(date.fromisoformat(row.day))}"
    row.note_id = await posts.publish(
        session,
        actor=editor,
        draft=Draft(teaser(url), language="en"),
        addresses=addresses,
        now=now,
        paper=given,
    )
    await session.flush()
    await _pin(session, row, now=now)


async def _pin(session: AsyncSession, row: DigestRow, *, now: datetime) -> None:
    """Keep the newest note at the top of the account's page instead of the one before.

    Nothing is sent for it (S-43): others see it where they read what is pinned. Whoever took
    the note before down wants none there.
    """
    newest = await store.in_state(session, ("out",), account_ids=[row.account_id], limit=2)
    if row.note_id is None or not newest or newest[0].id != row.id:
        return
    notes = [one.note_id for one in newest if one.note_id is not None]
    found = await post_rows.by_ids(session, notes)
    for number, post in found.items():
        if number != row.note_id:
            if post.pinned_at is None:
                return
            post.pinned_at = None
            post.version += 1
    await session.flush()
    if await count_pins(session, row.account_id) < MAX_PINS:
        found[row.note_id].pinned_at = now
        found[row.note_id].version += 1


async def tidy(
    session: AsyncSession, digest_id: int, /, *, addresses: Addresses, now: datetime
) -> None:
    """Forget what was copied of posts that were taken back, and say the article anew."""
    row = await session.get(DigestRow, digest_id)
    if row is None:
        return
    rows = await store.items(session, row.id)
    stay = await digest_reading.standing(session, row.id)
    gone = [item for item in rows if item not in stay]
    told = any(item.included for item in gone)
    for item in gone:
        await session.delete(item)
    await session.flush()
    post = await post_rows.by_id(session, row.article_id) if row.article_id else None
    if not told or post is None:
        return
    picked = [item for item in stay if item.included]
    # Nobody publishes anything here: less is said than two people agreed on.
    keeper = Actor(
        row.account_id,
        row.edited_by,
        delegation=Delegation(DelegateRole.AUTHOR, emergency=True),
    )
    await posts.edit(
        session,
        actor=keeper,
        post_id=post.id,
        draft=_draft(
            await _text(session, row, picked),
            tuple(item.media_id for item in picked if item.media_id is not None),
        ),
        addresses=addresses,
        now=now,
        paper=Paper(given=True),
    )


def _draft(text: str, media_ids: tuple[int, ...]) -> Draft:
    return Draft(
        text, title=TITLE, content_type="text/markdown", language="en", media_ids=media_ids
    )


async def _text(session: AsyncSession, row: DigestRow, picked: Sequence[DigestItemRow]) -> str:
    return article(await digest_reading.items(session, row, picked))


async def _copies(
    session: AsyncSession, row: DigestRow, picked: Sequence[DigestItemRow], *, now: datetime
) -> tuple[int, ...]:
    """Copy the pictures that are described well enough; return the ids of the copies.

    The bytes are kept once for all that refer to them (`storage.blobs`).
    """
    theirs = await store.pictures(session, [item.post_id for item in picked])
    made: list[int] = []
    for item in picked:
        found = theirs.get(item.post_id)
        if found is None or weak_description(found.alt) or len(made) == MAX_PICTURES:
            continue
        same = {
            column.name: getattr(found, column.name)
            for column in MediaRow.__table__.columns
            if column.name not in _NEW
        }
        copy = MediaRow(id=new_id(), account_id=row.account_id, created_at=now, **same)
        session.add(copy)
        item.media_id = copy.id
        made.append(copy.id)
    await session.flush()
    return tuple(made)


def _said(post: PostRow) -> str:
    words = plain_text(post.content)
    lines = [post.title, post.summary, words]
    return short_text("\n".join(line for line in lines if line), MAX_SAID)
