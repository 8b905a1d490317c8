"""Pages: templates, what every page shows, and the words they are made of."""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from fedi_k12.context import Context
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.boosts import Budget
from fedi_k12.domain.delegates import ROLE_WORDS, DelegateRole
from fedi_k12.domain.events import EventView, Place
from fedi_k12.domain.languages import language_name
from fedi_k12.domain.licences import LICENCES, licence_name
from fedi_k12.domain.notifications import KINDS, OWN_KINDS
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.pictures import with_emojis
from fedi_k12.domain.posts import MediaView, PostView
from fedi_k12.domain.preferences import Preferences
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import short_text
from fedi_k12.services import (
    acting,
    boost_budget,
    desk_views,
    first_contact,
    notifications,
    officials,
    profiles,
    reports,
    site,
    staff,
    views,
)
from fedi_k12.services.site import SiteView
from fedi_k12.services.translating import may_be_translated, reads_otherwise
from fedi_k12.web.auth import csrf_token, viewer
from fedi_k12.web.keys import CONTEXT
from webui import alert_files
from webui.alert_files import Shown
from webui.locales import USUAL, direction_of, locale_of
from webui.times import Spoken, day_words, month_words, weekday_words, when, zone_named
from webui.words import gettext, ngettext, said, speaking

SHORT = 80
_HEADING = re.compile(r"#{1,6} ")
STYLE = "style.css"
SHEETS = ("tokens.css", "app.css", "site.css")
"""What the one style sheet is put together of: values, the design, what pages need beyond."""
_EXPLAINED = re.compile(rb"/\*.*?\*/\s*", re.DOTALL)
NEWS = [kind for kind in (*KINDS, *OWN_KINDS) if kind not in {"favourite", "reblog"}]
"""What lights up the sign for something new: likes and what is passed on can wait."""
_FLIPPED = {"reply", "pass", "back", "next"}


class PageFrame(Struct, frozen=True):
    """What every page shows around its own matter."""

    site: SiteView
    me: AccountView | None
    preferences: Preferences
    has_news: bool
    moderates: bool
    has_cases: bool
    """Whether something waits for the moderators, for one of them."""
    csrf_of: Callable[[], str]
    """Asked only where a form needs it: a visitor who just reads gets no cookie."""
    path: str
    handle_domain: str
    now: datetime
    language: str = USUAL
    translates: bool = False
    """Whether the operator chose a service that translates."""
    voice: DelegateRole | None = None
    """What the reader is for the official account that they speak for; None for themselves."""
    own_id: int = 0
    """The reader's own account, for whomever they speak."""
    unread: bool = False
    """Whether the reader has yet to accept the guide of the account that they speak for."""
    silent: str = ""
    """Why nothing can be posted for the official account now."""
    boosts: Budget | None = None
    """How many boosts that account has left today."""
    asked: bool = False
    """Whether something waits at the desk of the account that the reader speaks for."""
    may_speak: bool = False
    """Whether the reader acts for an official account."""
    alerts: tuple[Shown, ...] = ()
    """What holds now in an emergency."""

    @property
    def csrf(self) -> str:
        """The secret that goes with the reader's forms."""
        return self.csrf_of()

    def may_translate(self, post: PostView) -> bool:
        """Return whether a post may be put into the reader's language, and is not in it."""
        reads = self.preferences.default_language or self.language
        wanted = self.translates and self.me is not None and reads_otherwise(post, reads)
        return wanted and may_be_translated(post)

    @property
    def open_notes(self) -> bool:
        """Whether posts with a content note are shown opened."""
        return self.preferences.expand_notes

    @property
    def counts(self) -> bool:
        """Whether the reader asked for figures of people and recommendations."""
        return self.preferences.show_counts

    @property
    def direction(self) -> str:
        """Which way the page is written."""
        return direction_of(self.language)

    @property
    def modes(self) -> dict[str, str]:
        """The reader's choices as `data-` attributes of the page; what is usual is left out."""
        chosen = self.preferences
        modes = {
            "theme": chosen.theme if chosen.theme != "system" else "",
            "contrast": chosen.contrast if chosen.contrast != "normal" else "",
            "text": chosen.text if chosen.text != "normal" else "",
            "reading": chosen.reading if chosen.reading != "book" else "",
        }
        return {name: value for name, value in modes.items() if value}


