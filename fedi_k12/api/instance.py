"""What this server is and allows: https://docs.joinmastodon.org/methods/instance/."""

from hashlib import sha256

from aiohttp import web

from fedi_k12 import __version__
from fedi_k12.api import render
from fedi_k12.api.answers import answer, context
from fedi_k12.context import Context
from fedi_k12.domain import people, posts
from fedi_k12.domain.collections import MAX_COLLECTIONS
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.hosts import obfuscated
from fedi_k12.domain.languages import LANGUAGES
from fedi_k12.domain.media import FILM_TYPES, MAX_FILM_PIXELS, MAX_FRAME_RATE, SOUND_TYPES
from fedi_k12.services import moderation, pictures, site
from fedi_k12.services.featuring import MAX_TAGS
from fedi_k12.services.posts import MAX_CHARACTERS
from fedi_k12.services.reactions import MAX_PINS
from fedi_k12.services.site import SiteView
from fedi_k12.web.auth import public
from fedi_k12.web.stats import site_stats

COMPATIBLE = "4.6.0"
"""The version of Mastodon whose API this release serves; clients gate on it."""
API_VERSION = 10
"""The same as a number (`api_versions`): 2 are grouped notifications, 7 is writing quotes.

8 is the profile as its member wrote it and whether there is a report of the year, 9 are
descriptions of a profile's pictures, 10 are collections and words for unknown notifications.
"""
CHARACTERS_PER_URL = 23
_EVERYBODY = {"local": "public", "remote": "public"}


@public
async def instance_v2(request: web.Request) -> web.Response:
    """Return what this server is."""
    ctx = context(request)
    about = await _site(ctx)
    stats = await site_stats(ctx)
    settings = ctx.settings
    joining = about.may_join(settings.registrations)
    document: render.Entity = {
        "domain": settings.handle_domain,
        "title": about.title,
        "version": _version(),
        "source_url": "",
        "description": about.short_description,
        # No report of anybody's year is made here: there is no campaign for one.
        "wrapstodon": None,
        "usage": {"users": {"active_month": stats.active_month}},
        "thumbnail": {
            "url": _picture(ctx),
            "description": f"The mark of {about.title}",
            "blurhash": None,
            "versions": {},
        },
        "icon": [{"src": _picture(ctx), "size": "192x192"}],
        "languages": ["en"],
        "configuration": {**_configuration(ctx, about), "limited_federation": _is_limited(ctx)},
        "registrations": {
            "enabled": joining in {"open", "approval"},
            "approval_required": joining == "approval",
            "reason_required": False,
            "message": None,
            "min_age": None,
            "url": None,
        },
        "api_versions": {"mastodon": API_VERSION},
        "contact": {
            "email": about.contact_email,
            "account": render.account(ctx, about.contact) if about.contact else None,
        },
        "rules": rule_entities(about),
    }
    return answer(document)


@public
async def instance_v1(request: web.Request) -> web.Response:
    """Return what this server is, in the older form."""
    ctx = context(request)
    about = await _site(ctx)
    stats = await site_stats(ctx)
    settings = ctx.settings
    joining = about.may_join(settings.registrations)
    return answer(
        {
            "uri": settings.handle_domain,
            "title": about.title,
            "short_description": about.short_description,
            "description": about.description,
            "email": about.contact_email,
            "version": _version(),
            "urls": {"streaming_api": _streaming(ctx)},
            "stats": {
                "user_count": stats.members,
                "status_count": stats.posts,
                "domain_count": stats.hosts,
            },
            "thumbnail": _picture(ctx),
            "max_toot_chars": MAX_CHARACTERS,
            "languages": ["en"],
            "registrations": joining in {"open", "approval"},
            "approval_required": joining == "approval",
            "invites_enabled": joining != "closed",
            "configuration": _configuration(ctx, about),
            "contact_account": render.account(ctx, about.contact) if about.contact else None,
            "rules": rule_entities(about),
        }
    )


@public
async def rules(request: web.Request) -> web.Response:
    """Return the rules of this server."""
    return answer(rule_entities(await _site(context(request))))


@public
async def extended_description(request: web.Request) -> web.Response:
    """Return the longer text about this server."""
    about = await _site(context(request))
    return answer({"updated_at": None, "content": site.html_of(about.description)})


@public
async def privacy_policy(request: web.Request) -> web.Response:
    """Return what is done with what people write here."""
    about = await _site(context(request))
    return answer({"updated_at": about.privacy_since, "content": site.html_of(about.privacy)})


@public
async def terms_of_service(request: web.Request) -> web.Response:
    """Return what members agree to besides the rules: the newest, where there is anything."""
    about = await _site(context(request))
    day = about.terms_since[:10]
    if not about.terms or request.match_info.get("date", day) != day:
        raise NotFoundError("Record not found")
    return answer(
        {
            "effective_date": day,
            "effective": True,
            "content": site.html_of(about.terms),
            "succeeded_by": None,
        }
    )


@public
async def peers(request: web.Request) -> web.Response:
    """Return the hosts that are known here."""
    async with context(request).slow_read() as session:
        return answer(await site.peers(session))


@public
async def activity(request: web.Request) -> web.Response:
    """Return nothing: this server does not count what its members do week by week."""
    del request
    return answer([])


