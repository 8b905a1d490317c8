"""A member's settings: the profile, and how they read and write."""

from typing import Any, NoReturn

from aiohttp import web

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.domain.searching import Searchable
from fedi_k12.services import break_glass, profiles
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.uploads import take_in_portrait
from webui import forms, profile_lines
from webui.approvals import QUOTES, REPLIES
from webui.forms import Form
from webui.leads import lead, to_approval
from webui.pages import render

_FLAGS = (
    "locked",
    "discoverable",
    "indexable",
    "show_media",
    "show_media_replies",
    "show_featured",
)
_USUAL = "public"
"""Who finds posts whose author never said."""
_SEARCHABLE = {level.value: level for level in Searchable}
_LABELS = {
    "display_name": "The name",
    "note": "About you",
    "attribution_domains": "The sites",
    "avatar": "Your picture",
    "header": "The cover picture",
    "reason": "Why it cannot wait",
}
_CHOICES = ("default_visibility", "default_reply_policy", "default_quote_policy")


@signed_in
async def show_profile(request: web.Request) -> web.StreamResponse:
    """Show the form for the profile."""
    async with request.app[CONTEXT].read() as session:
        own = await profiles.own(session, actor=actor(request))
    view = own.view
    form = Form(
        {
            "display_name": view.display_name,
            "note": view.note_source,
            "avatar_alt": view.avatar_alt,
            "searchable_by": view.searchable_by or _USUAL,
            "attribution": "\n".join(own.attribution_domains),
            "show_follows": "" if view.hide_collections else "1",
            **{name: "1" for name in _FLAGS if getattr(view, name)},
        }
    )
    profile_lines.fill(form, view.fields)
    return await _profile_page(request, form, saved="saved" in request.query)


@signed_in
async def save_profile(request: web.Request) -> web.StreamResponse:
    """Present the member differently."""
    form = await forms.read(request)
    avatar = await _picture(request, form, "avatar")
    header = await _picture(request, form, "header")
    changes = ProfileChanges(
        display_name=form["display_name"],
        note=form["note"],
        fields=profile_lines.read(form),
        locked=form.flag("locked"),
        discoverable=form.flag("discoverable"),
        indexable=form.flag("indexable"),
        hide_collections=not form.flag("show_follows"),
        show_media=form.flag("show_media"),
        show_media_replies=form.flag("show_media_replies"),
        show_featured=form.flag("show_featured"),
        searchable_by=await _searchable(request, form),
        attribution_domains=tuple(form["attribution"].split()),
        avatar_file=avatar,
        avatar_alt=form["avatar_alt"],
        header_file=header,
        remove_avatar=form.flag("remove_avatar") and avatar is None,
        remove_header=form.flag("remove_header") and header is None,
    )
    if not form.errors:
        try:
            await _present(request, changes, form["reason"].strip())
        except InvalidError as error:
            form.refuse(error, _LABELS)
    return await _profile_page(request, form, status=422)


async def _searchable(request: web.Request, form: Form) -> Searchable | None:
    """Return who is to find the posts; None where that stays, said or not."""
    async with request.app[CONTEXT].read() as session:
        own = await profiles.own(session, actor=actor(request))
    if form["searchable_by"] == (own.view.searchable_by or _USUAL):
        return None
    return _SEARCHABLE.get(form["searchable_by"])


async def _present(request: web.Request, changes: ProfileChanges, at_once: str) -> NoReturn:
    """Present the account differently and lead on.

    `at_once` says why nobody can read it first, empty where they can.
    """
    ctx = request.app[CONTEXT]
    given: dict[str, Any] = {
        "actor": actor(request),
        "changes": changes,
        "addresses": ctx.addresses,
        "now": ctx.clock(),
    }
    if at_once:
        lead(f"/break-glass/{await ctx.write(break_glass.present, reason=at_once, **given)}")
    with to_approval():
        await ctx.write(profiles.update_profile, **given)
    lead("/settings?saved")


@signed_in
async def show_reading(request: web.Request) -> web.StreamResponse:
    """Show the form for reading and writing."""
    async with request.app[CONTEXT].read() as session:
        chosen = await profiles.preferences(session, actor=actor(request))
    form = Form(
        {
            "default_visibility": chosen.default_visibility.value,
            "default_reply_policy": chosen.default_reply_policy,
            "default_quote_policy": chosen.default_quote_policy,
            "expand_notes": "1" if chosen.expand_notes else "",
            "send_blocks": "1" if chosen.send_blocks else "",
        }
    )
    return await _reading_page(request, form, saved="saved" in request.query)


@signed_in
async def save_reading(request: web.Request) -> web.StreamResponse:
    """Keep how the member reads and writes."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    changes: dict[str, object] = {name: form[name] for name in _CHOICES if form[name]}
    changes["expand_notes"] = form.flag("expand_notes")
    changes["send_blocks"] = form.flag("send_blocks")
    try:
        await ctx.write(profiles.save_preferences, actor=actor(request), changes=changes)
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _reading_page(request, form, status=422)
    raise web.HTTPSeeOther("/settings/reading?saved")


async def _reading_page(
    request: web.Request, form: Form, *, saved: bool = False, status: int = 200
) -> web.StreamResponse:
    return await render(
        request,
        "reading.html",
        status=status,
        form=form,
        saved=saved,
        replies=REPLIES,
        quotes=QUOTES,
        noindex=True,
    )


async def _profile_page(
    request: web.Request, form: Form, *, saved: bool = False, status: int = 200
) -> web.StreamResponse:
    return await render(
        request,
        "settings.html",
        status=status,
        form=form,
        lines=profile_lines.shown(form),
        suggested=profile_lines.SUGGESTED,
        saved=saved,
        noindex=True,
    )


async def _picture(request: web.Request, form: Form, name: str) -> str | None:
    file = form.files.get(name)
    if file is None:
        return None
    ctx = request.app[CONTEXT]
    try:
        return await take_in_portrait(ctx, file.file.read(), cover=name == "header")
    except InvalidError as error:
        form.errors[name] = forms.why(error)
        return None


ROUTES = [
    web.get("/settings", show_profile),
    web.post("/settings", save_profile),
    web.get("/settings/reading", show_reading),
    web.post("/settings/reading", save_reading),
]
