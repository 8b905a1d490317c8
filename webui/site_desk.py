"""The desk's pages for the place itself: its words, its look, its rules and its papers."""

from typing import Any

from aiohttp import web

from fedi_k12.domain.colour import Accent, accent_of
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Action
from fedi_k12.services import site
from fedi_k12.services.site import RuleDraft, SiteChanges, SiteView
from fedi_k12.web.auth import actor, role_needed
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.uploads import take_in_portrait
from webui import forms
from webui.forms import Form
from webui.moderating import desk_page
from webui.times import zone_named

PLACE = "/moderation/site"
WORDS = (
    "title", "short_description", "description", "contact_email", "registrations", "time_zone",
    "district_tag",
    "digest_account",
)  # fmt: skip
PAPERS = ("privacy", "terms")
EMPTY_RULES = 2
_LABELS = {
    "title": "The name",
    "short_description": "The short description",
    "description": "The welcome text",
    "contact_email": "The address",
    "registrations": "Who may join",
    "time_zone": "The time zone",
    "district_tag": "The tag",
    "digest_account": "The account of the digest",
    "privacy": "The privacy policy",
    "terms": "The terms",
    "rule": "A rule",
}
_ZONE = "That is no time zone a computer knows. One looks like America/Chicago."


@role_needed(Action.CHANGE_SITE)
async def show_words(request: web.Request) -> web.StreamResponse:
    """Show the form for what the place says of itself."""
    about = await _about(request)
    form = Form({name: getattr(about, name) for name in WORDS})
    return await _page(request, "site_words.html", "words", form)


@role_needed(Action.CHANGE_SITE)
async def save_words(request: web.Request) -> web.StreamResponse:
    """Let the place say something else of itself."""
    form = await forms.read(request)
    if form["time_zone"].strip() and zone_named(form["time_zone"].strip()) is None:
        form.errors["time_zone"] = _ZONE
    if not form.errors:
        about = await _about(request)
        now = {name: str(getattr(about, name)) for name in WORDS}
        now["registrations"] = about.may_join(request.app[CONTEXT].settings.registrations)
        changed: dict[str, Any] = {
            name: form[name] for name in WORDS if form[name].strip() != now[name].strip()
        }
        await _save(request, form, SiteChanges(**changed), "")
    return await _page(request, "site_words.html", "words", form, status=422)


@role_needed(Action.CHANGE_SITE)
async def show_look(request: web.Request) -> web.StreamResponse:
    """Show the form for the colour and the logo."""
    about = await _about(request)
    chosen = Accent(about.accent_hue, about.accent_chroma)
    return await _page(request, "site_look.html", "look", Form({"colour": chosen.hex}))


@role_needed(Action.CHANGE_SITE)
async def save_look(request: web.Request) -> web.StreamResponse:
    """Give the place another colour or another logo."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    chosen = accent_of(form["colour"])
    if chosen is None:
        form.errors["colour"] = "Write a colour as # and six digits, such as #00483b."
    logo = "" if form.flag("remove_logo") else None
    if (file := form.files.get("logo")) is not None:
        try:
            logo = await take_in_portrait(ctx, file.file.read(), cover=False)
        except InvalidError as error:
            form.errors["logo"] = str(error).removeprefix("Validation failed: ")
    if not form.errors and chosen is not None:
        about = await _about(request)
        same = Accent(about.accent_hue, about.accent_chroma).hex == form["colour"].strip()
        changes = SiteChanges(
            accent_hue=None if same else chosen.hue,
            accent_chroma=None if same else chosen.chroma,
            logo=logo,
        )
        await _save(request, form, changes, "/look")
    return await _page(request, "site_look.html", "look", form, status=422)


@role_needed(Action.CHANGE_SITE)
async def show_rules(request: web.Request) -> web.StreamResponse:
    """Show the rules, to be changed."""
    about = await _about(request)
    rules = [RuleDraft(one.text, one.hint, one.id) for one in about.rules]
    return await _rules_page(request, Form(), rules)


@role_needed(Action.CHANGE_SITE)
async def save_rules(request: web.Request) -> web.StreamResponse:
    """Have other rules, or the same in another order."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    rules = _moved(_typed(form), form)
    try:
        await ctx.write(site.save_rules, actor=actor(request), rules=rules, now=ctx.clock())
    except InvalidError as error:
        form.errors[""] = str(error)
        return await _rules_page(request, form, rules, status=422)
    raise web.HTTPSeeOther(f"{PLACE}/rules?saved")


