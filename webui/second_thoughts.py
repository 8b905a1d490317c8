"""What is asked before a post goes out: whether it is for everybody, and whose words it is."""

from aiohttp import web
from msgspec import Struct

from fedi_k12.domain.offices import official_words
from fedi_k12.domain.officials import SpeaksFor
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import officials, profiles, views
from fedi_k12.web.auth import actor
from fedi_k12.web.keys import CONTEXT
from webui.forms import Form

_MEANT = "public_meant"
_OWN = "own_words"


class Doubt(Struct, frozen=True):
    """Words in a personal post that a school or a board would say (R-50)."""

    words: str
    instead: list[SpeaksFor]
    """The official accounts that the author could say it as, or whose post pass on."""


async def sounds_official(request: web.Request, form: Form) -> Doubt | None:
    """Return what to ask about a post of an official's personal account, None for nothing.

    Asked once for a post: whoever presses the button again says that it is their own.
    """
    if form[_OWN] or form["who"] == Visibility.DIRECT.value:
        return None
    found = official_words(f"{form['title']}\n{form['text']}")
    if not found:
        return None
    me = actor(request)
    if me.delegation is not None:
        return None
    async with request.app[CONTEXT].read() as session:
        account = await views.account_view(session, me.account_id)
        if not account.label or account.column:
            return None
        held = await officials.speaks_for(session, member_id=me.member_id or 0)
    return Doubt(found, [one for one in held if one.paused_at is None])


async def to_be_asked(request: web.Request, form: Form) -> bool:
    """Return whether a post for everybody is the first, and its author was not asked yet.

    Whoever speaks for an official account is not asked: that it speaks to everybody is what
    it is for, and its charter says who looks at a post first.
    """
    if form["who"] != Visibility.PUBLIC.value or form.flag(_MEANT):
        return False
    if actor(request).delegation is not None:
        return False
    async with request.app[CONTEXT].read() as session:
        chosen = await profiles.preferences(session, actor=actor(request))
    return not chosen.meant_public


async def remember(request: web.Request, form: Form) -> None:
    """Remember that a member means it when they write for everybody."""
    if form["who"] == Visibility.PUBLIC.value and form.flag(_MEANT):
        await request.app[CONTEXT].write(
            profiles.save_preferences, actor=actor(request), changes={"meant_public": True}
        )
