"""Whether a member's first public post is meant for everybody: asked once."""

from aiohttp import web

from fedi_k12.domain.posts import Visibility
from fedi_k12.services import profiles
from fedi_k12.web.auth import actor
from fedi_k12.web.keys import CONTEXT
from webui.forms import Form

_MEANT = "public_meant"


async def to_be_asked(request: web.Request, form: Form) -> bool:
    """Return whether a post for everybody is the first, and its author was not asked yet."""
    if form["who"] != Visibility.PUBLIC.value or form.flag(_MEANT):
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