@role_needed(Action.CHANGE_SITE)
async def show_papers(request: web.Request) -> web.StreamResponse:
    """Show the privacy policy and the terms, to be changed."""
    about = await _about(request)
    form = Form({name: getattr(about, name) for name in PAPERS})
    return await _page(request, "site_papers.html", "papers", form)


@role_needed(Action.CHANGE_SITE)
async def save_papers(request: web.Request) -> web.StreamResponse:
    """Have another privacy policy or other terms."""
    form = await forms.read(request)
    about = await _about(request)
    changes = SiteChanges(
        # The usual text stays the usual one, until somebody changes it.
        privacy=None if form["privacy"].strip() == about.privacy.strip() else form["privacy"],
        terms=form["terms"],
    )
    await _save(request, form, changes, "/papers")
    return await _page(request, "site_papers.html", "papers", form, status=422)


def _typed(form: Form) -> list[RuleDraft]:
    """Return the rules as they stand in the form; each line has its texts, hint and id."""
    columns = [form.lists.get(name, []) for name in ("rule", "hint", "id")]
    return [
        RuleDraft(text, hint, parse_id(number))
        for text, hint, number in zip(*columns, strict=False)
        if text.strip()
    ]


def _moved(rules: list[RuleDraft], form: Form) -> list[RuleDraft]:
    """Return the rules with one of them a place earlier or later, where a button said so."""
    for name, step in (("up", -1), ("down", 1)):
        number = parse_id(form[name])
        at = next((at for at, one in enumerate(rules) if one.id == number), None)
        if number is not None and at is not None and 0 <= at + step < len(rules):
            rules[at], rules[at + step] = rules[at + step], rules[at]
    return rules


async def _about(request: web.Request) -> SiteView:
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        return await site.site(
            session, name=ctx.settings.name, contact_email=ctx.settings.contact_email
        )


async def _save(request: web.Request, form: Form, changes: SiteChanges, page: str) -> None:
    """Keep what changed and lead to the page; what cannot be is noted in the form."""
    ctx = request.app[CONTEXT]
    try:
        await ctx.write(site.save_site, actor=actor(request), changes=changes, now=ctx.clock())
    except InvalidError as error:
        form.refuse(error, _LABELS)
    else:
        raise web.HTTPSeeOther(f"{PLACE}{page}?saved")


async def _rules_page(
    request: web.Request, form: Form, rules: list[RuleDraft], *, status: int = 200
) -> web.StreamResponse:
    empty = [RuleDraft("")] * EMPTY_RULES
    return await _page(
        request, "site_rules.html", "rules", form, status=status, rules=[*rules, *empty]
    )


async def _page(
    request: web.Request,
    template: str,
    part: str,
    form: Form,
    *,
    status: int = 200,
    rules: list[RuleDraft] | None = None,
) -> web.StreamResponse:
    return await desk_page(
        request,
        template,
        "site",
        status=status,
        form=form,
        page_of=part,
        rules=rules or [],
        about=await _about(request),
        saved="saved" in request.query and request.method == "GET",
        usual=request.app[CONTEXT].settings.registrations,
    )


ROUTES = [
    web.get(PLACE, show_words),
    web.post(PLACE, save_words),
    web.get(f"{PLACE}/look", show_look),
    web.post(f"{PLACE}/look", save_look),
    web.get(f"{PLACE}/rules", show_rules),
    web.post(f"{PLACE}/rules", save_rules),
    web.get(f"{PLACE}/papers", show_papers),
    web.post(f"{PLACE}/papers", save_papers),
]
