"""The moderators' desk: reports, new servers, other servers, follows that were severed."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from fedi_k12.domain import blocklists as lists
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.forum import FOR_SERVERS, GROUND_WORDS
from fedi_k12.domain.hosts import DIRECTIONS, SEVERITIES, Severity, rule_name
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Action, decide
from fedi_k12.domain.words import counted
from fedi_k12.services import (
    audit_log,
    blocklists,
    first_contact,
    host_decisions,
    moderation,
    peers,
    reports,
    severance,
    staff,
)
from fedi_k12.web.auth import actor, role_needed
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

PAGE = 40
MAX_LIST = forms.MAX_TEXT
"""Characters of a list taken on the page; longer ones are for the command line."""
_WORDS = {
    "allow": "Allow",
    "normal": "As others, but for what is ticked below",
    "limit": "Keep out of public lists",
    "suspend": "Suspend: no longer talk with it",
}

GROUNDS = [(one.value, one.number, GROUND_WORDS[one]) for one in FOR_SERVERS]


@role_needed(Action.HANDLE_REPORTS)
async def desk(request: web.Request) -> web.StreamResponse:
    """Show the reports that wait, or those that are closed."""
    me = actor(request)
    closed = request.query.get("tab") == "closed"
    async with request.app[CONTEXT].read() as session:
        found = await reports.queue(
            session,
            actor=me,
            resolved=closed,
            limit=PAGE,
            max_id=parse_id(request.query.get("max_id", "")),
        )
        waiting = await staff.waiting(session, actor=me)
    return await desk_page(
        request,
        "moderation.html",
        "reports",
        waiting=waiting,
        reports=found,
        closed=closed,
        earlier=found[-1].id if len(found) >= PAGE else None,
    )


@role_needed(Action.HANDLE_REPORTS)
async def show_report(request: web.Request) -> web.StreamResponse:
    """Show one report, with what it is about."""
    return await _report_page(request, Form())


@role_needed(Action.HANDLE_REPORTS)
async def decide_report(request: web.Request) -> web.StreamResponse:
    """Do something about a report."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    what, number = request.match_info["what"], _number(request)
    now = ctx.clock()
    try:
        if what == "note":
            await ctx.write(
                reports.note, actor=me, report_id=number, text=form["text"], now=now
            )
        elif what == "forward":
            await ctx.write(
                reports.forward_to_host,
                actor=me,
                report_id=number,
                text=form["words"],
                addresses=ctx.addresses,
                now=now,
            )
        elif what == "suspend":
            report = await ctx.write(reports.one, actor=me, report_id=number, now=now)
            await ctx.write(
                moderation.suspend_account,
                actor=me,
                account_id=report.target.id,
                reason=f"report {number}",
                now=now,
            )
        else:
            await ctx.write(_REPORT_ACTS[what], actor=me, report_id=number, now=now)
    except InvalidError as error:
        form.refuse(error, {"text": "Your note"})
        return await _report_page(request, form, status=422)
    raise web.HTTPSeeOther(f"/moderation/reports/{number}")


_REPORT_ACTS: dict[str, Callable[..., Awaitable[Any]]] = {
    "take": reports.assign,
    "leave": reports.unassign,
    "close": reports.resolve,
    "reopen": reports.reopen,
}


@role_needed(Action.REVIEW_HOLDS)
async def show_holds(request: web.Request) -> web.StreamResponse:
    """Show the servers never seen before that wait."""
    return await _holds_page(request, Form())


async def _holds_page(request: web.Request, form: Form) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        found = await first_contact.waiting(session, actor=actor(request), limit=PAGE)
    return await desk_page(
        request,
        "holds.html",
        "holds",
        status=422 if form.errors else 200,
        form=form,
        held=found,
        usual=ctx.settings.new_servers,
        GROUNDS=GROUNDS,
    )


