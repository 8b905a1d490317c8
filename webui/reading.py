"""Pages of posts: home, colleagues, a hashtag, what is saved, a thread."""

from datetime import date

from aiohttp import web
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import id_at, new_token, parse_id
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView, Thread, Visibility
from fedi_k12.services import (
    announcements,
    backfill,
    finding,
    gates,
    holding,
    notifications,
    polls,
    profiles,
    reactions,
    timelines,
    views,
)
from fedi_k12.web.auth import actor, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.audiences import READERS
from webui.filtered import folded, wanted
from webui.forms import Form
from webui.leads import wants_document
from webui.pages import path_of, render, speaker
from webui.repeated import said_once

POSTS = 20
PEOPLE = 12


@signed_in
async def home(request: web.Request) -> web.StreamResponse:
    """Show what the people somebody follows write, and where they write themselves."""
    me = actor(request)
    async with request.app[CONTEXT].read() as session:
        chosen = await profiles.preferences(session, actor=me)
    return await home_page(request, Form({"who": chosen.default_visibility.value}))


async def home_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    """Show home with a form, for instance one that has to be corrected.

    What is new since the member last said that they have read it, `POSTS` on a page, and
    after the last of them nothing more (H7). Whoever looks back sees what they have read, too.
    """
    ctx = request.app[CONTEXT]
    me = actor(request)
    back = "back" in request.query or bool(request.query.get("day"))
    async with ctx.read() as session:
        marks = await notifications.markers(session, actor=me, timelines=["home"])
    read = marks["home"].last_read_id if "home" in marks and not back else None
    asked = replace(await asked_page(request), limit=POSTS + 1, since_id=read)
    async with ctx.read() as session:
        page = await timelines.home(session, actor=me, page=asked)
        told = await announcements.current(session, actor=me, now=ctx.clock())
    found = page.items[:POSTS]
    newest = parse_id(request.query.get("newest", "")) or (found[0].id if found else 0)
    return await render(
        request,
        "home.html",
        status=status,
        posts=await wanted(request, found, "home"),
        announced=[one for one in told if not one.read],
        form=form,
        key=new_token(),
        readers=READERS,
        day=request.query.get("day", "")[:10],
        back=back,
        began=read is not None,
        newest=newest if found else 0,
        more=found[-1].id if len(page.items) > POSTS else None,
        noindex=True,
    )


@signed_in
async def mark_read(request: web.Request) -> web.StreamResponse:
    """Record that the member has read what is new at home; never less than before."""
    ctx, me = request.app[CONTEXT], actor(request)
    last = parse_id((await forms.read(request))["last"])
    async with ctx.read() as session:
        marks = await notifications.markers(session, actor=me, timelines=["home"])
        there = await timelines.home(session, actor=me, page=PageRequest(limit=1))
    # Nobody has read what is still to be written, whatever a link says.
    last = min(last or 0, max((post.id for post in there.items), default=0))
    if last and ("home" not in marks or marks["home"].last_read_id < last):
        await ctx.write(
            notifications.set_marker,
            actor=me,
            timeline="home",
            last_read_id=last,
            now=ctx.clock(),
        )
    raise web.HTTPSeeOther("/home")


@public
async def local(request: web.Request) -> web.StreamResponse:
    """Show what is said here in public."""
    ctx = request.app[CONTEXT]
    who = viewer(request)
    async with ctx.read() as session:
        page = await timelines.public(
            session, viewer=who, page=await asked_page(request), local=True
        )
        people = (
            await finding.directory(session, limit=PEOPLE, offset=0, local=True, newest=False)
            if who is not None
            else []
        )
    return await render(
        request,
        "posts.html",
        title="Colleagues",
        here="local",
        posts=await wanted(request, page.items, "public"),
        ending="That is what is said here in public, newest first.",
        empty_title="Nothing public yet",
        empty_text="What members here say to everybody will stand on this page.",
        why="Members of this server wrote these for everyone. Newest first, nothing left out.",
        earlier=earlier_than(page),
        people=people,
        follow=None,
        feature=None,
    )