@public
async def domain_blocks(request: web.Request) -> web.Response:
    """Return the hosts that are blocked or limited, some with their middle hidden."""
    async with context(request).read() as session:
        found = await moderation.host_policies(session)
    names = {"suspend": "suspend", "limit": "silence"}
    return answer(
        [
            {
                "domain": obfuscated(policy.domain) if policy.obfuscate else policy.domain,
                "digest": sha256(policy.domain.encode()).hexdigest(),
                "severity": names[policy.severity],
                "comment": policy.public_comment,
            }
            for policy in found
            if policy.severity in names
        ]
    )


@public
async def languages(request: web.Request) -> web.Response:
    """Return the languages that posts can be marked with."""
    del request
    return answer([{"code": code, "name": name} for code, name in LANGUAGES.items()])


@public
async def translation_languages(request: web.Request) -> web.Response:
    """Return which languages can be put into which; nothing where there is no service."""
    translator = context(request).translator
    found = await translator.languages() if translator is not None else {}
    return answer({source: sorted(targets) for source, targets in sorted(found.items())})


async def _site(ctx: Context) -> SiteView:
    async with ctx.read() as session:
        return await site.site(
            session, name=ctx.settings.name, contact_email=ctx.settings.contact_email
        )


def _configuration(ctx: Context, about: SiteView) -> render.Entity:
    base = ctx.addresses.base_url
    return {
        "urls": {
            "streaming": _streaming(ctx),
            "status": None,
            "about": f"{base}/about",
            "privacy_policy": f"{base}/privacy",
            "terms_of_service": f"{base}/terms" if about.terms else None,
        },
        "vapid": {"public_key": ctx.push_key.public},
        "accounts": {
            "max_display_name_length": people.MAX_DISPLAY_NAME,
            "max_note_length": people.MAX_NOTE,
            "max_avatar_description_length": posts.MAX_ALT_CHARACTERS,
            "max_header_description_length": posts.MAX_ALT_CHARACTERS,
            "max_featured_tags": MAX_TAGS,
            "max_pinned_statuses": MAX_PINS,
            "max_profile_fields": people.MAX_FIELDS,
            "profile_field_name_limit": people.MAX_FIELD_CHARACTERS,
            "profile_field_value_limit": people.MAX_FIELD_CHARACTERS,
            "collection_limit": MAX_COLLECTIONS,
        },
        "statuses": {
            "max_characters": MAX_CHARACTERS,
            "max_media_attachments": posts.MAX_MEDIA,
            "characters_reserved_per_url": CHARACTERS_PER_URL,
            "supported_mime_types": ["text/plain", "text/markdown"],
        },
        "media_attachments": {
            "supported_mime_types": [*pictures.MIME_TYPES, *FILM_TYPES, *SOUND_TYPES],
            "description_limit": posts.MAX_ALT_CHARACTERS,
            "image_size_limit": ctx.settings.max_upload_bytes,
            "image_matrix_limit": pictures.MAX_PIXELS,
            "video_size_limit": ctx.settings.max_film_bytes,
            "video_frame_rate_limit": MAX_FRAME_RATE,
            "video_matrix_limit": MAX_FILM_PIXELS,
        },
        "polls": {
            "max_options": posts.MAX_POLL_OPTIONS,
            "max_characters_per_option": posts.MAX_OPTION_CHARACTERS,
            "min_expiration": posts.MIN_POLL_SECONDS,
            "max_expiration": posts.MAX_POLL_SECONDS,
        },
        "translation": {"enabled": ctx.translator is not None},
        "timelines_access": {
            "live_feeds": _EVERYBODY,
            "hashtag_feeds": _EVERYBODY,
            # Links are not ranked here: there is nothing to read, for whoever asks.
            "trending_link_feeds": {"local": "disabled", "remote": "disabled"},
        },
    }


def rule_entities(about: SiteView) -> list[render.Entity]:
    """Return the Rules of this server."""
    return [
        {"id": str(rule.id), "text": rule.text, "hint": rule.hint, "translations": {}}
        for rule in about.rules
    ]


def _version() -> str:
    return f"{COMPATIBLE} (compatible; fedi-k12 {__version__})"


def _picture(ctx: Context) -> str:
    return f"{ctx.addresses.base_url}/icon.png"


def _streaming(ctx: Context) -> str:
    return "ws" + ctx.addresses.base_url.removeprefix("http")


def _is_limited(ctx: Context) -> bool:
    return ctx.settings.federation != "open"


ROUTES = [
    web.get("/api/v2/instance", instance_v2),
    web.get("/api/v1/instance", instance_v1),
    web.get("/api/v1/instance/rules", rules),
    web.get("/api/v1/instance/extended_description", extended_description),
    web.get("/api/v1/instance/privacy_policy", privacy_policy),
    web.get("/api/v1/instance/terms_of_service", terms_of_service),
    web.get("/api/v1/instance/terms_of_service/{date}", terms_of_service),
    web.get("/api/v1/instance/peers", peers),
    web.get("/api/v1/instance/activity", activity),
    web.get("/api/v1/instance/domain_blocks", domain_blocks),
    web.get("/api/v1/instance/languages", languages),
    web.get("/api/v1/instance/translation_languages", translation_languages),
]
