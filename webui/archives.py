"""What official accounts said on X and Facebook before: read, and brought at the desk."""

from typing import Any

from aiohttp import web

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.archives import LEFT_WORDS, PAGE, Left, Source
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.words import marked
from fedi_k12.services import archive_import, archives, finding, officials, views
from fedi_k12.web.auth import actor, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.leads import lead
from webui.pages import render

STATES = {
    "new": "Waits for you",
    "running": "Going on",
    "done": "Done",
    "stopped": "Stopped",
}
MAX_WORDS = 200
MAX_PAGE = 50_000


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show an official account's archives, twenty posts a page, the newest first."""
    ctx, me = request.app[CONTEXT], viewer(request)
    source = request.query.get("from", "")
    q = request.query.get("q", "")[:MAX_WORDS]
    page = min(max(parse_id(request.query.get("page", "1")) or 1, 1), MAX_PAGE)
    async with ctx.slow_read() as session:
        account = await finding.lookup(
            session, acct=request.match_info["acct"], own_hosts=ctx.settings.own_hosts
        )
        if account is None or not account.official or account.suspended:
            raise NotFoundError("There is no such official account.")
        spans = await archives.spans(session, account.id)
        if not spans or source not in {"", *Source}:
            raise NotFoundError("There is no such archive.")
        found = await archives.page(
            session, account.id, source=source, q=q, offset=(page - 1) * PAGE
        )
        keeps = me is not None and await officials.may_keep(session, me, account.id)
    return await render(
        request,
        "archive.html",
        account=account,
        spans=spans,
        found=found,
        source=source,
        q=q,
        number=page,
        pages=-(-found.found // PAGE),
        keeps=keeps,
        noindex=True,
    )


@signed_in
async def desk(request: web.Request) -> web.StreamResponse:
    """Show what was brought for an official account, and the form for another file."""
    return await _desk(request, Form())


@signed_in
async def bring(request: web.Request) -> web.StreamResponse:
    """Read a file that somebody brings, and lead to what is in it."""
    ctx = request.app[CONTEXT]
    account = await _account(request)
    form = await forms.read(request)
    file = form.files.get("file")
    if file is None:
        form.errors["file"] = marked("Choose the file first.")
        return await _desk(request, form, status=422)
    try:
        number = await archive_import.bring(
            ctx,
            file.file,
            actor=actor(request),
            account_id=account.id,
            file_name=file.filename,
        )
    except InvalidError as error:
        form.errors["file"] = forms.why(error)
        return await _desk(request, form, status=422)
    raise web.HTTPSeeOther(f"/official/{account.id}/archives/{number}")


@signed_in
async def show_one(request: web.Request) -> web.StreamResponse:
    """Show what a file holds, how far it is taken over, or what came of it."""
    account = await _account(request)
    async with request.app[CONTEXT].read() as session:
        one = await archives.one(
            session,
            actor=actor(request),
            account_id=account.id,
            archive_id=_number(request, "archive"),
        )
    return await render(
        request,
        "archive_one.html",
        account=account,
        one=one,
        left=[(LEFT_WORDS[Left(why)], number) for why, number in sorted(one.left.items())],
        states=STATES,
        noindex=True,
    )


@signed_in
async def decide(request: web.Request) -> web.StreamResponse:
    """Begin, stop, or take all posts of an archive off the page."""
    ctx, what = request.app[CONTEXT], request.match_info["what"]
    account_id, number = _number(request, "id"), _number(request, "archive")
    given: dict[str, Any] = {
        "actor": actor(request),
        "account_id": account_id,
        "archive_id": number,
    }
    if what == "stop":
        await archive_import.stop(ctx, **given)
        lead(f"/official/{account_id}/archives")
    act = archives.begin if what == "begin" else archives.take_off
    await ctx.write(act, now=ctx.clock(), **given)
    lead(f"/official/{account_id}/archives/{number}")


@signed_in
async def take_off(request: web.Request) -> web.StreamResponse:
    """Take one post of an archive off the page."""
    ctx, account = request.app[CONTEXT], await _account(request)
    await ctx.write(
        archives.take_off,
        actor=actor(request),
        account_id=account.id,
        post_id=_number(request, "post"),
        now=ctx.clock(),
    )
    async with ctx.read() as session:
        left = await archives.spans(session, account.id)
    lead(f"/@{account.username}/archive" if left else f"/official/{account.id}/archives")


async def _account(request: web.Request) -> AccountView:
    """Return the official account, for whoever decides what it is."""
    number = _number(request, "id")
    async with request.app[CONTEXT].read() as session:
        if not await officials.may_keep(session, actor(request), number):
            raise ForbiddenError(
                "Archives are brought by managers who speak as the account, and by "
                "administrators."
            )
        return await views.account_view(session, number)


async def _desk(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx, account = request.app[CONTEXT], await _account(request)
    async with ctx.read() as session:
        brought = await archives.at_desk(session, actor=actor(request), account_id=account.id)
        spans = await archives.spans(session, account.id)
    return await render(
        request,
        "archives_desk.html",
        status=status,
        account=account,
        form=form,
        brought=brought,
        spans=spans,
        states=STATES,
        most=ctx.settings.max_film_bytes // 1_000_000,
        noindex=True,
    )


def _number(request: web.Request, name: str) -> int:
    number = parse_id(request.match_info[name])
    if number is None:
        raise NotFoundError("There is no such archive.")
    return number


_ONE = r"/official/{id:\d+}/archives/{archive:\d+}"
ROUTES = [
    web.get("/@{acct}/archive", show),
    web.get(r"/official/{id:\d+}/archives", desk),
    web.post(r"/official/{id:\d+}/archives", bring),
    web.get(_ONE, show_one),
    web.post(_ONE + "/{what:begin|stop|take-off}", decide),
    web.post(r"/official/{id:\d+}/archives/posts/{post:\d+}/take-off", take_off),
]
