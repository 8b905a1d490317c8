"""Our values as the entities of Mastodon's API: https://docs.joinmastodon.org/entities/.

No queries here: whatever is needed has been loaded, many at a time. Every key that strict
apps need is there, with a value of the documented type.
"""

from collections.abc import Sequence
from datetime import datetime

from fedi_k12.api import long_posts, moments, quote_entities, roles
from fedi_k12.api.collection_entity import collection
from fedi_k12.api.hidden_entity import hidden_under
from fedi_k12.api.media_meta import meta_of
from fedi_k12.context import Context
from fedi_k12.domain.accounts import AccountView, EmojiView, Relationship
from fedi_k12.domain.emoji import ReactionView
from fedi_k12.domain.notifications import MarkerView, NotificationView
from fedi_k12.domain.pictures import absolute_pictures
from fedi_k12.domain.posts import MediaView, PollView, PostEditView, PostView, Visibility
from fedi_k12.domain.quotes import with_quote_line
from fedi_k12.domain.reports import ReportView
from fedi_k12.services.apps import RegisteredApp
from fedi_k12.services.emojis import OwnEmoji
from fedi_k12.services.filters import FilteredPostView, FilterView, KeywordView, Match
from fedi_k12.services.lists import ListView
from fedi_k12.services.profiles import OwnAccount

Entity = dict[str, object]
moment = moments.moment

_VISIBILITIES = {
    Visibility.PUBLIC: "public",
    Visibility.UNLISTED: "unlisted",
    Visibility.FOLLOWERS: "private",
    Visibility.DIRECT: "direct",
}
_NAMES = {name: visibility for visibility, name in _VISIBILITIES.items()}


def visibility_named(name: str) -> Visibility | None:
    """Return what Mastodon's name for a visibility means here, None for an unknown name."""
    return _NAMES.get(name)


def visibility_name(visibility: Visibility) -> str:
    """Return Mastodon's name for a visibility."""
    return _VISIBILITIES[visibility]


def account(ctx: Context, view: AccountView) -> Entity:
    """Return an Account."""
    avatar = ctx.addresses.avatar(view.id, view.version)
    header = ctx.addresses.header(view.id, view.version)
    entity: Entity = {
        "id": str(view.id),
        "username": view.username,
        "acct": view.acct,
        "display_name": view.display_name,
        "locked": view.locked,
        "bot": view.is_bot,
        "discoverable": view.discoverable,
        "indexable": view.indexable,
        "group": view.is_group,
        "created_at": moment(
            view.created_at.replace(hour=0, minute=0, second=0, microsecond=0)
        ),
        "note": view.note,
        "url": view.url,
        "uri": view.uri,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": view.avatar_alt,
        "header": header,
        "header_static": header,
        "header_description": view.header_alt,
        "followers_count": view.followers_count,
        "following_count": view.following_count,
        "statuses_count": view.posts_count,
        "last_status_at": view.last_post_on.isoformat() if view.last_post_on else None,
        "hide_collections": view.hide_collections,
        "noindex": not view.indexable,
        "show_media": view.show_media,
        "show_media_replies": view.show_media_replies,
        "show_featured": view.show_featured,
        "emojis": emojis(ctx, view.emojis),
        "roles": roles.shown(view),
        "fields": [
            {"name": field.name, "value": field.value, "verified_at": field.verified_at}
            for field in (*view.fields, *view.added)
        ],
    }
    entity["feature_approval"] = quote_entities.feature_approval(view)
    if view.suspended:
        entity["suspended"] = True
    if view.limited:
        entity["limited"] = True
    if view.memorial:
        entity["memorial"] = True
    if view.moved_to is not None:
        entity["moved"] = account(ctx, view.moved_to)
    return entity


def own_account(ctx: Context, own: OwnAccount) -> Entity:
    """Return a CredentialAccount: the account acted for, with what only its member knows."""
    view, chosen = own.view, own.preferences
    return {
        **account(ctx, view),
        "source": {
            "privacy": _VISIBILITIES[chosen.default_visibility],
            "sensitive": chosen.default_sensitive,
            "quote_policy": quote_entities.quote_word(chosen.default_quote_policy),
            "language": chosen.default_language,
            "note": view.note_source,
            "fields": [
                {"name": field.name, "value": field.source, "verified_at": field.verified_at}
                for field in view.fields
            ],
            "follow_requests_count": own.follow_requests,
            "hide_collections": view.hide_collections,
            "discoverable": view.discoverable,
            "indexable": view.indexable,
            "searchable_by": view.searchable_by or None,
            "attribution_domains": list(own.attribution_domains),
        },
        "role": roles.role(own.role),
    }


