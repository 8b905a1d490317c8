"""Forms whose session or secret is too old: given back, with all that was typed."""

from aiohttp import web

from fedi_k12.web.auth import viewer
from webui.forms import Form

SIGNED_OUT = (
    "You are not signed in any more. Nothing is lost: keep this page open, sign in in another "
    "window, come back and press the button."
)
_STALE = (
    "This page was open for a long time, and its form was too old to be taken. Nothing is "
    "lost: look it over and press the button again."
)
STATUS = 403
"""What such a form is answered with: nothing was changed."""


def explain(request: web.Request, form: Form, *, stale: str = _STALE) -> None:
    """Say over a form why it comes back; `stale` is for whoever is still signed in."""
    form.errors.clear()
    form.errors[""] = SIGNED_OUT if viewer(request) is None else stale
