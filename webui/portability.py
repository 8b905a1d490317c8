"""A member's settings: taking one's lists along as files, and bringing them from elsewhere."""

import asyncio
from collections.abc import Collection

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.link_files import parse_links
from fedi_k12.domain.portability import FILES, KINDS, MAX_ROWS, Parsed, parse
from fedi_k12.services import exports, portability
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

WORDS = {
    "following": "Whom you follow",
    "followers": "Who follows you",
    "lists": "Your lists",
    "mutes": "Whom you muted",
    "blocks": "Whom you blocked",
    "domain_blocks": "Servers you blocked",
    "bookmarks": "Posts you saved",
    "links": "Links with notes and tags",
}
STATES = {
    "new": "Waits for you",
    "running": "Going on",
    "done": "Done",
    "stopped": "Stopped",
}


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show what can be taken along, the form for bringing something, and what was brought."""
    return await _page(request, Form({"kind": "following", "mode": "merge"}))


@signed_in
async def download(request: web.Request) -> web.StreamResponse:
    """Give a member one of their lists as a file."""
    ctx = request.app[CONTEXT]
    kind = next((k for k, name in FILES.items() if name == request.match_info["name"]), "")
    async with ctx.slow_read() as session:
        text = await exports.file_of(
            session,
            actor=actor(request),
            kind=kind,
            handle_domain=ctx.addresses.handle_domain,
        )
    return _file(text, request.match_info["name"])


@signed_in
async def bring(request: web.Request) -> web.StreamResponse:
    """Read a file that a member brings, and lead to what it would do."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        parsed = await asyncio.to_thread(_parsed, form, ctx.settings.own_hosts)
        number = await ctx.write(
            portability.take_in,
            actor=actor(request),
            parsed=parsed,
            overwrite=form["mode"] == "overwrite",
            file_name=form.files["file"].filename,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors["file"] = forms.why(error)
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther(f"/settings/files/imports/{number}")


@signed_in
async def show_import(request: web.Request) -> web.StreamResponse:
    """Show what an import would do, how far it is, or what came of it."""
    me, number = actor(request), _number(request)
    async with request.app[CONTEXT].slow_read() as session:
        one = await portability.one(session, actor=me, import_id=number)
        failed = await portability.failures(session, actor=me, import_id=number)
        effect = None
        if one.state == "new":
            effect = await portability.effect(session, actor=me, import_id=number)
    return await render(
        request,
        "import.html",
        one=one,
        failed=failed,
        effect=effect,
        words=WORDS,
        states=STATES,
        noindex=True,
    )


@signed_in
async def decide(request: web.Request) -> web.StreamResponse:
    """Begin an import, or give it up."""
    ctx = request.app[CONTEXT]
    number = _number(request)
    begins = request.match_info["what"] == "begin"
    act = portability.begin if begins else portability.drop
    await ctx.write(act, actor=actor(request), import_id=number, now=ctx.clock())
    raise web.HTTPSeeOther(
        f"/settings/files/imports/{number}" if begins else "/settings/files?dropped"
    )


@signed_in
async def failures(request: web.Request) -> web.StreamResponse:
    """Give a member what was not taken over as a file, each line with its reason."""
    async with request.app[CONTEXT].slow_read() as session:
        text = await portability.failures_file(
            session, actor=actor(request), import_id=_number(request)
        )
    return _file(text, "not_taken_over.csv")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    me = actor(request)
    async with request.app[CONTEXT].slow_read() as session:
        sizes = await exports.sizes(session, actor=me)
        imports = await portability.recent(session, actor=me)
    return await render(
        request,
        "files.html",
        status=status,
        form=form,
        sizes=sizes,
        imports=imports,
        files=FILES,
        kinds=KINDS,
        words=WORDS,
        states=STATES,
        most=MAX_ROWS,
        noindex=True,
    )


def _parsed(form: Form, own_hosts: Collection[str]) -> Parsed:
    kind = next((kind for kind in KINDS if kind == form["kind"]), None)
    file = form.files.get("file")
    if file is None:
        raise InvalidError("Choose the file first.")
    if kind is None:
        raise InvalidError("Say what is in the file.")
    if kind == "links":
        return parse_links(file.file.read())
    return parse(file.file.read(), kind=kind, own_hosts=own_hosts)


def _number(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


def _file(text: str, name: str) -> web.Response:
    return web.Response(
        body=text.encode(),
        content_type="text/html" if name.endswith(".html") else "text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


ROUTES = [
    web.get("/settings/files", show),
    web.post("/settings/files", bring),
    web.get("/settings/files/{name:[a-z_]+\\.(?:csv|html)}", download),
    web.get("/settings/files/imports/{id}", show_import),
    web.post("/settings/files/imports/{id}/{what:begin|drop}", decide),
    web.get("/settings/files/imports/{id}/not_taken_over.csv", failures),
]
