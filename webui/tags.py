"""The page of a hashtag: what is said with it, by whom, and who follows it."""

from contextlib import suppress

from aiohttp import web

from fedi_k12.domain.errors import ConflictError, NotFoundError
from fedi_k12.domain.owned_tags import By, OwnedTag
from fedi_k12.domain.text import tag_key
from fedi_k12.domain.words import words
from fedi_k12.services import featuring, owned_tags, tag_posts, tags
from fedi_k12.web.auth import actor, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui.filtered import wanted
from webui.leads import to_approval
from webui.pages import render
from webui.reading import asked_page, earlier_than


@public
async def tag(request: web.Request) -> web.StreamResponse:
    """Show the public posts with a hashtag, by everyone or by verified staff."""
    ctx = request.app[CONTEXT]
    who = viewer(request)
    name = request.match_info["name"]
    async with ctx.read() as session:
        found = await tags.get(session, name=name, viewer=who)
        owned = await owned_tags.find(session, name=name)
        by = asked_by(request, owned)
        page = await tag_posts.page(
            session,
            name=tag_key(name),
            by=by,
            tag_id=owned.tag_id if owned is not None else None,
            viewer=who,
            page=await asked_page(request),
        )
        shown = who is not None and await featuring.is_featured(
            session, actor=who, name=found.name
        )
        tends = (
            who is not None
            and owned is not None
            and await owned_tags.looks_after(session, actor=who, tag_id=owned.tag_id)
        )
    action = "unfollow" if found.following else "follow"
    word = "No longer follow this hashtag" if found.following else "Follow this hashtag"
    return await render(
        request,
        "tag.html",
        title=f"#{found.display}",
        path=f"/tags/{found.name}",
        feed=f"/tags/{found.name}",
        feed_query=f"?by={by.value}" if owned is not None else "",
        owned=owned,
        by=by.value,
        tends=tends,
        visiting=who is None,
        posts=await wanted(request, page.items, "public"),
        ending=words("That is everything with #%(tag)s that is known here.", tag=found.display),
        earlier=earlier_than(page),
        follow={"action": f"/tags/{found.name}/{action}", "word": word} if who else None,
        feature={
            "action": f"/tags/{found.name}/profile/{'remove' if shown else 'add'}",
            "word": "No longer show on my profile" if shown else "Show on my profile",
        }
        if who
        else None,
    )


def asked_by(request: web.Request, owned: OwnedTag | None) -> By:
    """Return whose posts are asked for: of the district's hashtags those by verified staff."""
    asked = request.query.get("by", "")
    if asked in list(By):
        return By(asked)
    return By.STAFF if owned is not None else By.EVERYONE


@signed_in
async def follow_tag(request: web.Request) -> web.StreamResponse:
    """Follow a hashtag, or no longer."""
    ctx = request.app[CONTEXT]
    name = request.match_info["name"]
    if request.match_info["what"] == "follow":
        await ctx.write(tags.follow, actor=actor(request), name=name, now=ctx.clock())
    else:
        await ctx.write(tags.unfollow, actor=actor(request), name=name)
    raise web.HTTPSeeOther(f"/tags/{tag_key(name)}")


@signed_in
async def feature_tag(request: web.Request) -> web.StreamResponse:
    """Show a hashtag on one's profile, or no longer."""
    ctx = request.app[CONTEXT]
    me, name = actor(request), request.match_info["name"]
    # What is there twice, or not there any more, is as it was wanted.
    with suppress(ConflictError, NotFoundError), to_approval():
        if request.match_info["what"] == "add":
            await ctx.write(featuring.feature_tag, actor=me, name=name, now=ctx.clock())
        else:
            await ctx.write(featuring.unfeature_tag, actor=me, name=name, now=ctx.clock())
    raise web.HTTPSeeOther(f"/tags/{tag_key(name)}")


ROUTES = [
    web.get("/tags/{name}", tag),
    web.post("/tags/{name}/{what:follow|unfollow}", follow_tag),
    web.post("/tags/{name}/profile/{what:add|remove}", feature_tag),
]