@role_needed(Action.REVIEW_HOLDS)
async def decide_holds(request: web.Request) -> web.StreamResponse:
    """Let servers in, or keep them out."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    domains = form.lists.get("domain", [])[:PAGE]
    me, now = actor(request), ctx.clock()
    if form["what"] == "in":
        await ctx.write(first_contact.release, actor=me, domains=domains, now=now)
    else:
        await _demand_ground(request, form)
        if form.errors:
            return await _holds_page(request, form)
        await ctx.write(
            first_contact.reject, actor=me, domains=domains, ground=form["ground"], now=now
        )
    raise web.HTTPSeeOther("/moderation/new")


@role_needed(Action.DECIDE_HOSTS)
async def show_servers(request: web.Request) -> web.StreamResponse:
    """Show other servers: what was decided, and which are in trouble."""
    return await _servers_page(request, Form({"severity": "limit"}))


@role_needed(Action.DECIDE_HOSTS)
async def decide_server(request: web.Request) -> web.StreamResponse:
    """Decide about a server, once what it costs was seen."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    severity = form["severity"]
    try:
        _demand_known(severity, form["direction"] or "both")
        name = rule_name(form["domain"], severity)
        async with ctx.read() as session:
            cost = await moderation.impact_of(session, domain=name.removeprefix("*."))
        if severity == "suspend" and cost.follows and not form.flag("sure"):
            form.set("cost", str(cost.follows))
            form.errors["sure"] = counted(
                "That would end one follow of a member here. "
                "Tick the box below if that is meant.",
                "That would end %(num)s follows of members here. "
                "Tick the box below if that is meant.",
                cost.follows,
            )
            return await _servers_page(request, form, status=422)
        await ctx.write(
            moderation.set_host_policy,
            actor=actor(request),
            domain=form["domain"],
            severity=severity,  # type: ignore[arg-type]  # one of the words, checked above
            reject_media=form.flag("reject_media"),
            reject_reports=form.flag("reject_reports"),
            no_followers_only=form.flag("no_followers_only"),
            direction=form["direction"] or "both",  # type: ignore[arg-type]  # as above
            obfuscate=form.flag("obfuscate"),
            public_comment=form["public_comment"][:2000],
            private_comment=form["private_comment"][:2000],
            ground=form["ground"],
            own_hosts=ctx.settings.own_hosts,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors["ground" if "ground" in error.fields else "domain"] = forms.why(error)
        return await _servers_page(request, form, status=422)
    raise web.HTTPSeeOther(f"/moderation/servers/{name}")


@role_needed(Action.DECIDE_HOSTS)
async def show_server(request: web.Request) -> web.StreamResponse:
    """Show one server."""
    async with request.app[CONTEXT].read() as session:
        found = await peers.one(
            session, actor=actor(request), name=request.match_info["name"].lower()
        )
    return await desk_page(request, "server.html", "servers", peer=found, WORDS=_WORDS)


@role_needed(Action.DECIDE_HOSTS)
async def act_on_server(request: web.Request) -> web.StreamResponse:
    """Do something about what is owed to a server, or take the decision about it back."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    name, what = request.match_info["name"].lower(), request.match_info["what"]
    if what == "undecide":
        await ctx.write(
            moderation.remove_host_policy,
            actor=me,
            domain=name,
            restore=form.flag("restore"),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        raise web.HTTPSeeOther("/moderation/servers")
    await ctx.write(_SERVER_ACTS[what], actor=me, name=name, now=ctx.clock())
    raise web.HTTPSeeOther(f"/moderation/servers/{name}")


_SERVER_ACTS: dict[str, Callable[..., Awaitable[None]]] = {
    "retry": peers.retry,
    "drop": peers.drop,
    "pause": peers.pause,
    "resume": peers.resume,
}


@role_needed(Action.DECIDE_HOSTS)
async def take_list(request: web.Request) -> web.StreamResponse:
    """Show what a list of blocked servers would change; do it when that was seen."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    file = form.files.get("file")
    name = form["name"] or (file.filename if file else "")
    data: bytes | str = file.file.read(lists.MAX_BYTES + 1) if file else form["list"]
    own = {host.partition(":")[0] for host in ctx.settings.own_hosts}
    try:
        parsed = lists.parse(data, own_hosts=own)
        text = _short_enough(lists.write(parsed.entries))
        async with ctx.read() as session:
            plan = await blocklists.plan(session, parsed)
    except InvalidError as error:
        form.errors["file"] = forms.why(error)
        return await _servers_page(request, form, status=422)
    sever = form.flag("sever")
    if form.flag("apply"):
        await _demand_ground(request, form)
    if not form.flag("apply") or form.errors:
        return await desk_page(
            request,
            "blocklist.html",
            "servers",
            status=422 if form.errors else 200,
            form=form,
            plan=plan,
            text=text,
            name=name,
            GROUNDS=GROUNDS,
        )
    for row in plan.to_do(sever=sever):
        await ctx.write(
            blocklists.apply,
            actor=me,
            entry=row.entry,
            source=f"list {name}",
            ground=form["ground"],
            own_hosts=own,
            now=ctx.clock(),
        )
    raise web.HTTPSeeOther("/moderation/servers")


@role_needed(Action.DECIDE_HOSTS)
async def export_list(request: web.Request) -> web.StreamResponse:
    """Give the decisions as the CSV that Mastodon reads."""
    async with request.app[CONTEXT].read() as session:
        found = await moderation.host_policies(session)
    entries = [
        lists.Entry(
            one.domain,
            _severity(one.severity),
            one.reject_media,
            one.reject_reports,
            one.obfuscate,
            one.public_comment,
        )
        for one in found
    ]
    return web.Response(
        text=lists.write(entries),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="domain_blocks.csv"',
            "Cache-Control": "private, no-store",
        },
    )


