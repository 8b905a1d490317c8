"""What a member chose, and what is empty here by design: nothing is ranked or suggested."""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, path_id
from fedi_k12.api.quote_entities import quote_word
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.services import access, apps, emojis, finding, profiles
from fedi_k12.web.auth import actor, app_token_ok, identity, public, requires
from fedi_k12.web.params import params


@requires("read:accounts")
async def preferences(request: web.Request) -> web.Response:
    """Return how the member likes to write and read."""
    async with context(request).read() as session:
        chosen = await profiles.preferences(session, actor=actor(request))
    return answer(
        {
            "posting:default:visibility": render.visibility_name(chosen.default_visibility),
            "posting:default:sensitive": chosen.default_sensitive,
            "posting:default:language": chosen.default_language,
            "posting:default:quote_policy": quote_word(chosen.default_quote_policy),
            "reading:expand:media": chosen.expand_media,
            "reading:expand:spoilers": chosen.expand_notes,
            "reading:autoplay:gifs": False,
        }
    )


@public
async def directory(request: web.Request) -> web.Response:
    """Return accounts that want to be found."""
    ctx = context(request)
    asked = await params(request)
    async with ctx.slow_read() as session:
        found = await finding.directory(
            session,
            limit=asked.limit(default=40, most=80),
            offset=max(0, asked.whole("offset") or 0),
            local=asked.flag("local"),
            newest=asked.text("order") == "new",
        )
    return answer(render.accounts(ctx, found))


@public
async def custom_emojis(request: web.Request) -> web.Response:
    """Return the custom emojis of this place."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await emojis.own(session)
    return answer([render.own_emoji(ctx, one) for one in found])


@public
async def nothing(request: web.Request) -> web.Response:
    """Return an empty list: trends that nobody counts."""
    del request
    return answer([])


@requires("read")
async def nothing_for_members(request: web.Request) -> web.Response:
    """Return an empty list: suggestions that nobody makes."""
    del request
    return answer([])


@requires("read")
async def dismiss_suggestion(request: web.Request) -> web.Response:
    """Record nothing: nobody is suggested here, so nobody is left out."""
    async with context(request).read() as session:
        await access.account_for(session, path_id(request), viewer=actor(request))
    return empty()


@app_token_ok()
async def verify_app(request: web.Request) -> web.Response:
    """Return the app that a token was given to."""
    app_id = identity(request).app_id
    async with context(request).read() as session:
        app = await apps.app_by_id(session, app_id or 0)
    if app is None:
        raise NotFoundError("Record not found")
    return answer(render.application(context(request), app))


ROUTES = [
    web.get("/api/v1/preferences", preferences),
    web.get("/api/v1/directory", directory),
    web.get("/api/v1/custom_emojis", custom_emojis),
    web.get("/api/v1/trends", nothing),
    web.get("/api/v1/trends/tags", nothing),
    web.get("/api/v1/trends/statuses", nothing),
    web.get("/api/v1/trends/links", nothing),
    web.get("/api/v1/suggestions", nothing_for_members),
    web.get("/api/v2/suggestions", nothing_for_members),
    web.delete("/api/v1/suggestions/{id}", dismiss_suggestion),
    web.get("/api/v1/apps/verify_credentials", verify_app),
]