def application(ctx: Context, app: RegisteredApp) -> Entity:
    """Return an Application: what anybody may know of an app."""
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": sorted(app.scopes),
        "redirect_uris": list(app.redirect_uris),
        "redirect_uri": "\n".join(app.redirect_uris),
        "vapid_key": ctx.push_key.public,
    }


def emojis(ctx: Context, views: Sequence[EmojiView]) -> list[Entity]:
    """Return CustomEmojis."""
    return [
        {
            "shortcode": emoji.shortcode,
            "url": ctx.addresses.absolute(emoji.url),
            "static_url": ctx.addresses.absolute(emoji.url),
            "visible_in_picker": False,
        }
        for emoji in views
    ]


def own_emoji(ctx: Context, view: OwnEmoji) -> Entity:
    """Return a CustomEmoji of this place, as members choose it."""
    url = ctx.addresses.absolute(view.url)
    return {
        "shortcode": view.shortcode,
        "url": url,
        "static_url": url,
        "visible_in_picker": True,
        "category": view.category or None,
    }


def relationship(view: Relationship) -> Entity:
    """Return a Relationship."""
    return {
        "id": str(view.target_id),
        "following": view.following,
        "showing_reblogs": view.showing_boosts,
        "notifying": view.notifying,
        "languages": list(view.languages) if view.languages else None,
        "followed_by": view.followed_by,
        "blocking": view.blocking,
        "blocked_by": view.blocked_by,
        "muting": view.muting,
        "muting_notifications": view.muting_notifications,
        "muting_expires_at": moment(view.muting_expires_at) if view.muting_expires_at else None,
        "requested": view.requested,
        "requested_by": view.requested_by,
        "domain_blocking": view.domain_blocking,
        "endorsed": view.endorsed,
        "note": view.note,
    }


def media(ctx: Context, view: MediaView) -> Entity:
    """Return a MediaAttachment; other servers' files are re-served from here."""
    url = preview = None
    if view.ready:
        url = ctx.addresses.file(view.file) if view.file else ctx.addresses.media(view.id)
        preview = (
            ctx.addresses.file(view.preview_file)
            if view.preview_file
            else ctx.addresses.media(view.id, preview=True)
        )
    kind: str = view.kind
    unplayed = not view.file and not (view.streamed and ctx.settings.streams)
    if kind in {"video", "audio", "unknown"} and view.remote_url and unplayed:
        # What is not passed on is not served from here: apps show what is unknown as a link,
        # and whoever follows it knows where they go.
        kind, url = "unknown", view.remote_url
        preview = preview if view.has_poster else None
    return {
        "id": str(view.id),
        "type": kind,
        "url": url,
        "preview_url": preview,
        "remote_url": view.remote_url,
        "preview_remote_url": None,
        "text_url": None,
        "meta": meta_of(view),
        "description": view.alt or None,
        "blurhash": view.blurhash,
        "credit": view.credit or None,
        "license": view.license_url,
    }


def poll(view: PollView) -> Entity:
    """Return a Poll."""
    entity: Entity = {
        "id": str(view.id),
        "expires_at": moment(view.expires_at) if view.expires_at else None,
        "expired": view.expired,
        "multiple": view.multiple,
        "votes_count": view.votes_count,
        "voters_count": view.voters_count,
        "options": [
            {"title": option.title, "votes_count": option.votes} for option in view.options
        ],
        "emojis": [],
    }
    if view.own is not None:
        entity["voted"] = bool(view.own)
        entity["own_votes"] = list(view.own)
    return entity