async def render(
    request: web.Request,
    template: str,
    *,
    status: int = HTTPStatus.OK,
    **values: Any,
) -> web.Response:
    """Return a page: a template with its values and the frame around it."""
    ctx = request.app[CONTEXT]
    frame = await _frame(request)
    spoken = Spoken(ctx.clock(), zone_named(frame.preferences.time_zone))
    with speaking(frame.language):
        text = (
            environment()
            .get_template(template)
            .render(
                page=frame,
                **_words(ctx, spoken),
                **{"noindex": False, "here": "", **values},
            )
        )
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers={
            "Cache-Control": "private, no-cache" if frame.me else "no-cache",
            "Content-Language": frame.language,
            "Vary": "Cookie, Accept, Accept-Language",
        },
    )


def render_alone(ctx: Context, template: str, *, zone: ZoneInfo, **values: Any) -> str:
    """Return a page in English with nothing of who looks at it, as it is archived."""
    words = _words(ctx, Spoken(ctx.clock(), zone))
    with speaking(USUAL):
        return environment().get_template(template).render(**words, **values)


async def render_page(
    request: web.Request, template: str, values: Mapping[str, object]
) -> web.Response:
    """Return a page for a face that does not know the templates (OAuth)."""
    return await render(request, template, status=HTTPStatus.OK, **dict(values))


async def may_join(request: web.Request) -> site.Registrations:
    """Return who may become a member now."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        return await site.may_join(session, usual=ctx.settings.registrations)


async def speaker(request: web.Request) -> Spoken:
    """Return how times are said to whoever asks."""
    ctx = request.app[CONTEXT]
    who = viewer(request)
    chosen = Preferences()
    if who is not None:
        async with ctx.read() as session:
            chosen = await profiles.preferences(session, actor=who)
    return Spoken(ctx.clock(), zone_named(chosen.time_zone))


def path_of(post: PostView) -> str:
    """Return the page of a post on this server."""
    return f"/@{post.account.acct}/{post.id}"


def profile_of(account: AccountView) -> str:
    """Return the page of an account on this server."""
    return f"/@{account.acct}"


def worded(text: str) -> Markup:
    """Return a text of this place (Markdown) as HTML; what is ours in the reader's language."""
    blocks = [_HEADING.sub("", block) for block in text.split("\n\n")]
    marks = [_HEADING.match(block) for block in text.split("\n\n")]
    spoken = [
        f"{mark[0] if mark else ''}{said(block)}"
        for mark, block in zip(marks, blocks, strict=True)
    ]
    return trusted(site.html_of("\n\n".join(spoken)))


def trusted(html: str) -> Markup:
    """Return HTML of our own, or one that the sanitiser has been through."""
    return Markup(html)  # noqa: S704 - cleaned, or our own words


def first_words(post: PostView) -> str:
    """Return the beginning of a post as plain words; of one with a note, the note."""
    text = post.summary or post.title or plain_text(post.content)
    return short_text(" ".join(text.split()), SHORT) or "…"


@cache
def asset(name: str) -> str:
    """Return the address of a static file; it changes with what is in it."""
    digest = hashlib.sha256(static(name)).hexdigest()[:12]
    return f"/assets/{digest}/{name}"


@cache
def static(name: str) -> bytes:
    """Return a static file; `STYLE` is put together of `SHEETS`, without what they explain."""
    if name == STYLE:
        return _EXPLAINED.sub(b"", b"\n".join(static(sheet) for sheet in SHEETS))
    return (files("webui") / "static" / name).read_bytes()


