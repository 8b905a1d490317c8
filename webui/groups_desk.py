"""For those who look after a group: its members, and what they decide."""

from datetime import timedelta

from aiohttp import web

from federation.resolve import resolve_account
from fedi_k12.domain.errors import InvalidError, NotFoundError, UnavailableError
from fedi_k12.domain.groups import Act
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import group_moderation, group_posts, groups, reports, views
from fedi_k12.services.group_moderation import Ruling
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.groups import group, looked_after
from webui.leads import lead
from webui.pages import render

PAGE = 40
DAYS = ("1", "7", "30", "")
WORDS = {
    Act.REMOVE: "took away",
    Act.RESTORE: "put back",
    Act.LOCK: "closed the thread",
    Act.UNLOCK: "opened the thread again",
    Act.PIN: "put on top",
    Act.UNPIN: "took from the top",
    Act.BAN: "closed the group to",
    Act.UNBAN: "opened the group again to",
    Act.APPOINT: "asked to look after the group",
    Act.DISMISS: "no longer lets look after the group",
}


@signed_in
async def members(request: web.Request) -> web.StreamResponse:
    """Show who asks to join, who is in, and who looks after the group."""
    return await _members_page(request, Form())


@signed_in
async def decide_member(request: web.Request) -> web.StreamResponse:
    """Let somebody in, or not, or no longer."""
    ctx = request.app[CONTEXT]
    view = await looked_after(request)
    number = parse_id(request.match_info["account"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    work = groups.let_in if request.match_info["what"] == "let-in" else groups.turn_away
    await ctx.write(
        work,
        actor=actor(request),
        group_id=view.account.id,
        account_id=number,
        now=ctx.clock(),
    )
    lead(f"/groups/{view.account.id}/members")


@signed_in
async def appoint(request: web.Request) -> web.StreamResponse:
    """Ask somebody, here or elsewhere, to look after the group."""
    return await _about_account(request, Act.APPOINT, "members")


@signed_in
async def desk(request: web.Request) -> web.StreamResponse:
    """Show the reports, the bans and the log of a group."""
    return await _desk_page(request, Form())


@signed_in
async def ban(request: web.Request) -> web.StreamResponse:
    """Close the group to somebody, for a time or for good."""
    return await _about_account(request, Act.BAN, "desk")


@signed_in
async def rule(request: web.Request) -> web.StreamResponse:
    """Decide about a post, or take back what was decided about somebody."""
    ctx = request.app[CONTEXT]
    view = await group(request)
    form = await forms.read(request)
    acts = {act.value: act for act in Act}
    act = acts.get(form["act"])
    if act is None:
        raise InvalidError("Nobody can decide that.")
    async with ctx.read() as session:
        if (post_id := parse_id(form["post"])) is not None:
            target = await group_posts.uri_of(session, post_id=post_id)
        elif (account_id := parse_id(form["account"])) is not None:
            target = (await views.account_view(session, account_id)).uri
        else:
            raise InvalidError("Say what is decided about.")
    await ctx.write(
        group_moderation.rule,
        actor=actor(request),
        group_id=view.account.id,
        ruling=Ruling(act, target, form["reason"]),
        now=ctx.clock(),
    )
    back = form["back"]
    ours = back in {"desk", "members"}
    lead(f"/groups/{view.account.id}/{back}" if ours else f"/groups/{view.account.id}")


async def _about_account(request: web.Request, act: Act, page: str) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    view = await looked_after(request)
    form = await forms.read(request)
    days = form["days"] if form["days"] in DAYS else ""
    try:
        number = await resolve_account(ctx, form["handle"].strip()[:300])
        async with ctx.read() as session:
            target = (await views.account_view(session, number)).uri
        ruling = Ruling(
            act,
            target,
            form["reason"],
            ctx.clock() + timedelta(days=int(days)) if days else None,
            form.flag("remove_data"),
        )
        await ctx.write(
            group_moderation.rule,
            actor=actor(request),
            group_id=view.account.id,
            ruling=ruling,
            now=ctx.clock(),
        )
    except (InvalidError, NotFoundError, UnavailableError, TimeoutError) as error:
        form.errors["handle"] = forms.why(error) or "Their server does not answer now."
    else:
        lead(f"/groups/{view.account.id}/{page}")
    if page == "members":
        return await _members_page(request, form, status=422)
    return await _desk_page(request, form, status=422)


async def _members_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    view = await looked_after(request)
    me = actor(request)
    page = PageRequest(limit=PAGE, max_id=parse_id(request.query.get("max_id", "")))
    async with ctx.read() as session:
        asking = await groups.requests(
            session, actor=me, group_id=view.account.id, page=PageRequest(limit=PAGE)
        )
        inside = await groups.members(session, actor=me, group_id=view.account.id, page=page)
    return await render(
        request,
        "group_members.html",
        status=status,
        group=view,
        asking=asking.items,
        members=inside.items,
        earlier=inside.oldest if len(inside.items) >= PAGE else None,
        form=form,
        noindex=True,
    )


async def _desk_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    view = await looked_after(request)
    me = actor(request)
    page = PageRequest(limit=PAGE, max_id=parse_id(request.query.get("max_id", "")))
    async with ctx.read() as session:
        found = await group_moderation.log(
            session, actor=me, group_id=view.account.id, page=page
        )
        kept_out = await group_moderation.bans(
            session, actor=me, group_id=view.account.id, now=ctx.clock()
        )
        waiting = await reports.in_group(session, actor=me, group_id=view.account.id)
    return await render(
        request,
        "group_desk.html",
        status=status,
        group=view,
        log=found.items,
        words=WORDS,
        bans=kept_out,
        reports=waiting,
        earlier=found.oldest if len(found.items) >= PAGE else None,
        form=form,
        noindex=True,
    )


_ONE = r"/groups/{id:\d{1,19}}"

ROUTES = [
    web.get(_ONE + "/members", members),
    web.post(_ONE + "/members", appoint),
    web.post(_ONE + r"/members/{account:\d{1,19}}/{what:let-in|turn-away}", decide_member),
    web.get(_ONE + "/desk", desk),
    web.post(_ONE + "/desk", ban),
    web.post(_ONE + "/rule", rule),
]
