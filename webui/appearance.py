"""A member's settings: how pages look to them, in which language and on which clock."""

from functools import cache
from zoneinfo import available_timezones

from aiohttp import web

from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import profiles
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.locales import LOCALES
from webui.pages import render
from webui.times import zone_named

PLACE = "/settings/appearance"
CHOICES = {
    "theme": (
        "Light",
        (
            ("system", "As my device is set"),
            ("light", "Paper (light)"),
            ("dark", "Blackboard (dark)"),
        ),
    ),
    "contrast": (
        "Contrast",
        (
            ("normal", "As my device is set"),
            ("more", "More: black on white, or white on black"),
            ("less", "Less: as designed, whatever my device says"),
        ),
    ),
    "text": ("Size of letters", (("normal", "Normal"), ("large", "Large"))),
    "reading": (
        "Typeface of posts",
        (
            ("book", "Book: like a printed letter"),
            ("plain", "Plain: the same as buttons and menus"),
        ),
    ),
}
_ZONE = "That is no time zone a computer knows. One looks like America/Chicago."


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show the form for how pages look."""
    async with request.app[CONTEXT].read() as session:
        chosen = await profiles.preferences(session, actor=actor(request))
    form = Form(
        {
            **{name: str(getattr(chosen, name)) for name in CHOICES},
            "show_counts": "1" if chosen.show_counts else "",
            "page_language": chosen.page_language,
            "time_zone": chosen.time_zone,
        }
    )
    return await _page(request, form)


@signed_in
async def save(request: web.Request) -> web.StreamResponse:
    """Keep how pages look; the next page already does."""
    form = await forms.read(request)
    zone, language = form["time_zone"].strip(), form["page_language"]
    changes: dict[str, object] = {name: form[name] for name in CHOICES if form[name]}
    for name, (legend, words) in CHOICES.items():
        if form[name] and form[name] not in dict(words):
            form.errors[name] = f"{legend}: choose one of those offered."
    if zone and zone_named(zone) is None:
        form.errors["time_zone"] = _ZONE
    if language and language not in LOCALES:
        form.errors["page_language"] = "Pages cannot be shown in that language yet."
    changes |= {
        "show_counts": form.flag("show_counts"),
        "page_language": language,
        "time_zone": zone,
    }
    if not form.errors:
        try:
            await request.app[CONTEXT].write(
                profiles.save_preferences, actor=actor(request), changes=changes
            )
        except InvalidError as error:
            form.errors[""] = forms.why(error)
        else:
            raise web.HTTPSeeOther(f"{PLACE}?saved")
    return await _page(request, form, status=422)


@cache
def zones() -> list[str]:
    """Return the time zones that are places, such as America/Chicago, by name."""
    left_out = ("Etc/", "SystemV/", "posix/", "right/")
    return sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(left_out)
    )


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    return await render(
        request,
        "appearance.html",
        status=status,
        form=form,
        saved="saved" in request.query,
        choices=CHOICES,
        languages=LOCALES.items(),
        zones=zones(),
        noindex=True,
    )


ROUTES = [web.get(PLACE, show), web.post(PLACE, save)]