@cache
def packed_static(name: str) -> bytes:
    """Return a static file as gzip: once, and so as small as can be."""
    return gzip.compress(static(name), 9, mtime=0)


async def _frame(request: web.Request) -> PageFrame:
    ctx = request.app[CONTEXT]
    who: Actor | None = viewer(request)
    me, chosen, news = None, Preferences(), False
    moderates, cases = False, False
    voice: dict[str, Any] = {}
    async with ctx.read() as session:
        about = await site.site(
            session, name=ctx.settings.name, contact_email=ctx.settings.contact_email
        )
        if who is not None:
            me = await views.account_view(session, who.account_id)
            chosen = await profiles.preferences(session, actor=who)
            unread = await notifications.unread_count(session, actor=who, limit=1, types=NEWS)
            news = unread > 0
            voice = await _voice(session, who, ctx.clock())
            moderates = decide(who, Action.HANDLE_REPORTS).allowed
            cases = moderates and (
                await reports.any_open(session, actor=who)
                or await first_contact.any_waiting(session, actor=who)
                or await staff.waiting(session, actor=who) > 0
            )
    return PageFrame(
        site=about,
        me=me,
        preferences=chosen,
        has_news=news,
        moderates=moderates,
        has_cases=cases,
        csrf_of=lambda: csrf_token(request),
        language=locale_of(request, chosen.page_language),
        # A form that has to be corrected is shown where it was sent to: nowhere to go back to.
        path=request.path_qs if request.method == "GET" else "/home",
        translates=ctx.translator is not None,
        now=ctx.clock(),
        handle_domain=ctx.settings.handle_domain,
        alerts=alert_files.lasting(ctx.settings.data_dir, ctx.clock()),
        **voice,
    )


async def _voice(session: AsyncSession, who: Actor, now: datetime) -> dict[str, Any]:
    """Return for whom the reader speaks, and for whom they could."""
    member_id = who.member_id or 0
    if who.delegation is None:
        held = await officials.speaks_for(session, member_id=member_id)
        return {"may_speak": bool(held), "own_id": who.account_id}
    standing = await officials.standing(session, who.account_id, now=now)
    return {
        "voice": who.delegation.role,
        "unread": bool(who.delegation.unread),
        "own_id": await acting.own_account(session, member_id=member_id),
        "silent": standing.silent_because if standing is not None else "",
        "boosts": await boost_budget.budget(session, who.account_id, now=now),
        "asked": bool(await desk_views.open_counts(session, [who.account_id])),
        "may_speak": True,
    }