def status(
    ctx: Context,
    view: PostView,
    *,
    matches: Sequence[Match] = (),
    whole: bool = False,
    inside: bool = False,
) -> Entity:
    """Return a Status; for a boost the wrapper, with the original in `reblog`.

    What is long is shown in short, as timelines need it, unless the `whole` is wanted.
    `inside` another, it shows no quote of its own.
    """
    boosted = view.boost_of
    entity: Entity = {
        "id": str(view.id),
        "created_at": moment(view.created_at),
        "in_reply_to_id": str(view.in_reply_to_id) if view.in_reply_to_id else None,
        "in_reply_to_account_id": str(view.in_reply_to_account_id)
        if view.in_reply_to_account_id
        else None,
        "sensitive": view.sensitive,
        "spoiler_text": view.content_note,
        "visibility": _VISIBILITIES[view.shown_visibility],
        "hidden_under": hidden_under(view),
        "local_only": view.local_only,
        "language": view.language,
        "uri": view.uri,
        "url": view.url,
        # Here only a part is known of what others did; its own server knows more.
        "replies_count": max(0, view.replies_count, view.origin.replies or 0),
        "reblogs_count": max(0, view.boosts_count, view.origin.shares or 0),
        "favourites_count": max(0, view.favourites_count, view.origin.likes or 0),
        "quotes_count": max(0, view.quotes_count),
        "edited_at": moment(view.edited_at) if view.edited_at else None,
        "content": _content(ctx, view, whole=whole),
        "reblog": status(ctx, boosted, matches=matches, whole=whole)
        if boosted is not None
        else None,
        "application": _application(view),
        "account": account(ctx, view.account),
        "media_attachments": [media(ctx, item) for item in view.media],
        "mentions": [
            {
                "id": str(mention.id),
                "username": mention.username,
                "url": mention.url,
                "acct": mention.acct,
            }
            for mention in view.mentions
        ],
        "tags": [{"name": tag.name, "url": ctx.addresses.tag(tag.name)} for tag in view.tags],
        "emojis": emojis(ctx, view.emojis),
        "card": _card(ctx, view),
        "poll": poll(view.poll) if view.poll is not None else None,
        "quote": quote_entities.quote(
            view.quote, lambda quoted: status(ctx, quoted, inside=True), inside=inside
        ),
        "quote_approval": quote_entities.approval(view.allowed),
        "tagged_collections": [collection(ctx, one) for one in view.collections],
        "license": view.license_url or None,
        # Under the names that glitch-soc and Fedibird have for them.
        "reactions": reactions(ctx, view),
        "emoji_reactions": reactions(ctx, view),
    }
    if view.own is not None:
        entity |= {
            "favourited": view.own.favourited,
            "reblogged": view.own.boosted,
            "muted": view.own.muted,
            "bookmarked": view.own.bookmarked,
            "pinned": view.own.pinned,
            "filtered": [filter_result(match) for match in matches],
        }
    return entity


def _application(view: PostView) -> Entity | None:
    """Return what something was posted with; what nobody posted says so instead (S-21)."""
    if view.posted_by:
        return {"name": view.posted_by, "website": None}
    if view.application_name:
        return {"name": view.application_name, "website": view.application_website}
    return None


def _card(ctx: Context, view: PostView) -> Entity | None:
    about = view.card
    author = account(ctx, about.author) if about is not None and about.author else None
    return long_posts.card(ctx, view, author=author)


def reactions(ctx: Context, view: PostView) -> list[Entity]:
    """Return the emojis under a post, as glitch-soc's `reactions` and Pleroma's list them."""
    return [reaction(ctx, one) for one in view.reactions]


def reaction(ctx: Context, view: ReactionView) -> Entity:
    """Return an emoji under a post: its name, how many gave it, its picture."""
    url = ctx.addresses.absolute(view.url) if view.url else None
    return {
        "name": view.name,
        "count": view.count,
        "me": view.mine,
        "url": url,
        "static_url": url,
    }


def _content(ctx: Context, view: PostView, *, whole: bool) -> str:
    """Return the words of a post; what it quotes is a line for apps that show no quotes."""
    words = long_posts.content(ctx, view, whole=whole)
    if view.quote is None:
        return words
    shown = view.quote.post
    return with_quote_line(words, shown.url if shown is not None else view.quote.uri)


def filter_result(match: Match) -> Entity:
    """Return a FilterResult: why a post is filtered."""
    return {
        "filter": filter_head(match.filter),
        "keyword_matches": list(match.keywords) or None,
        "status_matches": [str(number) for number in match.post_ids] or None,
    }


