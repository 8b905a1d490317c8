"""Records of official accounts: searched and read by those who answer for them."""

from collections.abc import Mapping

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.redaction import REASONS
from fedi_k12.services import records_desk, records_files, redaction
from fedi_k12.services.records_desk import Found, Search
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.moderating import desk_page

_NAMES = ("account", "since", "until", "word", "person", "thread")
LABELS = {"account": "Official account", "since": "From this day", "until": "To this day"}
MAX_WORDS = 2000
WAYS = {"in": "It came in.", "out": "It went out.", "here": "It was done here."}


@signed_in
async def show_records(request: web.Request) -> web.StreamResponse:
    """Show the records that are looked for, the newest first."""
    query = search_of(request.query)
    return await _page(request, actor(request), query, Form(query))


@signed_in
async def ask_for_file(request: web.Request) -> web.StreamResponse:
    """Have the records that are looked for written into a file."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    query = search_of({name: form[name] for name in _NAMES})
    if form["year"]:
        query |= _year(form["year"])
    try:
        await ctx.write(
            records_files.ask,
            actor=me,
            search=Search(**query),
            public=form.flag("public"),
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, LABELS)
        return await _page(request, me, query, form, status=422)
    raise web.HTTPSeeOther("/records#files")


@signed_in
async def fetch_file(request: web.Request) -> web.StreamResponse:
    """Give whoever asked for records the file that was made of them."""
    ctx = request.app[CONTEXT]
    number = parse_id(request.match_info["id"])
    async with ctx.read() as session:
        path, name = await records_files.to_fetch(
            session,
            actor=actor(request),
            order_id=number or 0,
            folder=records_files.folder_of(ctx),
        )
    return web.FileResponse(
        path,
        headers={
            "Content-Type": "application/zip",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _page(
    request: web.Request, me: Actor, query: dict[str, str], form: Form, *, status: int = 200
) -> web.StreamResponse:
    before = parse_id(request.query.get("before", ""))
    async with request.app[CONTEXT].slow_read() as session:
        try:
            found = await records_desk.find(
                session, actor=me, search=Search(**query), before=before
            )
        except InvalidError as error:
            form.refuse(error, LABELS)
            status = 422
            nothing = await records_desk.find(session, actor=me, search=Search(), before=1)
            found = Found((), None, nothing.accounts)
        files = await records_files.asked(session, actor=me)
    return await desk_page(
        request,
        "records.html",
        "records",
        status=status,
        form=form,
        found=found,
        files=files,
        query={name: text for name, text in query.items() if text},
        this_year=request.app[CONTEXT].clock().year,
        WAYS=WAYS,
        on_desk=decide(me, Action.HANDLE_REPORTS).allowed,
        keeps=decide(me, Action.READ_RECORDS).allowed,
    )


def search_of(given: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a search among what was given, each of them there."""
    return {name: given.get(name, "")[:MAX_WORDS].replace("\0", "") for name in _NAMES}


def _year(text: str) -> dict[str, str]:
    """Return the first and the last day of what is written as a year."""
    year = text.strip()[:8]
    return {"since": f"{year}-01-01", "until": f"{year}-12-31"}


@signed_in
async def show_record(request: web.Request) -> web.StreamResponse:
    """Show a record with its bytes and what the check of its signature found."""
    return await _record(request, Form())


@signed_in
async def redact(request: web.Request) -> web.StreamResponse:
    """Leave something out of the public copy of a record."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    seq = _seq(request)
    how = form["how"]
    try:
        await ctx.write(
            redaction.redact,
            actor=actor(request),
            seq=seq,
            passages=[] if how != "passages" else form["passages"].split("\n"),
            reason=form["reason"],
            whole=how == "whole",
            withhold_files=form.flag("withhold_files"),
            anew=how == "anew",
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, {"passages": "What is left out", "reason": "Why"})
        return await _record(request, form, status=422)
    raise web.HTTPSeeOther(f"/records/{seq}#copy")


async def _record(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx, me, seq = request.app[CONTEXT], actor(request), _seq(request)
    async with ctx.read() as session:
        shown = await records_desk.one(session, actor=me, seq=seq)
        copy = (await redaction.copies(session, [seq])).get(seq)
    return await desk_page(
        request,
        "record.html",
        "records",
        status=status,
        form=form,
        shown=shown,
        copy=copy,
        copied=records_desk.pretty(copy.body) if copy is not None else "",
        REASONS=REASONS,
        WAYS=WAYS,
        on_desk=decide(me, Action.HANDLE_REPORTS).allowed,
    )


def _seq(request: web.Request) -> int:
    seq = parse_id(request.match_info["seq"])
    if seq is None:
        raise NotFoundError("There is no such record.")
    return seq


ROUTES = [
    web.get("/records", show_records),
    web.post("/records/files", ask_for_file),
    web.get(r"/records/files/{id:\d+}", fetch_file),
    web.get(r"/records/{seq:\d+}", show_record),
    web.post(r"/records/{seq:\d+}/redact", redact),
]