@signed_in
async def saved(request: web.Request) -> web.StreamResponse:
    """Show what a member keeps for later."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        page = await timelines.bookmarks(
            session, actor=actor(request), page=await asked_page(request)
        )
    return await render(
        request,
        "posts.html",
        title="Saved posts",
        here="saved",
        posts=page.items,
        ending="That is everything you saved.",
        empty_title="Nothing saved yet",
        empty_text="“Save for later” under a post keeps it here. Nobody else knows.",
        why="You saved these. The last one saved comes first.",
        earlier=earlier_than(page),
        people=[],
        follow=None,
        feature=None,
        noindex=True,
    )


@public
async def thread(request: web.Request) -> web.StreamResponse:
    """Show a post with what it answers and what answers it."""
    post_id = parse_id(request.match_info["post_id"])
    if post_id is None:
        raise NotFoundError("There is nothing here that you may see.")
    return await thread_page(request, post_id, None)


async def thread_page(
    request: web.Request, post_id: int, form: Form | None, *, status: int = 200
) -> web.StreamResponse:
    """Show a thread with a form for a reply, for instance one that has to be corrected."""
    ctx = request.app[CONTEXT]
    who = viewer(request)
    gathering = await backfill.gather(ctx, post_id=post_id, viewer=who)
    async with ctx.read() as session:
        found = await timelines.thread(session, post_id=post_id, viewer=who)
        post = found.post.boost_of or found.post
        if who is None and not post.local:
            # What others wrote elsewhere is theirs to show to strangers.
            raise NotFoundError("There is nothing here that you may see.")
        if wants_document(request):
            raise web.HTTPFound(post.uri)
        likes = await reactions.favourited_by(
            session, post_id=post.id, viewer=who, page=PageRequest(limit=4)
        )
        name = await _my_name(session, who)
        own = who is not None and who.account_id == post.account.id
        until = await holding.held_until(session, post.id) if own else None
    if who is not None and post.poll is not None and polls.is_stale(post.poll, now=ctx.clock()):
        await ctx.write(polls.look_again, poll_id=post.poll.id, now=ctx.clock())
    if form is None and "acct" in request.match_info and request.path != path_of(post):
        raise web.HTTPSeeOther(path_of(post))
    found = await _folded(request, found)
    replies, same = await said_once(found, numbered(found), who)
    return await render(
        request,
        "thread.html",
        status=status,
        thread=found,
        no_answer=await no_answer(request, post),
        held=round((until - post.created_at).total_seconds()) if until is not None else 0,
        gathering=gathering,
        replies=replies,
        same=same,
        replies_here=sum(depth == 1 for depth in found.depths),
        recommended=likes.items if who is not None else [],
        form=form or reply_form(post, name),
        key=new_token(),
        noindex=not post.account.indexable or post.visibility is not Visibility.PUBLIC,
    )


async def _folded(request: web.Request, found: Thread) -> Thread:
    """Return a thread with what the viewer's filters fit folded, but for what was opened."""
    return replace(
        found,
        ancestors=tuple(await folded(request, found.ancestors, "thread")),
        descendants=tuple(await folded(request, found.descendants, "thread")),
    )


async def no_answer(request: web.Request, post: PostView | None) -> str:
    """Return why the account that one speaks for does not answer a post, empty where it may."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        number = post.id if post is not None else None
        return await gates.why_no_answer(session, viewer(request), number, now=ctx.clock())


def reply_form(post: PostView, my_name: str) -> Form:
    """Return the form for an answer: to whom it is, as narrow as what it answers."""
    names = [post.account.acct, *(mention.acct for mention in post.mentions)]
    greeting = " ".join(f"@{acct}" for acct in dict.fromkeys(names) if acct != my_name)
    who = "members" if post.local_only else post.visibility.value
    return Form({"text": f"{greeting} " if greeting else "", "who": who})


def numbered(found: Thread) -> list[tuple[PostView, str, int]]:
    """Return each reply with its number in the thread, such as 1, 1.1, 1.2 and 2."""
    counts: list[int] = []
    rows = []
    for post, depth in zip(found.descendants, found.depths, strict=True):
        level = max(1, min(depth, len(counts) + 1))
        counts = counts[:level]
        if len(counts) < level:
            counts.append(0)
        counts[level - 1] += 1
        rows.append((post, ".".join(str(number) for number in counts), level))
    return rows


async def _my_name(session: AsyncSession, who: Actor | None) -> str:
    return (await views.account_view(session, who.account_id)).username if who else ""


async def asked_page(request: web.Request) -> PageRequest:
    """Return which page is asked for: before a post, or of a day."""
    chosen = request.query.get("day", "")
    if chosen:
        try:
            day = date.fromisoformat(chosen)
        except ValueError:
            return PageRequest(limit=POSTS)
        end = (await speaker(request)).end_of(day)
        return PageRequest(limit=POSTS, max_id=id_at(end))
    return PageRequest(limit=POSTS, max_id=parse_id(request.query.get("max_id", "")))


def earlier_than(page: Page[PostView]) -> int | None:
    """Return the post before which the next page begins, None where this is the last one."""
    return page.oldest if len(page.items) >= POSTS else None


ROUTES = [
    web.get("/home", home),
    web.post("/home/read", mark_read),
    web.get("/local", local),
    web.get("/saved", saved),
    web.get(r"/@{acct}/{post_id:\d+}", thread),
]
