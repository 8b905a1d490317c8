"""People: their pages, following them, finding them, and what one is told of."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from federation.resolve import resolve_account, resolve_url
from fedi_k12.context import Context
from fedi_k12.domain.accounts import AccountView, Relationship
from fedi_k12.domain.answering import days_of
from fedi_k12.domain.collections import MAX_COLLECTIONS
from fedi_k12.domain.errors import DomainError, InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.notifications import (
    APPROVAL_KINDS,
    ASKING_KINDS,
    BOARD_KIND,
    COLLECTION_KINDS,
    EVENT_KINDS,
    FEED_KIND,
    HIDING_KINDS,
    KINDS,
    OWN_KINDS,
    RESTRICTING_KINDS,
    TAG_KINDS,
    TEAM_KINDS,
    NotificationView,
)
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.search_query import parse
from fedi_k12.domain.words import words
from fedi_k12.services import (
    archives,
    charters,
    collections,
    endorsements,
    events,
    featuring,
    finding,
    follows,
    notification_policy,
    notifications,
    search,
    tags,
    timelines,
    views,
)
from fedi_k12.web.auth import actor, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import departing, forms
from webui.apart import lasting
from webui.filtered import folded, wanted
from webui.leads import lead, to_approval, wants_document
from webui.pages import path_of, profile_of, render

POSTS = 20
FOUND = 20
NOTICES = 40
TOLD = (*KINDS, *OWN_KINDS)
PASSING = ("favourite", "reblog")
"""What stands in one line for each day (H10)."""
_NOT_HERE = "There is nothing here that you may see."
_TABS = ("posts", "replies", "pictures")
_SENTENCES = {
    "mention": "%(name)s names you",
    "status": "%(name)s wrote something",
    "reblog": "%(name)s passed your post on",
    "favourite": "%(name)s recommends your post",
    "follow": "%(name)s follows you",
    "follow_request": "%(name)s asks to follow you",
    "poll": "A question that concerns you is closed",
    "update": "%(name)s changed a post that you passed on",
    "quote": "%(name)s quotes your post",
    "quoted_update": "%(name)s changed a post that you quote",
    "added_to_collection": "%(name)s put you into a collection",
    "collection_update": "%(name)s changed a collection that you are in",
    "quote_request": "%(name)s asks to quote you",
    "reply_request": "%(name)s, whom you do not know, asks to answer you",
    "admin.sign_up": "%(name)s has become a member",
    "admin.report": "%(name)s asks the moderators to look at something",
    "moderation_warning": "The moderators decided something about your account",
}
_SENTENCES |= {
    "event_join": "%(name)s is coming to your event, or waits for a place",
    "event_request": "%(name)s asks to come to your event",
    "event_left": "%(name)s is not coming to your event after all",
    "event_accepted": "%(name)s has a place for you",
    "event_rejected": "%(name)s has no place for you",
    "event_changed": "%(name)s changed an event that you want to come to",
    "event_cancelled": "%(name)s called an event off that you want to come to",
    "event_reminder": "An event that you are coming to begins soon",
    "event_invite": "%(name)s invites you to an event",
}
_SENTENCES |= {
    "classroom_ends": "The school year of %(name)s ends soon: its account is archived then",
    "approval_request": "Something that %(name)s is to say waits for you",
    "approval_given": "What you wrote for %(name)s was approved",
    "approval_returned": "What you wrote for %(name)s came back to be changed",
    "emergency_post": "%(name)s said something at once, in an emergency",
    "board_thread": "Members of one board write in one thread, %(name)s among them",
    "answer_hidden": "Your answer to %(name)s was hidden under a rule",
    "answer_appealed": "Somebody appeals: their answer to %(name)s was hidden",
    "appeal_decided": "Your appeal about your answer to %(name)s was decided",
    "restriction_asked": "Somebody’s answers to %(name)s are to wait: it needs a second person",
    "answers_restricted": "Your answers to %(name)s are looked at before others see them",
    "restriction_appealed": "Somebody appeals: their answers to %(name)s wait",
    "restriction_decided": "Your appeal about your answers to %(name)s was decided",
    "feed_failing": "A feed that %(name)s posts from has not been read for days",
    "case_given": "You are to answer what somebody asked %(name)s",
    "digest_waits": "The digest that %(name)s is to publish waits for a second person",
    "take_down": "Somebody without an account asks that something be taken down",
    "tag_left": "Your post was taken off the page of %(name)s under a rule",
    "tag_came_back": "Your post stands on the page of %(name)s again",
}
_GLYPHS = {
    "mention": "reply",
    "status": "pen",
    "reblog": "pass",
    "favourite": "apple",
    "follow": "people",
    "follow_request": "people",
    "group_request": "people",
    "update": "pen",
    "quote": "quote",
    "quoted_update": "pen",
    **dict.fromkeys(COLLECTION_KINDS, "people"),
    **dict.fromkeys(ASKING_KINDS, "hourglass"),
    "severed_relationships": "warn",
    "moderation_warning": "warn",
    "admin.report": "flag",
    "take_down": "flag",
    **dict.fromkeys(TEAM_KINDS, "hourglass"),
    "admin.sign_up": "people",
    "sign_in": "lock",
    "departure": "next",
    **dict.fromkeys(EVENT_KINDS, "calendar"),
    "emergency_post": "warn",
    BOARD_KIND: "warn",
    FEED_KIND: "warn",
    **dict.fromkeys((*APPROVAL_KINDS, *HIDING_KINDS, *RESTRICTING_KINDS), "hourglass"),
    **dict.fromkeys(TAG_KINDS, "hourglass"),
}


@public
async def profile(request: web.Request) -> web.StreamResponse:
    """Show somebody's page; programs that ask for the actor are led to it."""
    ctx = request.app[CONTEXT]
    who = viewer(request)
    acct = request.match_info["acct"]
    async with ctx.read() as session:
        account = await _account(request, acct)
        if wants_document(request):
            raise web.HTTPFound(account.uri)
    if account.is_group:
        lead(f"/groups/{account.id}")
    # Outside of the transaction that reads: it may write.
    coming = await featuring.look(ctx, account_id=account.id, viewer=who)
    tab = request.query.get("tab", "posts")
    if tab == "pictures" and not account.show_media:
        tab = "posts"
    async with ctx.read() as session:
        page = await timelines.of_account(
            session,
            account_id=account.id,
            viewer=who,
            page=PageRequest(limit=POSTS, max_id=parse_id(request.query.get("max_id", ""))),
            exclude_replies=tab == "posts"
            or (tab == "pictures" and not account.show_media_replies),
            only_media=tab == "pictures",
        )
        pinned = await timelines.of_account(
            session,
            account_id=account.id,
            viewer=who,
            page=PageRequest(limit=5),
            pinned=True,
        )
        topics = await featuring.featured_tags(session, account_id=account.id, viewer=who)
        recommended = await collections.made_by(
            session, account_id=account.id, viewer=who, limit=MAX_COLLECTIONS
        )
        endorsed = await endorsements.endorsed_by(
            session, account_id=account.id, viewer=who, page=PageRequest(limit=FOUND)
        )
        charter = await charters.of(session, account.id) if account.official else None
        past = await archives.spans(session, account.id) if account.official else []
        relation = Relationship(account.id)
        if who is not None:
            found = await follows.relationships(session, actor=who, target_ids=[account.id])
            relation = found[0] if found else relation
        ways = await _ways(ctx, session, account)
    first_page = tab == "posts" and "max_id" not in request.query
    top = pinned.items if first_page else []
    at_top = {post.id for post in top}
    shown = await wanted(request, page.items, "account")
    return await render(
        request,
        "profile.html",
        charter=charter,
        past=[] if account.suspended else past,
        answering=days_of(charter.hours) if charter is not None else (),
        account=account,
        relation=relation,
        tab=tab if tab in _TABS else "posts",
        posts=[post for post in shown if post.id not in at_top],
        pinned=top,
        topics=topics,
        recommended=recommended,
        # Pages of people elsewhere are for members.
        endorsed=[one for one in endorsed.items if one.is_local or who is not None],
        coming=coming,
        ways=ways,
        earlier=page.oldest if len(page.items) >= POSTS else None,
        noindex=not account.indexable,
    )


