"""How a member presents themselves: https://docs.joinmastodon.org/methods/profile/."""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context
from fedi_k12.api.featured_tags import featured_tag
from fedi_k12.api.render import Entity
from fedi_k12.domain.approvals import QUOTE_CHOICES
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.domain.searching import Searchable
from fedi_k12.services import featuring, profiles
from fedi_k12.services.featuring import FeaturedTag
from fedi_k12.services.profiles import OwnAccount
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.params import Params, Upload, params
from fedi_k12.web.uploads import take_in_portrait


@requires("profile")
async def verify_credentials(request: web.Request) -> web.Response:
    """Return the account that the token stands for."""
    return await _account(request)


@requires("write:accounts")
async def update_credentials(request: web.Request) -> web.Response:
    """Present the account differently."""
    asked = await params(request)
    changes = await _changes(request, asked)
    chosen = _chosen(asked.part("source"))
    await _present(request, changes)
    if chosen:
        await context(request).write(
            profiles.save_preferences, actor=actor(request), changes=chosen
        )
    return await _account(request)


@requires("profile")
async def show(request: web.Request) -> web.Response:
    """Return the profile as its member wrote it."""
    return await _profile(request)


@requires("write:accounts")
async def update(request: web.Request) -> web.Response:
    """Change the profile, and return it as its member wrote it."""
    await _present(request, await _changes(request, await params(request)))
    return await _profile(request)


@requires("write:accounts")
async def delete_avatar(request: web.Request) -> web.Response:
    """Take the account's picture away."""
    await _present(request, ProfileChanges(remove_avatar=True))
    return await _account(request)


@requires("write:accounts")
async def delete_header(request: web.Request) -> web.Response:
    """Take the account's cover picture away."""
    await _present(request, ProfileChanges(remove_header=True))
    return await _account(request)


async def _account(request: web.Request) -> web.Response:
    ctx = context(request)
    async with ctx.read() as session:
        own = await profiles.own(session, actor=actor(request))
    return answer(render.own_account(ctx, own))


async def _profile(request: web.Request) -> web.Response:
    ctx = context(request)
    me = actor(request)
    async with ctx.read() as session:
        own = await profiles.own(session, actor=me)
        tags = await featuring.featured_tags(session, account_id=me.account_id, viewer=me)
    return answer(_entity(request, own, tags))


def _entity(request: web.Request, own: OwnAccount, tags: list[FeaturedTag]) -> Entity:
    view = own.view
    account = render.account(context(request), view)
    avatar = account["avatar"] if view.has_avatar else None
    header = account["header"] if view.has_header else None
    return {
        "id": account["id"],
        "display_name": view.display_name,
        "note": view.note_source,
        "fields": [
            {"name": field.name, "value": field.source, "verified_at": field.verified_at}
            for field in view.fields
        ],
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": view.avatar_alt,
        "header": header,
        "header_static": header,
        "header_description": view.header_alt,
        "locked": view.locked,
        "bot": account["bot"],
        "hide_collections": view.hide_collections,
        "discoverable": view.discoverable,
        "indexable": view.indexable,
        "show_media": view.show_media,
        "show_media_replies": view.show_media_replies,
        "show_featured": view.show_featured,
        "attribution_domains": list(own.attribution_domains),
        "featured_tags": [featured_tag(request, tag) for tag in tags],
    }


async def _present(request: web.Request, changes: ProfileChanges) -> None:
    ctx = context(request)
    await ctx.write(
        profiles.update_profile,
        actor=actor(request),
        changes=changes,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )


async def _changes(request: web.Request, asked: Params) -> ProfileChanges:
    avatar = await _picture(request, asked.upload("avatar"), cover=False)
    header = await _picture(request, asked.upload("header"), cover=True)
    fields = None
    if asked.has("fields_attributes"):
        fields = tuple(
            (part.text("name"), part.text("value"))
            for part in asked.parts("fields_attributes")
            if part.text("name") or part.text("value")
        )
    domains = None
    if asked.has("attribution_domains"):
        domains = tuple(asked.texts("attribution_domains"))
    return ProfileChanges(
        display_name=asked.optional("display_name"),
        note=asked.optional("note"),
        fields=fields,
        locked=asked.choice("locked"),
        discoverable=asked.choice("discoverable"),
        indexable=asked.choice("indexable"),
        searchable_by=_searchable(asked.text("searchable_by")),
        hide_collections=asked.choice("hide_collections"),
        show_media=asked.choice("show_media"),
        show_media_replies=asked.choice("show_media_replies"),
        show_featured=asked.choice("show_featured"),
        bot=asked.choice("bot"),
        attribution_domains=domains,
        avatar_file=avatar,
        avatar_alt=asked.optional("avatar_description"),
        header_file=header,
        header_alt=asked.optional("header_description"),
    )


def _searchable(word: str) -> Searchable | None:
    if not word:
        return None
    try:
        return Searchable(word)
    except ValueError as error:
        raise InvalidError(
            "Validation failed: Searchable by is not public, followers or self"
        ) from error


async def _picture(request: web.Request, upload: Upload | None, *, cover: bool) -> str | None:
    if upload is None or not upload.data:
        return None
    return await take_in_portrait(context(request), upload.data, cover=cover)


def _chosen(source: Params) -> dict[str, object]:
    """Return the preferences among what an app sends as `source[…]`."""
    chosen: dict[str, object] = {}
    if source.has("privacy"):
        visibility = render.visibility_named(source.text("privacy"))
        if visibility is None:
            raise InvalidError("Validation failed: Privacy is not one that is known")
        chosen["default_visibility"] = visibility.value
    if source.has("sensitive"):
        chosen["default_sensitive"] = source.flag("sensitive")
    if source.has("quote_policy"):
        if source.text("quote_policy") not in QUOTE_CHOICES:
            raise InvalidError("Validation failed: Quote policy is not included in the list")
        chosen["default_quote_policy"] = source.text("quote_policy")
    if source.has("language"):
        chosen["default_language"] = source.text("language") or None
    return chosen


ROUTES = [
    web.get("/api/v1/accounts/verify_credentials", verify_credentials),
    web.patch("/api/v1/accounts/update_credentials", update_credentials),
    web.put("/api/v1/accounts/update_credentials", update_credentials),
    web.get("/api/v1/profile", show),
    web.patch("/api/v1/profile", update),
    web.put("/api/v1/profile", update),
    web.delete("/api/v1/profile/avatar", delete_avatar),
    web.delete("/api/v1/profile/header", delete_header),
]
