"""The public log of moderation, and the rules that hold for answers (R-44, R-51)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from aiohttp import web

from fedi_k12.context import Context
from fedi_k12.domain.forum import GROUND_MEANINGS, GROUND_WORDS, Ground
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.public_log import (
    ACT_WORDS,
    APPEAL_WORDS,
    CATEGORY_WORDS,
    ROLE_WORDS,
    Line,
)
from fedi_k12.domain.spreadsheet import table
from fedi_k12.services import forum_rules, public_log
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from webui.pages import render

LOG, RULES = "/about/moderation-log", "/about/forum-rules"
MOST = 5000
"""So many lines are in a file at most; older ones follow with `max_id`."""
_ATOM = "http://www.w3.org/2005/Atom"
_HEAD = (
    "Date", "Act", "Category", "Acted on", "Official account", "Rule", "Rule in words", "Until",
    "Acting role", "Appeal",
)  # fmt: skip


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show what was done, under which rule, and how appeals ended."""
    lines = await _lines(request, public_log.PAGE)
    return await render(
        request,
        "moderation_log.html",
        lines=lines,
        earlier=lines[-1].id if len(lines) >= public_log.PAGE else None,
        ACTS=ACT_WORDS,
        CATEGORIES=CATEGORY_WORDS,
        APPEALS=APPEAL_WORDS,
        ROLES=ROLE_WORDS,
    )


@public
async def as_csv(request: web.Request) -> web.StreamResponse:
    """Give the log as a table."""
    rows = [
        (
            _moment(one.at),
            one.act.value,
            one.category.value,
            one.name,
            one.account,
            str(one.rule_number or ""),
            one.rule,
            _moment(one.until) if one.until else "",
            one.role,
            one.appeal,
        )
        for one in await _lines(request, MOST)
    ]
    return web.Response(
        body=table(_HEAD, rows),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="moderation-log.csv"'},
    )


@public
async def as_json(request: web.Request) -> web.StreamResponse:
    """Give the log to programs: a list of acts, the newest first."""
    return web.json_response(
        [
            {
                "id": str(one.id),
                "date": _moment(one.at),
                "act": one.act.value,
                "category": one.category.value,
                "acted_on": one.name,
                "official_account": one.account or None,
                "rule": {"number": one.rule_number, "text": one.rule}
                if one.rule_number
                else None,
                "until": _moment(one.until) if one.until else None,
                "role": one.role,
                "appeal": one.appeal or None,
            }
            for one in await _lines(request, MOST)
        ]
    )


@public
async def as_atom(request: web.Request) -> web.StreamResponse:
    """Give the newest of the log as Atom (RFC 4287)."""
    ctx = request.app[CONTEXT]
    lines = await _lines(request, public_log.PAGE)
    return web.Response(
        body=tostring(_feed(ctx, lines), encoding="utf-8", xml_declaration=True),
        content_type="application/atom+xml",
        charset="utf-8",
    )


@public
async def rules(request: web.Request) -> web.StreamResponse:
    """Show under which rules an answer to an official account can be acted on."""
    async with request.app[CONTEXT].read() as session:
        own = await forum_rules.own_rules(session)
    fixed = [(one.number, GROUND_WORDS[one], GROUND_MEANINGS[one]) for one in Ground]
    return await render(request, "forum_rules.html", fixed=fixed, own=own)


async def _lines(request: web.Request, limit: int) -> list[Line]:
    max_id = parse_id(request.query.get("max_id", ""))
    async with request.app[CONTEXT].read() as session:
        return await public_log.page(session, limit=limit, max_id=max_id)


def _feed(ctx: Context, lines: Sequence[Line]) -> Element:
    base = ctx.addresses.base_url
    own = f"{base}{LOG}.atom"
    root = Element(f"{{{_ATOM}}}feed")
    _say(root, "id", own)
    _say(root, "title", f"{ctx.settings.name}: moderation")
    _say(root, "updated", _moment(lines[0].at if lines else ctx.clock()))
    _say(root, "link", rel="self", type="application/atom+xml", href=own)
    _say(root, "link", rel="alternate", type="text/html", href=base + LOG)
    _say(_say(root, "author"), "name", ctx.settings.name)
    for one in lines:
        entry = _say(root, "entry")
        _say(entry, "id", f"{base}{LOG}#a{one.id}")
        _say(entry, "title", f"{ACT_WORDS[one.act]}: {one.name or one.rule}")
        _say(entry, "updated", _moment(one.at))
        _say(entry, "link", rel="alternate", type="text/html", href=f"{base}{LOG}#a{one.id}")
        _say(entry, "content", _sentence(one), type="text")
    return root


def _sentence(one: Line) -> str:
    parts = [f"{ACT_WORDS[one.act]}.", f"{CATEGORY_WORDS[one.category]}."]
    if one.rule_number:
        parts.append(f"Rule {one.rule_number}: {one.rule}.")
    if one.until:
        parts.append(f"Until {_moment(one.until)}.")
    if one.appeal:
        parts.append(f"{APPEAL_WORDS[one.appeal]}.")
    return " ".join([*parts, f"By: {ROLE_WORDS[one.role]}."])


def _say(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    made = SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    made.text = text or None
    return made


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


ROUTES = [
    web.get(LOG, show),
    web.get(f"{LOG}.csv", as_csv),
    web.get(f"{LOG}.json", as_json),
    web.get(f"{LOG}.atom", as_atom),
    web.get(RULES, rules),
]