async def _ways(ctx: Context, session: AsyncSession, account: AccountView) -> set[str]:
    """Return how one can follow an official account besides: by `mail`, by `calendar`."""
    if not account.official:
        return set()
    coming = await events.calendar(
        session, account_id=account.id, viewer=None, since=ctx.clock()
    )
    ways = {"calendar": bool(coming), "mail": bool(ctx.settings.smtp_url)}
    return {way for way, there in ways.items() if there}


@signed_in
async def relate(request: web.Request) -> web.StreamResponse:
    """Follow somebody, or one of the other things one can do about people."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    me = actor(request)
    target = parse_id(request.match_info["id"])
    if target is None:
        raise NotFoundError(_NOT_HERE)
    what = request.match_info["what"]
    if what == "follow":
        await ctx.write(
            follows.follow,
            actor=me,
            target_id=target,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    elif what == "block":
        await ctx.write(
            follows.block,
            actor=me,
            target_id=target,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    elif what == "mute":
        await ctx.write(
            follows.mute,
            actor=me,
            target_id=target,
            notifications=not form.flag("still_told"),
            duration=lasting(form),
            now=ctx.clock(),
        )
    elif what in _ANSWERS:
        await ctx.write(_ANSWERS[what], actor=me, follower_id=target, now=ctx.clock())
    else:
        with to_approval():
            await ctx.write(_CHANGES[what], actor=me, target_id=target, now=ctx.clock())
    lead(form["back"])


_CHANGES: dict[str, Callable[..., Awaitable[Relationship]]] = {
    "unfollow": follows.unfollow,
    "unblock": follows.unblock,
    "unmute": follows.unmute,
    "endorse": endorsements.endorse,
    "unendorse": endorsements.unendorse,
}
_ANSWERS: dict[str, Callable[..., Awaitable[None]]] = {
    "accept": follows.accept,
    "decline": follows.reject,
    "remove": follows.remove_follower,
}

_WAYS = (
    ('"paper strips"', "These words, one after another"),
    ("-quiz", "Without this word; a minus goes before all that follows here, too"),
    ("from:me", "What you wrote; from:@name for somebody else"),
    ("has:image", "With a picture; or has:video, has:audio, has:media, has:poll, has:link"),
    ("is:reply", "Answers; or is:quote, is:sensitive"),
    ("before:2026-09-01", "Older than that day; or after: and during:"),
    ("language:es", "Written in that language"),
    ("in:library", "What you wrote, saved, recommended, passed on or are named in"),
)


@signed_in
async def find(request: web.Request) -> web.StreamResponse:
    """Find people, hashtags and posts; a handle or an address leads to the one thing."""
    ctx = request.app[CONTEXT]
    me = actor(request)
    q = request.query.get("q", "").strip()[:2048]
    query = parse(q)
    named = query.plain if query.conditions else q
    trouble = ""
    if q.startswith(("https://", "http://")):
        trouble = await _go_to_address(request, q)
    elif "@" in q.lstrip("@") and " " not in q and not query.conditions:
        trouble = await _go_to_handle(request, q)
    people, found_tags, found_posts = [], [], []
    if q and not trouble:
        async with ctx.slow_read() as session:
            people = await finding.search_accounts(
                session, q=named, limit=FOUND, viewer=me, own_hosts=ctx.settings.own_hosts
            )
            found_tags = await tags.search(session, q=named, limit=FOUND, offset=0, viewer=me)
            found_posts = await search.posts(
                session, actor=me, q=q, limit=FOUND, own_host=ctx.settings.handle_domain
            )
    return await render(
        request,
        "search.html",
        q=q,
        trouble=trouble,
        ways=_WAYS,
        people=people,
        tags=found_tags,
        posts=found_posts,
        noindex=True,
    )


@signed_in
async def notices(request: web.Request) -> web.StreamResponse:
    """Show what somebody is told of."""
    ctx = request.app[CONTEXT]
    me = actor(request)
    async with ctx.read() as session:
        page = await notifications.page(
            session,
            actor=me,
            page=PageRequest(limit=NOTICES),
            types=TOLD,
            exclude_types=["follow_request"],
        )
        asking = await follows.follow_requests(session, actor=me, page=PageRequest(limit=40))
        waiting = await notification_policy.requests(
            session, actor=me, page=PageRequest(limit=40)
        )
        marks = await notifications.markers(session, actor=me)
    seen = marks["notifications"].last_read_id if "notifications" in marks else 0
    return await render(
        request,
        "notifications.html",
        notices=await _folded(request, page.items),
        asking=asking.items,
        waiting=waiting.items,
        seen=seen,
        sentence=notice_sentence,
        GLYPHS=_GLYPHS,
        PASSING=PASSING,
        noindex=True,
    )


async def _folded(
    request: web.Request, notices: list[NotificationView]
) -> list[NotificationView]:
    """Return the notices, with posts folded that a filter of the member's fits."""
    told = [one.post for one in notices if one.post is not None]
    posts = {post.id: post for post in await folded(request, told, "notifications")}
    return [replace(one, post=posts[one.post.id]) if one.post else one for one in notices]


