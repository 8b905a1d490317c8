"""The yearly self-review of official accounts: for everybody, for programs, for the board."""

import re

import msgspec
from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.permissions import Action
from fedi_k12.domain.review import Review, span
from fedi_k12.domain.words import Words, counted, words
from fedi_k12.services import review
from fedi_k12.web.auth import actor, public, role_needed
from fedi_k12.web.keys import CONTEXT
from webui.moderating import desk_page
from webui.pages import render

DESK = "/moderation/accountability"
_YEAR = re.compile(r"[12]\d{3}")
Row = tuple[Words, Words]
"""What was counted, and how it came out."""


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show the public figures of a year."""
    ctx = request.app[CONTEXT]
    async with ctx.slow_read() as session:
        found = await review.public(session, year=_year(request), now=ctx.clock())
        years = await review.years(session)
    return await render(
        request,
        "accountability.html",
        one=found,
        parts=table(found),
        years=[year for year in years if year != found.year],
        now=ctx.clock(),
    )


@public
async def as_json(request: web.Request) -> web.StreamResponse:
    """Give the public figures of a year to programs, by the names of `domain.review`."""
    ctx = request.app[CONTEXT]
    async with ctx.slow_read() as session:
        found = await review.public(session, year=_year(request), now=ctx.clock())
    return web.json_response(msgspec.to_builtins(found))


@role_needed(Action.MAKE_OFFICIALS)
async def full(request: web.Request) -> web.StreamResponse:
    """Show the full report, account by account, to be printed for the board."""
    ctx = request.app[CONTEXT]
    async with ctx.slow_read() as session:
        found = await review.report(
            session, actor=actor(request), year=_year(request), now=ctx.clock()
        )
    return await desk_page(
        request,
        "accountability_report.html",
        "accountability",
        one=found.review,
        parts=table(found.review),
        accounts=[(each, waited(each.median_minutes)) for each in found.accounts],
        years=[year for year in found.years if year != found.review.year],
    )


def table(found: Review) -> list[tuple[str, list[Row]]]:
    """Return the figures as they are read: parts with rows, each a name and what came out."""
    one = found.figures
    return [
        (
            "Who speaks",
            [
                (words("Official accounts"), _number(one.accounts)),
                (words("Their charter holds"), _of(one.charters, one.accounts)),
                (words("People who act for them"), _number(one.delegates)),
                (words("They accepted the guide"), _of(one.accepted, one.delegates)),
                (words("People who left and could still act"), _number(one.holding)),
            ],
        ),
        (
            "What went out",
            [
                (words("Pictures with a description"), _of(one.described, one.pictures)),
                (words("Sent for approval"), _number(one.sent)),
                (words("Let out by a second person"), _of(one.approved, one.sent)),
                (words("Given back to be changed"), _of(one.returned, one.sent)),
                (words("Taken back by its author"), _of(one.withdrawn, one.sent)),
                (words("Sent at once in an emergency"), _number(one.emergencies)),
                (words("Of these, read afterwards"), _of(one.reviewed, one.emergencies)),
                (words("Posts deleted"), _number(one.deleted)),
                (words("Digests of the day"), _number(one.digests)),
            ],
        ),
        (
            "What was asked",
            [
                (words("Questions that came"), _number(one.asked)),
                (words("Answered here"), _of(one.answered, one.asked)),
                (words("Answered within a day"), _of(one.quickly, one.asked)),
                (words("Half of the answers came within"), waited(found.median_minutes)),
                (words("Closed without an answer here"), _of(one.closed, one.asked)),
                (words("Not answered yet"), _of(one.waiting, one.asked)),
            ],
        ),
    ]


def waited(minutes: int | None) -> Words:
    """Return a span of time in words; a stroke where there is none."""
    if minutes is None:
        return words("–")
    number, what = span(minutes)
    if what == "minutes":
        return counted("%(num)d minute", "%(num)d minutes", number)
    if what == "hours":
        return counted("%(num)d hour", "%(num)d hours", number)
    return counted("%(num)d day", "%(num)d days", number)


def _number(number: int) -> Words:
    return words("%(num)d", num=number)


def _of(part: int, whole: int) -> Words:
    """Return a share: how many of how many, and of a hundred; a stroke of nothing."""
    if not whole:
        return words("–")
    return words(
        "%(part)d of %(whole)d (%(share)d %%)",
        part=part,
        whole=whole,
        share=100 * part // whole,
    )


def _year(request: web.Request) -> int | None:
    said = request.query.get("year", "")
    if said and not _YEAR.fullmatch(said):
        raise NotFoundError("Nothing is kept of that year.")
    return int(said) if said else None


ROUTES = [
    web.get(review.PAGE, show),
    web.get(f"{review.PAGE}.json", as_json),
    web.get(DESK, full),
]
