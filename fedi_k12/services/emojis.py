"""The custom emojis of this place: added and removed by staff, used by everybody here.

Others' emojis belong to the post or the name that they came with, and never stand for ours.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import EmojiView
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.text import clean_line
from fedi_k12.services import moderation, views
from storage.tables import EmojiRow

MAX_OWN = 2000
MAX_USED = 64
"""So many different ones are drawn in one text."""
MAX_CATEGORY = 60
PATH = "/media/emoji/"
_OWN = re.compile(r"[a-z0-9_]{2,32}")
_IN_TEXT = re.compile(r"(?<![A-Za-z0-9_:]):([A-Za-z0-9_]{2,32}):")


class OwnEmoji(Struct, frozen=True):
    """A custom emoji of this place; `url` is where it is served."""

    id: int
    shortcode: str
    category: str
    url: str
    file: str
    updated_at: datetime


async def own(session: AsyncSession) -> list[OwnEmoji]:
    """Return the custom emojis of this place, by category and name."""
    rows = await session.scalars(
        select(EmojiRow)
        .where(EmojiRow.domain == "", EmojiRow.file.is_not(None))
        .order_by(EmojiRow.category, EmojiRow.shortcode)
    )
    return [_view(row) for row in rows]


async def one(session: AsyncSession, emoji_id: int) -> OwnEmoji:
    """Return a custom emoji of this place, or raise `NotFoundError`."""
    row = await session.get(EmojiRow, emoji_id)
    if row is None or row.domain or row.file is None:
        raise NotFoundError("There is no such emoji here.")
    return _view(row)


async def named(session: AsyncSession, shortcode: str) -> OwnEmoji | None:
    """Return the custom emoji of this place with this name."""
    row = await _row(session, shortcode)
    return _view(row) if row is not None else None


async def add(
    session: AsyncSession,
    *,
    actor: Actor | None,
    shortcode: str,
    file: str,
    category: str = "",
    now: datetime,
) -> int:
    """Add a custom emoji whose picture is kept already; return its id.

    `actor` None is the command line. Raises `InvalidError` for a name that is none, and
    `ConflictError` for one that is taken.
    """
    _demand(actor)
    check_shortcode(shortcode)
    if await _row(session, shortcode) is not None:
        raise ConflictError(f":{shortcode}: is taken. Remove it first, or take another name.")
    if len(await own(session)) >= MAX_OWN:
        raise InvalidError(f"A place can have {MAX_OWN} emojis of its own.")
    row = EmojiRow(
        id=new_id(),
        shortcode=shortcode,
        domain="",
        file=file,
        category=clean_line(category, MAX_CATEGORY),
        updated_at=now,
    )
    session.add(row)
    await session.flush()
    await moderation.audit(
        session, actor=actor, action="emoji added", target=("emoji", shortcode), now=now
    )
    return row.id


async def remove(
    session: AsyncSession, *, actor: Actor | None, shortcode: str, now: datetime
) -> None:
    """Remove a custom emoji: texts that used it show its name from then on."""
    _demand(actor)
    row = await _row(session, shortcode)
    if row is None:
        raise NotFoundError(f"There is no emoji :{shortcode}: here.")
    await session.delete(row)
    await moderation.audit(
        session, actor=actor, action="emoji removed", target=("emoji", shortcode), now=now
    )


async def used_in(session: AsyncSession, texts: Iterable[str]) -> list[dict[str, str]]:
    """Return the emojis of this place that texts use, as posts and accounts keep them."""
    names = list(dict.fromkeys(name for text in texts for name in _IN_TEXT.findall(text)))
    if not names:
        return []
    rows = await session.scalars(
        select(EmojiRow).where(
            EmojiRow.domain == "",
            EmojiRow.shortcode.in_(names[:MAX_USED]),
            EmojiRow.file.is_not(None),
        )
    )
    return [
        {"shortcode": view.shortcode, "url": view.url, "id": str(view.id), "file": view.file}
        for view in sorted(map(_view, rows), key=lambda view: names.index(view.shortcode))
    ]


async def seen_with(
    session: AsyncSession, *, actor: Actor, post_id: int
) -> tuple[EmojiView, ...]:
    """Return the emojis of another server's post and its author, for staff to copy."""
    _demand(actor)
    view = await views.post_view(session, post_id, viewer=actor)
    shown = view.boost_of or view
    given = [
        EmojiView(one.name.partition("@")[0], one.url) for one in shown.reactions if one.url
    ]
    found = (*shown.emojis, *shown.account.emojis, *given)
    return tuple({one.url: one for one in found if not one.url.startswith(PATH)}.values())


def check_shortcode(shortcode: str) -> None:
    """Raise `InvalidError` for what cannot be the name of an emoji of ours."""
    if not _OWN.fullmatch(shortcode):
        raise InvalidError(
            "Validation failed: Its name needs 2 to 32 small letters, digits or _",
            fields={"shortcode": "needs 2 to 32 small letters, digits or _"},
        )


def _demand(actor: Actor | None) -> None:
    decision = decide(actor, Action.KEEP_EMOJIS) if actor is not None else None
    if decision is not None and not decision.allowed:
        raise ForbiddenError(decision.why)


async def _row(session: AsyncSession, shortcode: str) -> EmojiRow | None:
    return await session.scalar(
        select(EmojiRow).where(EmojiRow.domain == "", EmojiRow.shortcode == shortcode)
    )


def _view(row: EmojiRow) -> OwnEmoji:
    return OwnEmoji(
        row.id, row.shortcode, row.category, f"{PATH}{row.id}", row.file or "", row.updated_at
    )