@signed_in
async def mark_seen(request: web.Request) -> web.StreamResponse:
    """Record that notifications have been seen."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    last = parse_id(form["last"])
    if last is not None:
        await ctx.write(
            notifications.set_marker,
            actor=actor(request),
            timeline="notifications",
            last_read_id=last,
            now=ctx.clock(),
        )
    raise web.HTTPSeeOther("/notifications")


@signed_in
async def decide_request(request: web.Request) -> web.StreamResponse:
    """Let somebody who waits through, or forget what waits."""
    ctx = request.app[CONTEXT]
    number = parse_id(request.match_info["id"])
    change = _DECISIONS[request.match_info["what"]]
    await ctx.write(change, actor=actor(request), request_ids=[number or 0], now=ctx.clock())
    raise web.HTTPSeeOther("/notifications")


_DECISIONS: dict[str, Callable[..., Awaitable[None]]] = {
    "accept": notification_policy.accept,
    "dismiss": notification_policy.dismiss,
}


async def _account(request: web.Request, acct: str) -> AccountView:
    """Return whose page it is; pages of people elsewhere are for members."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        try:
            found = await finding.lookup(session, acct=acct, own_hosts=ctx.settings.own_hosts)
        except InvalidError as error:
            raise NotFoundError(_NOT_HERE) from error
    if found is None or found.kind == "Application":
        raise NotFoundError(_NOT_HERE)
    if not found.is_local and viewer(request) is None:
        raise NotFoundError(_NOT_HERE)
    if request.match_info["acct"] != found.acct:
        raise web.HTTPSeeOther(profile_of(found))
    return found


