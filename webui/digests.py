"""The day's digest: read by everybody, edited and approved by the team that tells it."""

import asyncio
import re
from calendar import Calendar
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec.structs import replace

from fedi_k12.context import Context
from fedi_k12.domain.digests import TITLE, DigestView, Pick, path_of_day
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.text import clean_line
from fedi_k12.domain.words import words
from fedi_k12.services import digest_reading, digests, site, year_book
from fedi_k12.services.year_book import Sheet
from fedi_k12.web.auth import actor, public, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import feeds, forms
from webui.forms import Form
from webui.leads import lead
from webui.pages import render, render_alone

FEED = 30
PIECE = 262_144
MAX_WORDS = 200
MAX_PAGE = 1000
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@public
async def listed(request: web.Request) -> web.StreamResponse:
    """Show the days of which there is a digest: a month as a calendar, and as a list.

    With `q`, what stands in digests with words that begin so.
    """
    ctx = request.app[CONTEXT]
    q = request.query.get("q", "")[:MAX_WORDS].strip()
    number = min(max(parse_id(request.query.get("page", "1")) or 1, 1), MAX_PAGE)
    async with ctx.slow_read() as session:
        days = [date.fromisoformat(row.day) for row in await digest_reading.listed(session)]
        found = await digest_reading.search(session, q=q, page=number) if q else None
    months = sorted({(day.year, day.month) for day in days}, reverse=True)
    asked = _MONTH.fullmatch(request.query.get("month", ""))
    month = (int(asked[1]), int(asked[2])) if asked else None
    shown = month if month in months else months[0] if months else None
    weeks = Calendar().monthdatescalendar(*shown) if shown else []
    return await render(
        request,
        "digests.html",
        days=[day for day in days if (day.year, day.month) == shown],
        weeks=weeks,
        shown=date(*shown, 1) if shown else None,
        months=[date(*one, 1) for one in months],
        years=sorted({day.year for day in days}, reverse=True),
        path_of_day=path_of_day,
        q=q,
        found=found,
        number=number,
        noindex=bool(q),
    )


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show the digest of a day, without what was taken back since."""
    day = _day("-".join(request.match_info[name] for name in ("year", "month", "day")))
    async with request.app[CONTEXT].read() as session:
        found = await digest_reading.published(session, day=day)
    return await render(request, "digest.html", one=found)


@public
async def feed(request: web.Request) -> web.StreamResponse:
    """Show the newest digests as Atom or RSS; each entry leads to the page of its day."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        about = await site.site(session, name=ctx.settings.name)
        found = await digest_reading.newest(session, limit=FEED)
    base = ctx.addresses.base_url
    return feeds.answer(
        request,
        feeds.Feed(
            title=clean_line(f"{TITLE}: {about.title}", 200),
            about=words("What happened, day by day"),
            page=f"{base}/digest",
            address=f"{base}{request.path}",
            posts=[
                replace(post, url=f"{base}{path_of_day(date.fromisoformat(row.day))}")
                for row, post in found
            ],
            at=ctx.clock(),
            indexable=True,
        ),
    )


@public
async def year_page(request: web.Request) -> web.StreamResponse:
    """Show all digests of a year on one page, to be printed or kept."""
    number = int(request.match_info["year"])
    async with request.app[CONTEXT].read() as session:
        found = await digest_reading.year(session, number=number)
    return await render(request, "year_book.html", year=number, days=found)


@signed_in
async def year_archive(request: web.Request) -> web.StreamResponse:
    """Give the year book as a web archive: its page, each day's, and their pictures."""
    ctx, number = request.app[CONTEXT], int(request.match_info["year"])
    async with ctx.slow_read() as session:
        found = await digest_reading.year(session, number=number)
        zone = await site.zone(session)
    name = f"year-book-{number:04d}.warc.gz"
    file = await year_book.pack(
        ctx, name=name, sheets=_sheets(ctx, number, found, zone), pictures=_pictures(ctx, found)
    )
    answer = web.StreamResponse(
        headers={
            "Content-Type": "application/warc",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        }
    )
    with file:
        await answer.prepare(request)
        while piece := await asyncio.to_thread(file.read, PIECE):
            await answer.write(piece)
    await answer.write_eof()
    return answer