@cache
def environment() -> Environment:
    """Return what templates are read and put together with."""
    environment = Environment(
        loader=PackageLoader("webui", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        gettext, ngettext, newstyle=True
    )
    environment.filters["said"] = said
    environment.filters["language"] = language_name
    icons: dict[str, str] = json.loads((files("webui") / "icons.json").read_text("utf-8"))

    def icon(name: str) -> Markup:
        flip = " flip" if name in _FLIPPED else ""
        paths = icons[name].replace("'", '"')
        return Markup(  # noqa: S704 - our own drawings, out of our own file
            f'<svg class="icon{flip}" viewBox="0 0 24 24" aria-hidden="true" '
            f'focusable="false">{paths}</svg>'
        )

    environment.globals.update(icon=icon, asset=asset, LICENCES=LICENCES)
    return environment


def _words(ctx: Context, spoken: Spoken) -> dict[str, Any]:
    """Return the functions that templates say things with."""
    addresses = ctx.addresses

    def file_of(media: MediaView) -> str:
        return addresses.file(media.file) if media.file else addresses.media(media.id)

    def preview_of(media: MediaView) -> str:
        if media.preview_file:
            return addresses.file(media.preview_file)
        return addresses.media(media.id, preview=True)

    def plays(media: MediaView) -> bool:
        return media.file is not None or bool(media.streamed and ctx.settings.streams)

    return {
        "plays": plays,
        "roles": ROLE_WORDS,
        "captions_of": lambda media: addresses.file(media.captions_file or ""),
        "safe": trusted,
        "worded": worded,
        "prose": _prose,
        "named": _named,
        "told": _told,
        "lined": _lined,
        "picture": addresses.absolute,
        "spoken": spoken.short,
        "whole": spoken.whole,
        "clock": spoken.clock,
        "date": spoken.short_date,
        "day_of": spoken.day,
        "day_words": day_words,
        "month_words": month_words,
        "weekday": weekday_words,
        "path_of": path_of,
        "profile_of": profile_of,
        "short": first_words,
        "share": _share,
        "licence": licence_name,
        "lasting": _lasting,
        "event_when": lambda event: _when(event, spoken),
        "event_over": lambda event: event.details.ends_at < spoken.now,
        "map_of": _map,
        "avatar_of": lambda account: addresses.avatar(account.id, account.version),
        "header_of": lambda account: addresses.header(account.id, account.version),
        "file_of": file_of,
        "preview_of": preview_of,
    }


def _prose(post: PostView) -> Markup:
    """Return the words of a post with its custom emojis."""
    drawn = {emoji.shortcode: emoji.url for emoji in post.emojis}
    return Markup(with_emojis(post.content, drawn))  # noqa: S704 - cleaned when it was stored


def _named(account: AccountView) -> Markup:
    """Return the name of an account with its custom emojis."""
    drawn = {emoji.shortcode: emoji.url for emoji in account.emojis}
    return Markup(with_emojis(str(escape(account.name)), drawn))  # noqa: S704 - escaped


def _told(account: AccountView, text: str) -> Markup:
    """Return safe HTML of an account's page with its custom emojis."""
    drawn = {emoji.shortcode: emoji.url for emoji in account.emojis}
    return Markup(with_emojis(text, drawn))  # noqa: S704 - cleaned when it was stored


def _lined(post: PostView, text: str) -> Markup:
    """Return a plain line of a post (its note, its title) with its custom emojis."""
    drawn = {emoji.shortcode: emoji.url for emoji in post.emojis}
    return Markup(with_emojis(str(escape(text)), drawn))  # noqa: S704 - escaped


def _lasting(seconds: float | None) -> str:
    """Return how long a film or sound is, in words that lead on to more."""
    if not seconds:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    said = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"{said} · "


def _when(event: EventView, spoken: Spoken) -> dict[str, str]:
    """Return when an event is, by its own clocks and, where they differ, by the reader's."""
    details, zone = event.details, spoken.zone
    own = zone_named(details.time_zone) or ZoneInfo("UTC")
    there = details.starts_at.astimezone(own).utcoffset()
    differs = zone is not None and details.starts_at.astimezone(zone).utcoffset() != there
    reader = when(details, zone) if differs and not details.floating else ""
    day = replace(spoken, zone=own).short_date(details.starts_at)
    return {"own": when(details), "day": day, "reader": reader}


def _map(place: Place) -> str:
    """Return a page with a map; nothing is asked of it until somebody follows the link."""
    if place.latitude is not None and place.longitude is not None:
        at = {"mlat": str(place.latitude), "mlon": str(place.longitude)}
        return str(URL("https://www.openstreetmap.org/").with_query(at))
    found = URL("https://www.openstreetmap.org/search")
    return str(found.with_query({"query": place.address or place.name}))


def _share(votes: int, total: int) -> str:
    """Return a part of the answers in words: there are no figures about people here."""
    if not total or not votes:
        return gettext("nobody yet") if not total else gettext("nobody")
    part = votes / total
    steps = (
        (0.95, gettext("nearly everybody")),
        (0.6, gettext("most")),
        (0.45, gettext("about half")),
        (0.28, gettext("about a third")),
        (0.0, gettext("a few")),
    )
    return next(word for least, word in steps if part >= least)
