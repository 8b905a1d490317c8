"""Whom a member wants to be told of: the page for the policy of notifications."""

from dataclasses import fields

from aiohttp import web

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.notifications import NotificationPolicy
from fedi_k12.services import notification_policy
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

PLACE = "/settings/notifications"
_ABOUT = {
    "for_not_following": (
        "People you do not follow",
        "Until you follow them, or let them through once.",
    ),
    "for_not_followers": (
        "People who do not follow you",
        "Also those who have done so for less than three days.",
    ),
    "for_new_accounts": (
        "New accounts",
        "Those made in the last 30 days, but for those you follow.",
    ),
    "for_private_mentions": (
        "Letters from people you do not follow",
        "But for answers to what you wrote.",
    ),
    "for_limited_accounts": (
        "Accounts that the moderators limited",
        "But for those you follow.",
    ),
}
_FATES = {
    "accept": "Tell me",
    "filter": "Keep it aside until I decide",
    "drop": "Drop it: I am never told",
}


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show what the member chose."""
    async with request.app[CONTEXT].read() as session:
        chosen = await notification_policy.policy(session, actor=actor(request))
    form = Form({field.name: getattr(chosen, field.name) for field in fields(chosen)})
    return await _page(request, form)


@signed_in
async def save(request: web.Request) -> web.StreamResponse:
    """Keep what the member chose."""
    form = await forms.read(request)
    changes = {
        field.name: form[field.name] for field in fields(NotificationPolicy) if form[field.name]
    }
    try:
        await request.app[CONTEXT].write(
            notification_policy.choose, actor=actor(request), changes=changes
        )
    except InvalidError as error:
        form.errors |= dict.fromkeys(error.fields, "Choose one of the three.")
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther(f"{PLACE}?saved")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        waiting = await notification_policy.summary(session, actor=actor(request))
    return await render(
        request,
        "noticing.html",
        status=status,
        form=form,
        saved="saved" in request.query,
        waiting=waiting.requests,
        ABOUT=_ABOUT,
        FATES=_FATES,
        noindex=True,
    )


ROUTES = [web.get(PLACE, show), web.post(PLACE, save)]