def _sheets(
    ctx: Context, number: int, days: Sequence[DigestView], zone: ZoneInfo
) -> list[Sheet]:
    """Return the page of the year and those of its days, as they are archived."""

    def sheet(path: str, title: str, shown: Sequence[DigestView]) -> Sheet:
        html = render_alone(
            ctx,
            "year_book_file.html",
            zone=zone,
            title=title,
            place=ctx.settings.name,
            days=shown,
        )
        told = [one.published_at for one in shown if one.published_at is not None]
        return Sheet(f"{ctx.addresses.base_url}{path}", html, max(told, default=ctx.clock()))

    whole = sheet(f"/digest/{number:04d}", f"Year book {number}", days)
    return [whole, *(sheet(one.path, f"{TITLE}: {one.day.isoformat()}", [one]) for one in days)]


def _pictures(ctx: Context, days: Sequence[DigestView]) -> dict[str, str]:
    """Return the keys of the pictures of digests by their addresses."""
    keys = [
        item.picture.preview_file
        for one in days
        for item in one.picked
        if item.picture is not None
    ]
    return {ctx.addresses.file(key): key for key in keys if key}


@signed_in
async def withdraw(request: web.Request) -> web.StreamResponse:
    """Take a post of one's own out of a digest."""
    ctx = request.app[CONTEXT]
    day = await ctx.write(
        digests.withdraw,
        actor=actor(request),
        item_id=parse_id(request.match_info["id"]) or 0,
        now=ctx.clock(),
    )
    lead(path_of_day(day))


@signed_in
async def desk(request: web.Request) -> web.StreamResponse:
    """Show the digest of a day to those who edit it."""
    return await _page(request, Form())


@signed_in
async def save(request: web.Request) -> web.StreamResponse:
    """Keep what an editor picked; with `do=send`, send it to a second person."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    me: dict[str, Any] = {"member_id": actor(request).member_id or 0, "day": _desk_day(request)}
    try:
        await ctx.write(digests.save, picks=_picks(form), now=ctx.clock(), **me)
        if form["do"] == "send":
            await ctx.write(digests.send, now=ctx.clock(), **me)
    except (InvalidError, ConflictError, ForbiddenError) as error:
        form.errors[""] = forms.why(error)
        return await _page(request, form, status=error.status)
    else:
        lead(f"/digest/desk/{_desk_day(request)}?done")


@signed_in
async def decide(request: web.Request) -> web.StreamResponse:
    """Approve a digest, or give it back."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    given: dict[str, Any] = {
        "member_id": actor(request).member_id or 0,
        "day": _desk_day(request),
        "version": parse_id(form["version"]) or 0,
        "now": ctx.clock(),
    }
    try:
        if request.match_info["what"] == "approve":
            await ctx.write(digests.approve, addresses=ctx.addresses, **given)
        else:
            await ctx.write(digests.give_back, comment=form["comment"], **given)
    except (InvalidError, ConflictError, ForbiddenError) as error:
        form.errors["comment" if isinstance(error, InvalidError) else ""] = forms.why(error)
        return await _page(request, form, status=error.status)
    else:
        lead(f"/digest/desk/{_desk_day(request)}?done")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        one = await digests.one(
            session, member_id=actor(request).member_id or 0, day=_desk_day(request)
        )
    return await render(
        request,
        "digest_desk.html",
        status=status,
        one=one,
        form=form,
        done="done" in request.query,
        noindex=True,
    )


def _picks(form: Form) -> list[Pick]:
    found = []
    for name in form.lists:
        number = parse_id(name.removeprefix("at-")) if name.startswith("at-") else None
        if number is not None:
            found.append(
                Pick(
                    number,
                    form.flag(f"in-{number}"),
                    parse_id(form[name]) or 0,
                    form[f"line-{number}"],
                )
            )
    return found


def _desk_day(request: web.Request) -> date:
    return _day(request.match_info["day"])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFoundError("There is no digest of that day.") from error


_DESK = r"/digest/desk/{day:\d{4}-\d\d-\d\d}"
ROUTES = (
    web.get("/digest", listed),
    web.get(r"/digest.{format:rss|atom}", feed),
    web.get(r"/digest/{year:\d{4}}", year_page),
    web.get(r"/digest/{year:\d{4}}.warc.gz", year_archive),
    web.get(r"/digest/{year:\d{4}}/{month:\d\d}/{day:\d\d}", show),
    web.post(r"/digest/items/{id:\d+}/withdraw", withdraw),
    web.get(_DESK, desk),
    web.post(_DESK, save),
    web.post(_DESK + "/{what:approve|return}", decide),
)
