"""What members began to write: kept until it is published or thrown away."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import InvalidError, NotFoundError, SavedForApprovalError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, MediaView, PollOptionView, PollView, PostView
from fedi_k12.services import account_views, posts, views, wording
from storage.tables import DraftMediaRow, DraftRow, MediaRow

MAX_DRAFTS = 100
MAX_WORDS = 200_000
"""Letters in all the fields of a draft together."""


class DraftView(Struct, frozen=True):
    """Something that was begun, for nobody but its author."""

    id: int
    words: Mapping[str, str]
    """What was typed and chosen, by the names of the form's fields."""
    media: tuple[MediaView, ...]
    updated_at: datetime


async def keep(
    session: AsyncSession,
    *,
    actor: Actor,
    draft_id: int | None,
    words: Mapping[str, str],
    media_ids: Sequence[int],
    now: datetime,
) -> int:
    """Keep what was begun, anew or in place of how it was; return its id.

    A draft that is gone is kept anew: nobody loses words because another window threw it away.
    Raises `InvalidError` where too much is kept already, and `NotFoundError` for a file that
    is not the actor's, or stands in a post.
    """
    if sum(map(len, words.values())) > MAX_WORDS:
        raise InvalidError("That is too long to be kept as a draft.")
    row = await _row(session, actor, draft_id)
    if row is None:
        kept = await session.scalar(
            select(func.count()).where(DraftRow.account_id == actor.account_id)
        )
        if (kept or 0) >= MAX_DRAFTS:
            raise InvalidError(
                f"You keep {MAX_DRAFTS} drafts already. Throw one away first, or post this one."
            )
        row = DraftRow(
            id=new_id(),
            account_id=actor.account_id,
            member_id=actor.member_id,
            created_at=now,
        )
        session.add(row)
    row.words, row.updated_at = dict(words), now
    await session.flush()
    await _keep_media(session, actor, row.id, media_ids)
    return row.id


async def drafts(session: AsyncSession, *, actor: Actor) -> list[DraftView]:
    """Return what the actor began, the last one touched first."""
    rows = list(
        await session.scalars(
            select(DraftRow)
            .where(DraftRow.account_id == actor.account_id)
            .order_by(DraftRow.updated_at.desc(), DraftRow.id.desc())
            .limit(MAX_DRAFTS)
        )
    )
    return await _views(session, rows)


async def get(session: AsyncSession, *, actor: Actor, draft_id: int) -> DraftView:
    """Return one of the actor's drafts."""
    row = await _row(session, actor, draft_id)
    if row is None:
        raise NotFoundError("Record not found")
    return (await _views(session, [row]))[0]


async def throw_away(session: AsyncSession, *, actor: Actor, draft_id: int) -> None:
    """Forget a draft; its uploads go with the next sweep."""
    await session.execute(
        delete_rows(DraftRow).where(
            DraftRow.id == draft_id, DraftRow.account_id == actor.account_id
        )
    )


async def publish(
    session: AsyncSession,
    *,
    actor: Actor,
    draft_id: int | None,
    draft: Draft,
    addresses: Addresses,
    now: datetime,
    hold_seconds: int = 0,
) -> int:
    """Publish a post and forget the draft that it began as; return the post's id."""
    try:
        post_id = await posts.publish(
            session,
            actor=actor,
            draft=draft,
            addresses=addresses,
            now=now,
            hold_seconds=hold_seconds,
        )
    except SavedForApprovalError:
        # What waits is kept with all its words: there is nothing left to go on with.
        if draft_id is not None:
            await throw_away(session, actor=actor, draft_id=draft_id)
        raise
    if draft_id is not None:
        await throw_away(session, actor=actor, draft_id=draft_id)
    return post_id


async def preview(
    session: AsyncSession,
    *,
    actor: Actor,
    draft: Draft,
    media: Sequence[MediaView],
    addresses: Addresses,
    now: datetime,
) -> PostView:
    """Return how a post will look; nothing is stored, and nobody is told."""
    written = await wording.worded(session, draft, addresses)
    options = draft.poll.options if draft.poll is not None else ()
    return PostView(
        id=0,
        uri="",
        url="",
        account=await views.account_view(session, actor.account_id),
        local=True,
        kind="Article" if draft.title else "Note",
        visibility=draft.visibility,
        local_only=draft.local_only,
        content=written.html,
        created_at=now,
        title=draft.title,
        summary=draft.summary,
        sensitive=draft.sensitive,
        language=written.language,
        media=tuple(one for one in media if one.ready),
        emojis=account_views.emoji_views(written.emojis, local=True),
        poll=_unanswered(draft, options) if options else None,
        extra={"license": draft.license_url} if draft.license_url else {},
    )


def _unanswered(draft: Draft, options: Sequence[str]) -> PollView:
    several = draft.poll is not None and draft.poll.multiple
    return PollView(
        id=0,
        options=tuple(PollOptionView(option, None) for option in options),
        multiple=several,
        expires_at=None,
        expired=False,
        votes_count=0,
        voters_count=None,
    )


async def _row(session: AsyncSession, actor: Actor, draft_id: int | None) -> DraftRow | None:
    row = await session.get(DraftRow, draft_id) if draft_id is not None else None
    return row if row is not None and row.account_id == actor.account_id else None


async def _keep_media(
    session: AsyncSession, actor: Actor, draft_id: int, media_ids: Sequence[int]
) -> None:
    wanted = list(dict.fromkeys(media_ids))
    found = set(
        await session.scalars(
            select(MediaRow.id).where(
                MediaRow.id.in_(wanted),
                MediaRow.account_id == actor.account_id,
                MediaRow.post_id.is_(None),
                MediaRow.scheduled_id.is_(None),
                MediaRow.submission_id.is_(None),
            )
        )
    )
    if len(found) != len(wanted):
        raise NotFoundError("Record not found")
    await session.execute(delete_rows(DraftMediaRow).where(DraftMediaRow.draft_id == draft_id))
    session.add_all(
        DraftMediaRow(draft_id=draft_id, media_id=number, position=position)
        for position, number in enumerate(wanted)
    )
    await session.flush()


async def _views(session: AsyncSession, rows: Sequence[DraftRow]) -> list[DraftView]:
    pairs = await session.execute(
        select(DraftMediaRow.draft_id, MediaRow)
        .join(MediaRow, MediaRow.id == DraftMediaRow.media_id)
        .where(DraftMediaRow.draft_id.in_([row.id for row in rows]))
        .order_by(DraftMediaRow.position)
    )
    media: dict[int, list[MediaView]] = {}
    for draft_id, item in pairs:
        media.setdefault(draft_id, []).append(views.view_of_media(item))
    return [
        DraftView(
            row.id,
            {str(name): str(word) for name, word in row.words.items()},
            tuple(media.get(row.id, ())),
            row.updated_at,
        )
        for row in rows
    ]
