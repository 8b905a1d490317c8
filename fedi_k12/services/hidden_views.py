"""How a hidden answer is shown: a mark in place of its words, everywhere (R-45)."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.delegates import Deed, may
from fedi_k12.domain.forum import OWN, Hidden, Stated
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.posts import PostView
from storage import forum
from storage.tables import PostRow


def stored(rule: Stated) -> dict[str, object]:
    """Return what a post keeps of the rule that it is hidden under, as JSON values."""
    return {
        "number": rule.number,
        "words": rule.words,
        "own": rule.code.startswith(OWN),
    }


def marked(view: PostView, kept: Mapping[str, Any], *, conceal: bool) -> PostView:
    """Return a hidden answer as it is shown: with its mark and, where concealed, nothing else.

    Who wrote it and when stays: an answer is never taken away silently.
    """
    hidden = Hidden(
        int(kept.get("number", 0)), str(kept.get("words", "")), bool(kept.get("own")), conceal
    )
    if not conceal:
        return replace(view, hidden=hidden)
    return replace(
        view,
        hidden=hidden,
        kind="Note",
        content=f"<p>{_escaped(hidden.sentence)}</p>",
        content_map={},
        language="en",
        title="",
        summary="",
        sensitive=False,
        media=(),
        mentions=(),
        tags=(),
        emojis=(),
        poll=None,
        fetched_card=None,
        collections=(),
        reactions=(),
        quote=None,
        event=None,
        extra={},
    )


async def hideable(
    session: AsyncSession, rows: Sequence[PostRow], *, viewer: Actor
) -> set[int]:
    """Return which of these posts the viewer could hide: answers to official accounts.

    The store is asked for nobody but moderators and those who approve for an account.
    """
    staff = viewer.delegation is None and decide(viewer, Action.RESTRAIN).allowed
    if not staff and not may(viewer.delegation, Deed.APPROVE):
        return set()
    found = await forum.answered_accounts(session, rows)
    return {
        number
        for number, account_id in found.items()
        if staff or account_id == viewer.account_id
    }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