def filter_head(view: FilterView) -> Entity:
    """Return a Filter without what it is made of, as FilterResults carry it."""
    return {
        "id": str(view.id),
        "title": view.title,
        "context": list(view.contexts),
        "expires_at": moment(view.expires_at) if view.expires_at else None,
        "filter_action": view.action,
    }


def filter_whole(view: FilterView) -> Entity:
    """Return a Filter with its words and posts."""
    return {
        **filter_head(view),
        "keywords": [filter_keyword(word) for word in view.keywords],
        "statuses": [filter_status(post) for post in view.posts],
    }


def filter_keyword(view: KeywordView) -> Entity:
    """Return a FilterKeyword."""
    return {"id": str(view.id), "keyword": view.keyword, "whole_word": view.whole_word}


def filter_status(view: FilteredPostView) -> Entity:
    """Return a FilterStatus."""
    return {"id": str(view.id), "status_id": str(view.post_id)}


def list_(view: ListView) -> Entity:
    """Return a List."""
    return {
        "id": str(view.id),
        "title": view.title,
        "replies_policy": view.replies_policy,
        "exclusive": view.exclusive,
    }


def accounts(ctx: Context, views: Sequence[AccountView]) -> list[Entity]:
    """Return Accounts."""
    return [account(ctx, view) for view in views]


def edit(ctx: Context, view: PostEditView) -> Entity:
    """Return a StatusEdit."""
    entity: Entity = {
        "content": absolute_pictures(view.content, ctx.addresses.base_url),
        "spoiler_text": view.summary,
        "sensitive": view.sensitive,
        "created_at": moment(view.created_at),
        "account": account(ctx, view.account),
        "media_attachments": [media(ctx, item) for item in view.media],
        "emojis": [],
    }
    if view.poll_options:
        entity["poll"] = {"options": [{"title": title} for title in view.poll_options]}
    return entity


def notification(ctx: Context, view: NotificationView) -> Entity:
    """Return a Notification."""
    entity: Entity = {
        "id": str(view.id),
        "type": view.kind,
        "created_at": moment(view.created_at),
        "group_key": view.group_key,
        "account": account(ctx, view.account),
        **told_besides(ctx, view),
    }
    if view.post is not None:
        entity["status"] = status(ctx, view.post)
    return entity


def told_besides(ctx: Context, view: NotificationView) -> Entity:
    """Return what notifications of some types carry: an event, a report, a warning."""
    detail = dict(view.detail or {})
    if "created_at" in detail:
        detail["created_at"] = moment(datetime.fromisoformat(str(detail["created_at"])))
    if view.kind == "severed_relationships":
        return {"event": {"purged": False, **detail}}
    if view.kind == "moderation_warning":
        warning = {"text": "", "status_ids": None, "appeal": None, **detail}
        return {"moderation_warning": {**warning, "target_account": account(ctx, view.account)}}
    if view.report is not None:
        return {"report": report(ctx, view.report)}
    return {}


def report(ctx: Context, view: ReportView) -> Entity:
    """Return a Report."""
    return {
        "id": str(view.id),
        "action_taken": view.resolved_at is not None,
        "action_taken_at": moment(view.resolved_at) if view.resolved_at else None,
        "category": view.category,
        "comment": view.comment,
        "forwarded": view.forward,
        "created_at": moment(view.created_at),
        "status_ids": [str(number) for number in view.post_ids],
        "collection_ids": [str(number) for number in view.collection_ids],
        "rule_ids": [str(number) for number in view.rule_ids],
        "target_account": account(ctx, view.target),
    }


def marker(view: MarkerView) -> Entity:
    """Return a Marker."""
    return {
        "last_read_id": str(view.last_read_id),
        "version": view.version,
        "updated_at": moment(view.updated_at),
    }


def tag(
    ctx: Context, name: str, *, following: bool | None = None, featuring: bool = False
) -> Entity:
    """Return a Tag; nothing here counts what is popular, so its history is empty."""
    entity: Entity = {
        "id": name,
        "name": name,
        "url": ctx.addresses.tag(name),
        "history": [],
        "featuring": featuring,
    }
    if following is not None:
        entity["following"] = following
    return entity