@role_needed(Action.DECIDE_HOSTS)
async def show_ledger(request: web.Request) -> web.StreamResponse:
    """Show the suspensions that ended follows."""
    async with request.app[CONTEXT].read() as session:
        found = await severance.listed(session)
    return await desk_page(request, "ledger.html", "ledger", events=found, trouble="")


@role_needed(Action.DECIDE_HOSTS)
async def restore(request: web.Request) -> web.StreamResponse:
    """Restore the follows that a suspension ended."""
    ctx = request.app[CONTEXT]
    try:
        await ctx.write(
            moderation.restore_follows,
            actor=actor(request),
            severance_id=_number(request),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        async with ctx.read() as session:
            found = await severance.listed(session)
        return await desk_page(
            request, "ledger.html", "ledger", status=422, events=found, trouble=forms.why(error)
        )
    raise web.HTTPSeeOther("/moderation/severed")


@role_needed(Action.HANDLE_REPORTS)
async def show_log(request: web.Request) -> web.StreamResponse:
    """Show what staff did."""
    async with request.app[CONTEXT].read() as session:
        found = await audit_log.page(
            session,
            actor=actor(request),
            limit=PAGE,
            max_id=parse_id(request.query.get("max_id", "")),
        )
    return await desk_page(
        request,
        "staff_log.html",
        "log",
        entries=found,
        earlier=found[-1].id if len(found) >= PAGE else None,
    )


async def _report_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    found = await ctx.write(
        reports.one, actor=actor(request), report_id=_number(request), now=ctx.clock()
    )
    if "words" not in form.lists:
        form.set("words", found.comment if found.forward else "")
    return await desk_page(
        request, "moderation_report.html", "reports", status=status, report=found, form=form
    )


async def _servers_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx, me = request.app[CONTEXT], actor(request)
    q = request.query.get("q", "")
    async with ctx.read() as session:
        found = await peers.listed(session, actor=me, q=q)
        policies = await moderation.host_policies(session)
    return await desk_page(
        request,
        "servers.html",
        "servers",
        status=status,
        form=form,
        q=q,
        peers=found,
        policies=policies,
        mode=ctx.settings.federation,
        WORDS=_WORDS,
        GROUNDS=GROUNDS,
    )


async def desk_page(
    request: web.Request, template: str, tab: str, *, status: int = 200, **values: Any
) -> web.StreamResponse:
    """Return a page of the desk, with the tabs that whoever looks may open."""
    me = actor(request)
    return await render(
        request,
        template,
        status=status,
        tab=tab,
        decides_hosts=decide(me, Action.DECIDE_HOSTS).allowed,
        noindex=True,
        **values,
    )


async def _demand_ground(request: web.Request, form: Form) -> None:
    """Say in the form where a ground is missing for keeping servers away."""
    try:
        async with request.app[CONTEXT].read() as session:
            await host_decisions.stated(session, "suspend", form["ground"])
    except InvalidError as error:
        form.errors["ground"] = forms.why(error)


def _demand_known(severity: str, direction: str) -> None:
    if severity not in SEVERITIES or direction not in DIRECTIONS:
        raise InvalidError("Choose what is to hold for that server.")


def _short_enough(text: str) -> str:
    if len(text) >= MAX_LIST:
        raise InvalidError("That list is long: import it with `fedi-k12 domain import`.")
    return text


def _severity(word: str) -> Severity:
    known: tuple[Severity, ...] = ("allow", "normal", "limit", "suspend")
    return next((one for one in known if one == word), "limit")


def _number(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


_SERVER = r"/moderation/servers/{name:[A-Za-z0-9.*:\[\]-]{1,260}}"
ROUTES = [
    web.get("/moderation/reports", desk),
    web.get(r"/moderation/reports/{id:\d+}", show_report),
    web.post(
        r"/moderation/reports/{id:\d+}/{what:note|forward|suspend|"
        + "|".join(_REPORT_ACTS)
        + "}",
        decide_report,
    ),
    web.get("/moderation/new", show_holds),
    web.post("/moderation/new", decide_holds),
    web.get("/moderation/servers", show_servers),
    web.post("/moderation/servers", decide_server),
    web.post("/moderation/list", take_list),
    web.get("/moderation/list.csv", export_list),
    web.get(_SERVER, show_server),
    web.post(_SERVER + "/{what:undecide|" + "|".join(_SERVER_ACTS) + "}", act_on_server),
    web.get("/moderation/severed", show_ledger),
    web.get("/moderation/log", show_log),
    web.post(r"/moderation/severed/{id:\d+}/restore", restore),
]
