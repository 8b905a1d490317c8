"""Whom a member wants to be told of: the page for the policy of notifications."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.mailings import Kind
from fedi_k12.domain.notifications import NotificationPolicy
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.quiet import hour_of
from fedi_k12.services import confirmation, mailings, notification_policy, profiles, site
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render
from webui.security import demand_mail

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
_EVERY = {
    "none": "Send me none",
    "daily": "One a day, when my quiet hours are over",
    "weekly": "One a week, on the first morning",
}
_DESK_EVERY = {
    "none": "Do not tell me",
    "daily": "At most once a day, when reports or people wait",
}
_FATES = {
    "accept": "Tell me",
    "filter": "Keep it aside until I decide",
    "drop": "Drop it: I am never told",
}


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show what the member chose."""
    return await _page(request, Form())


@signed_in
async def save(request: web.Request) -> web.StreamResponse:
    """Keep what the member chose."""
    form = await forms.read(request)
    changes = {name: form[name] for name in NotificationPolicy.__struct_fields__ if form[name]}
    try:
        await request.app[CONTEXT].write(
            notification_policy.choose, actor=actor(request), changes=changes
        )
    except InvalidError as error:
        form.errors |= dict.fromkeys(error.fields, "Choose one of the three.")
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther(f"{PLACE}?saved")


@signed_in
async def save_quiet(request: web.Request) -> web.StreamResponse:
    """Keep when the member's apps are left asleep."""
    form = await forms.read(request)
    for name in ("quiet_from", "quiet_until"):
        if hour_of(form[name]) is None:
            form.errors[name] = "Write a time of day, such as 18:00."
    if form.errors:
        return await _page(request, form, status=422)
    changes = {
        "quiet_hours": form.flag("quiet_hours"),
        "quiet_weekends": form.flag("quiet_weekends"),
        "quiet_from": form["quiet_from"].strip()[:5],
        "quiet_until": form["quiet_until"].strip()[:5],
    }
    await request.app[CONTEXT].write(
        profiles.save_preferences, actor=actor(request), changes=changes
    )
    raise web.HTTPSeeOther(f"{PLACE}?saved")


@signed_in
async def save_mail(request: web.Request) -> web.StreamResponse:
    """Keep whether and how often what came is summed up by e-mail."""
    ctx = request.app[CONTEXT]
    demand_mail(ctx)
    form = await forms.read(request)
    me = actor(request)
    for kind in (Kind.NOTICES, Kind.DESK) if _looks_after(me) else (Kind.NOTICES,):
        try:
            await ctx.write(
                mailings.choose, actor=me, kind=kind, every=form[kind], now=ctx.clock()
            )
        except InvalidError as error:
            form.errors[kind] = forms.why(error)
    if form.errors:
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther(f"{PLACE}?saved#mail")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        waiting = await notification_policy.summary(session, actor=actor(request))
        policy = await notification_policy.policy(session, actor=actor(request))
        chosen = await profiles.preferences(session, actor=actor(request))
        usual = (await site.site(session)).time_zone
        letters = await mailings.chosen(session, actor=actor(request))
        address = await _address(session, actor(request))
    for name in policy.__struct_fields__:
        form.set(name, form[name] or getattr(policy, name))
    if not form["quiet_from"] and not form["quiet_until"]:
        for name in ("quiet_hours", "quiet_weekends"):
            form.set(name, "1" if getattr(chosen, name) else "")
        form.set("quiet_from", chosen.quiet_from)
        form.set("quiet_until", chosen.quiet_until)
    for kind in Kind:
        form.set(kind, form[kind] or letters[kind])
    return await render(
        request,
        "noticing.html",
        status=status,
        form=form,
        saved="saved" in request.query,
        waiting=waiting.requests,
        zone=chosen.time_zone or usual,
        mail=bool(request.app[CONTEXT].settings.smtp_url),
        address=address,
        EVERY=_EVERY,
        DESK_EVERY=_DESK_EVERY if _looks_after(actor(request)) else {},
        ABOUT=_ABOUT,
        FATES=_FATES,
        noindex=True,
    )


def _looks_after(me: Actor) -> bool:
    return decide(me, Action.HANDLE_REPORTS).allowed


async def _address(session: AsyncSession, me: Actor) -> str:
    """Return the confirmed address that letters go to; nothing where there is none."""
    if me.member_id is None:
        return ""
    found = await confirmation.address_of(session, member_id=me.member_id)
    return found.email if found.confirmed else ""


ROUTES = [
    web.get(PLACE, show),
    web.post(PLACE, save),
    web.post(f"{PLACE}/quiet", save_quiet),
    web.post(f"{PLACE}/mail", save_mail),
]
