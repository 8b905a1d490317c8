"""Alerts as a page, as Atom and as CAP 1.2, written when something changes (R-54)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from fedi_k12.context import Context
from fedi_k12.domain.alert_jobs import RenderAlerts
from fedi_k12.domain.alerts import AlertView, heading
from fedi_k12.domain.colour import Accent, stylesheet
from fedi_k12.services import alerts, site
from webui import alert_files
from webui.alert_files import Files, Shown
from webui.cap import cap_of
from webui.locales import LOCALES, direction_of
from webui.pages import environment
from webui.times import Spoken, zone_named
from webui.words import speaking

_ATOM = "http://www.w3.org/2005/Atom"


async def render_alerts(ctx: Context, job: RenderAlerts) -> None:
    """Job: write the files anew."""
    del job
    await write(ctx)


async def write(ctx: Context) -> Files:
    """Write all that is shown of alerts anew, and return it."""
    now = ctx.clock()
    async with ctx.read() as session:
        # First: what is read next is at least as new as this says.
        changes = await alerts.changes(session)
        found = await alerts.published(session, now=now)
        about = await site.site(
            session, name=ctx.settings.name, contact_email=ctx.settings.contact_email
        )
    colour = stylesheet(Accent(about.accent_hue, about.accent_chroma))
    # A tenth of a second when languages are read first: nobody else is to wait for it.
    files = await asyncio.to_thread(
        _files, ctx, found, title=about.title, zone=about.time_zone, colour=colour
    )
    # What was read later is newer, whichever process is the quicker to write.
    name = f"{changes:012d}-{int(now.timestamp() * 1000):015d}.json"
    await asyncio.to_thread(alert_files.keep, ctx.settings.data_dir / "alerts", name, files)
    return files


def _files(
    ctx: Context, found: Sequence[AlertView], *, title: str, zone: str, colour: str
) -> Files:
    now = ctx.clock()
    by_id = {one.id: one for one in found}
    current = [one for one in found if one.over_at is None and one.ends_at > now]
    caps = {str(one.id): cap_of(one, by_id, ctx.addresses.base_url, title) for one in found}
    return Files(
        pages={
            language: _page(found, language, title=title, zone=zone, now=now)
            for language in LOCALES
        },
        atom=_feed(ctx, found, title=title, caps=False),
        index=_feed(ctx, found, title=title, caps=True),
        caps=caps,
        current=[
            Shown(
                str(one.id),
                one.level.value,
                one.drill,
                {tag: heading(one.level, one.area, tag, drill=one.drill) for tag in one.texts},
                dict(one.texts),
                one.starts_at,
                one.ends_at,
            )
            for one in current
        ],
        written_at=now,
        colour=colour,
    )


def _page(
    found: Sequence[AlertView], language: str, *, title: str, zone: str, now: datetime
) -> str:
    spoken = Spoken(now, zone_named(zone))
    with speaking(language, once=True):
        return (
            environment()
            .get_template("alerts.html")
            .render(
                language=language,
                direction=direction_of(language),
                direction_in=direction_of,
                title=title,
                current=[one for one in found if one.over_at is None and one.ends_at > now],
                past=[one for one in found if one.over_at is not None or one.ends_at <= now],
                heading=heading,
                whole=spoken.whole,
                written_at=now,
            )
        )


def _feed(ctx: Context, found: Sequence[AlertView], *, title: str, caps: bool) -> str:
    """Return the alerts as Atom (RFC 4287); with `caps` as the index of CAP documents."""
    base = ctx.addresses.base_url
    own = f"{base}/alerts.cap" if caps else f"{base}/alerts.atom"
    root = Element(f"{{{_ATOM}}}feed")
    _say(root, "id", own)
    _say(root, "title", title)
    _say(root, "updated", _moment(found[0].raised_at if found else ctx.clock()))
    _say(root, "link", rel="self", type="application/atom+xml", href=own)
    _say(root, "link", rel="alternate", type="text/html", href=f"{base}/alerts")
    _say(_say(root, "author"), "name", title)
    for one in found:
        entry = _say(root, "entry")
        address = f"{base}/alerts/{one.id}.cap"
        _say(entry, "id", address)
        first = next(iter(one.texts))
        _say(entry, "title", heading(one.level, one.area, first, drill=one.drill))
        _say(entry, "published", _moment(one.raised_at))
        _say(entry, "updated", _moment(one.over_at or one.raised_at))
        _say(entry, "link", rel="alternate", type="application/cap+xml", href=address)
        _say(entry, "content", "\n\n".join(one.texts.values()), type="text")
    return _written(root)


def _say(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    made = SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    made.text = text or None
    return made


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _written(root: Element) -> str:
    return tostring(root, encoding="unicode", xml_declaration=False)