async def _go_to_handle(request: web.Request, handle: str) -> str:
    """Lead to the account with a handle; return what is in the way."""
    ctx = request.app[CONTEXT]
    try:
        account_id = await resolve_account(ctx, handle)
    except TimeoutError:
        return "The other server takes too long. Try again in a while."
    except DomainError as error:
        return forms.why(error)
    async with ctx.read() as session:
        view = await views.account_view(session, account_id)
    raise web.HTTPSeeOther(profile_of(view))


async def _go_to_address(request: web.Request, url: str) -> str:
    """Lead to the account, post or collection at an address; return what is in the way."""
    ctx = request.app[CONTEXT]
    try:
        found = await resolve_url(ctx, url)
    except TimeoutError:
        return "The other server takes too long. Try again in a while."
    except DomainError as error:
        return forms.why(error)
    async with ctx.read() as session:
        if found.account_id is not None:
            account = await views.account_view(session, found.account_id)
            raise web.HTTPSeeOther(profile_of(account))
        if found.collection_id is not None:
            lead(f"/collections/{found.collection_id}")
        with suppress(NotFoundError):
            post = await views.post_view(session, found.post_id or 0, viewer=viewer(request))
            raise web.HTTPSeeOther(path_of(post))
    return "There is nothing at that address that you may see."


def notice_sentence(notice: NotificationView) -> str:
    """Return what a notification tells in one sentence."""
    if notice.kind == "group_request":
        return words(
            "%(name)s asks to join %(group)s, which you look after",
            name=notice.account.name,
            group=(notice.detail or {}).get("group", ""),
        )
    if notice.kind == "severed_relationships":
        name = (notice.detail or {}).get("target_name", "")
        return words(
            "The moderators suspended %(name)s, and that ended follows of yours", name=name
        )
    if notice.kind == "sign_in":
        browser = (notice.detail or {}).get("browser", "")
        return words(
            "Somebody signed in to your account in another browser: %(browser)s",
            browser=browser,
        )
    if notice.kind == "departure":
        return departing.notice_words(notice.detail)
    sentence = _SENTENCES.get(notice.kind, "%(name)s did something")
    return words(sentence, name=notice.account.name)


ROUTES = [
    web.get("/search", find),
    web.get("/notifications", notices),
    web.post("/notifications/seen", mark_seen),
    web.post("/notifications/waiting/{id}/{what:accept|dismiss}", decide_request),
    web.post(
        r"/people/{id:\d+}/{what:follow|block|mute|" + "|".join([*_CHANGES, *_ANSWERS]) + "}",
        relate,
    ),
    web.get("/@{acct}", profile),
]
