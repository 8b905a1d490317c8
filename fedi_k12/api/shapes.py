"""What each address of the API answers with when it does what was asked.

The description of the API is made of this, and in tests every answer is held to it. An address
that is not here fails a test. `PUT` and `PATCH` mean the same; what answers with no JSON has
None.
"""

from collections.abc import Mapping

from msgspec import Struct

from fedi_k12.api.entities import Empty
from fedi_k12.api.entities import collections as c
from fedi_k12.api.entities import consultations as o
from fedi_k12.api.entities import groups as g
from fedi_k12.api.entities import notices as n
from fedi_k12.api.entities import owned_tags as t
from fedi_k12.api.entities import people as p
from fedi_k12.api.entities import posts as s
from fedi_k12.api.entities import restrictions as r
from fedi_k12.api.entities import server as v
from fedi_k12.api.entities import staff as a

_ACCOUNTS = "/api/v1/accounts"
_STATUS = "/api/v1/statuses/{id}"
_COLLECTION = "/api/v1/collections/{id}"
_YEARS = "/api/v1/annual_reports"
_PLEROMA = "/api/v1/pleroma/statuses/{id}/reactions"
_NOTES = "/api/v1/notifications"
_ADMIN = "/api/v1/admin"
_GROUPS = "/api/fedi/v1/groups"
_GROUP = _GROUPS + "/{id}"


class Either(Struct, frozen=True):
    """One of several shapes: what was asked for decides which."""

    shapes: tuple[object, ...]


SHAPES: Mapping[str, object] = {
    f"POST {_ACCOUNTS}": v.Token,
    "POST /api/v1/emails/confirmations": Empty,
    "GET /api/v1/emails/check_confirmation": bool,
    f"GET {_ACCOUNTS}": list[p.Account],
    f"GET {_ACCOUNTS}/verify_credentials": p.CredentialAccount,
    f"PATCH {_ACCOUNTS}/update_credentials": p.CredentialAccount,
    f"GET {_ACCOUNTS}/lookup": p.Account,
    f"GET {_ACCOUNTS}/search": list[p.Account],
    f"GET {_ACCOUNTS}/relationships": list[p.Relationship],
    f"GET {_ACCOUNTS}/familiar_followers": list[p.FamiliarFollowers],
    f"GET {_ACCOUNTS}/{{id}}": p.Account,
    f"GET {_ACCOUNTS}/{{id}}/statuses": list[s.Status],
    f"GET {_ACCOUNTS}/{{id}}/followers": list[p.Account],
    f"GET {_ACCOUNTS}/{{id}}/following": list[p.Account],
    f"GET {_ACCOUNTS}/{{id}}/lists": list[p.List],
    f"GET {_ACCOUNTS}/{{id}}/endorsements": list[p.Account],
    f"GET {_ACCOUNTS}/{{id}}/featured_tags": list[s.FeaturedTag],
    f"GET {_ACCOUNTS}/{{id}}/identity_proofs": list[Empty],
    **{
        f"POST {_ACCOUNTS}/{{id}}/{act}": p.Relationship
        for act in (
            "follow",
            "unfollow",
            "block",
            "unblock",
            "mute",
            "unmute",
            "note",
            "endorse",
            "unendorse",
            "pin",
            "unpin",
        )
    },
    f"POST {_ACCOUNTS}/{{id}}/remove_from_followers": p.Relationship,
    "GET /api/v1/profile": s.Profile,
    "PATCH /api/v1/profile": s.Profile,
    "DELETE /api/v1/profile/avatar": p.CredentialAccount,
    "DELETE /api/v1/profile/header": p.CredentialAccount,
    "GET /api/v1/follow_requests": list[p.Account],
    "POST /api/v1/follow_requests/{id}/authorize": p.Relationship,
    "POST /api/v1/follow_requests/{id}/reject": p.Relationship,
    "GET /api/v1/blocks": list[p.Account],
    "GET /api/v1/mutes": list[p.MutedAccount],
    "GET /api/v1/endorsements": list[p.Account],
    "GET /api/v1/directory": list[p.Account],
    "GET /api/v1/domain_blocks": list[str],
    "GET /api/v1/domain_blocks/preview": p.DomainBlockPreview,
    "POST /api/v1/domain_blocks": Empty,
    "DELETE /api/v1/domain_blocks": Empty,
    "GET /api/v1/suggestions": list[p.Account],
    "GET /api/v2/suggestions": list[p.Suggestion],
    "DELETE /api/v1/suggestions/{id}": Empty,
    "GET /api/v1/statuses": list[s.Status],
    "POST /api/v1/statuses": Either((s.Status, s.ScheduledStatus)),
    f"GET {_STATUS}": s.Status,
    f"PUT {_STATUS}": s.Status,
    f"DELETE {_STATUS}": s.DeletedStatus,
    f"GET {_STATUS}/context": s.Context,
    f"GET {_STATUS}/source": s.StatusSource,
    f"POST {_STATUS}/translate": s.Translation,
    f"GET {_STATUS}/quotes": list[s.Status],
    f"POST {_STATUS}/quotes/{{quoting_id}}/revoke": s.Status,
    f"PUT {_STATUS}/interaction_policy": s.Status,
    f"GET {_STATUS}/history": list[s.StatusEdit],
    f"GET {_STATUS}/favourited_by": list[p.Account],
    f"GET {_STATUS}/reblogged_by": list[p.Account],
    **{
        f"POST {_STATUS}/{undo}{act}": s.Status
        for act in ("favourite", "reblog", "bookmark", "pin", "mute")
        for undo in ("", "un")
    },
    f"GET {_PLEROMA}": list[s.PleromaReaction],
    f"GET {_PLEROMA}/{{emoji}}": list[s.PleromaReaction],
    f"PUT {_PLEROMA}/{{emoji}}": s.Status,
    f"DELETE {_PLEROMA}/{{emoji}}": s.Status,
    f"POST {_STATUS}/react/{{emoji}}": s.Status,
    f"POST {_STATUS}/unreact/{{emoji}}": s.Status,
    "GET /api/v1/polls/{id}": s.Poll,
    "POST /api/v1/polls/{id}/votes": s.Poll,
    **{
        f"GET /api/v1/timelines/{name}": list[s.Status]
        for name in ("home", "public", "link", "tag/{name}", "list/{id}")
    },
    "GET /api/v1/bookmarks": list[s.Status],
    "GET /api/v1/favourites": list[s.Status],
    "POST /api/v1/media": s.MediaAttachment,
    "POST /api/v2/media": s.MediaAttachment,
    "GET /api/v1/media/{id}": s.MediaAttachment,
    "PUT /api/v1/media/{id}": s.MediaAttachment,
    "PUT /api/v2/media/{id}": s.MediaAttachment,
    "DELETE /api/v1/media/{id}": Empty,
    "GET /api/v2/search": s.Search,
    "GET /api/v1/search": s.Search,
    "GET /api/v1/lists": list[p.List],
    "POST /api/v1/lists": p.List,
    "GET /api/v1/lists/{id}": p.List,
    "PUT /api/v1/lists/{id}": p.List,
    "DELETE /api/v1/lists/{id}": Empty,
    "GET /api/v1/lists/{id}/accounts": list[p.Account],
    "POST /api/v1/lists/{id}/accounts": Empty,
    "DELETE /api/v1/lists/{id}/accounts": Empty,
    "POST /api/v1/collections": c.WrappedCollection,
    f"GET {_COLLECTION}": c.CollectionWithAccounts,
    f"PATCH {_COLLECTION}": c.WrappedCollection,
    f"DELETE {_COLLECTION}": Empty,
    f"GET {_ACCOUNTS}/{{id}}/collections": c.CollectionsWithAccountPreviews,
    f"GET {_ACCOUNTS}/{{id}}/in_collections": c.CollectionsWithAccountPreviews,
    f"POST {_COLLECTION}/items": c.WrappedCollectionItem,
    f"DELETE {_COLLECTION}/items/{{item}}": Empty,
    f"POST {_COLLECTION}/items/{{item}}/revoke": Empty,
    f"GET {_YEARS}": s.WrappedAnnualReports,
    f"GET {_YEARS}/{{year}}": s.WrappedAnnualReports,
    f"GET {_YEARS}/{{year}}/state": s.AnnualReportState,
    f"POST {_YEARS}/{{year}}/read": Empty,
    f"POST {_YEARS}/{{year}}/generate": Empty,
    "GET /api/v1/featured_tags": list[s.FeaturedTag],
    "POST /api/v1/featured_tags": s.FeaturedTag,
    "DELETE /api/v1/featured_tags/{id}": Empty,
    "GET /api/v1/featured_tags/suggestions": list[s.Tag],
    "GET /api/v1/followed_tags": list[s.Tag],
    "GET /api/v1/tags/{name}": s.Tag,
    **{
        f"POST /api/v1/tags/{{name}}/{act}": s.Tag
        for act in ("follow", "unfollow", "feature", "unfeature")
    },
    "GET /api/v1/trends": list[s.Tag],
    "GET /api/v1/trends/tags": list[s.Tag],
    "GET /api/v1/trends/statuses": list[s.Status],
    "GET /api/v1/trends/links": list[s.PreviewCard],
    "GET /api/v2/filters": list[s.Filter],
    "POST /api/v2/filters": s.Filter,
    "GET /api/v2/filters/{id}": s.Filter,
    "PUT /api/v2/filters/{id}": s.Filter,
    "DELETE /api/v2/filters/{id}": Empty,
    "GET /api/v2/filters/{id}/keywords": list[s.FilterKeyword],
    "POST /api/v2/filters/{id}/keywords": s.FilterKeyword,
    "GET /api/v2/filters/keywords/{id}": s.FilterKeyword,
    "PUT /api/v2/filters/keywords/{id}": s.FilterKeyword,
    "DELETE /api/v2/filters/keywords/{id}": Empty,
    "GET /api/v2/filters/{id}/statuses": list[s.FilterStatus],
    "POST /api/v2/filters/{id}/statuses": s.FilterStatus,
    "GET /api/v2/filters/statuses/{id}": s.FilterStatus,
    "DELETE /api/v2/filters/statuses/{id}": Empty,
    "GET /api/v1/filters": list[s.V1Filter],
    "POST /api/v1/filters": s.V1Filter,
    "GET /api/v1/filters/{id}": s.V1Filter,
    "PUT /api/v1/filters/{id}": s.V1Filter,
    "DELETE /api/v1/filters/{id}": Empty,
    f"GET {_NOTES}": list[n.Notification],
    f"GET {_NOTES}/{{id}}": n.Notification,
    f"GET {_NOTES}/unread_count": n.UnreadCount,
    f"POST {_NOTES}/clear": Empty,
    f"POST {_NOTES}/{{id}}/dismiss": Empty,
    **{
        f"{method} /api/v{version}/notifications/policy": shape
        for version, shape in ((1, n.V1NotificationPolicy), (2, n.NotificationPolicy))
        for method in ("GET", "PATCH")
    },
    f"GET {_NOTES}/requests": list[n.NotificationRequest],
    f"GET {_NOTES}/requests/merged": n.Merged,
    f"GET {_NOTES}/requests/{{id}}": n.NotificationRequest,
    **{
        f"POST {_NOTES}/requests/{one}{act}": Empty
        for act in ("accept", "dismiss")
        for one in ("", "{id}/")
    },
    "GET /api/v2/notifications": n.GroupedNotificationsResults,
    "GET /api/v2/notifications/unread_count": n.UnreadCount,
    "GET /api/v2/notifications/{key}": n.GroupedNotificationsResults,
    "GET /api/v2/notifications/{key}/accounts": list[p.Account],
    "POST /api/v2/notifications/{key}/dismiss": Empty,
    "GET /api/v1/markers": dict[str, n.Marker],
    "POST /api/v1/markers": dict[str, n.Marker],
    "GET /api/v1/announcements": list[n.Announcement],
    "POST /api/v1/announcements/{id}/dismiss": Empty,
    "PUT /api/v1/announcements/{id}/reactions/{name}": Empty,
    "DELETE /api/v1/announcements/{id}/reactions/{name}": Empty,
    "GET /api/v1/scheduled_statuses": list[s.ScheduledStatus],
    "GET /api/v1/scheduled_statuses/{id}": s.ScheduledStatus,
    "PUT /api/v1/scheduled_statuses/{id}": s.ScheduledStatus,
    "DELETE /api/v1/scheduled_statuses/{id}": Empty,
    "GET /api/v1/conversations": list[s.Conversation],
    "POST /api/v1/conversations/{id}/read": s.Conversation,
    "DELETE /api/v1/conversations/{id}": Empty,
    **{
        f"{method} /api/v1/push/subscription": n.WebPushSubscription
        for method in ("GET", "POST", "PUT", "PATCH")
    },
    "DELETE /api/v1/push/subscription": Empty,
    "GET /api/v1/streaming": None,
    "GET /api/v1/streaming/health": None,
    **{
        f"GET /api/v1/streaming/{name}": None
        for name in (
            "user",
            "user/notification",
            "public",
            "public/local",
            "public/remote",
            "hashtag",
            "hashtag/local",
            "list",
            "direct",
        )
    },
    "POST /api/v1/reports": p.Report,
    f"GET {_ADMIN}/reports": list[a.AdminReport],
    f"GET {_ADMIN}/reports/{{id}}": a.AdminReport,
    f"PUT {_ADMIN}/reports/{{id}}": a.AdminReport,
    **{
        f"POST {_ADMIN}/reports/{{id}}/{act}": a.AdminReport
        for act in ("assign_to_self", "unassign", "resolve", "reopen")
    },
    f"GET {_ADMIN}/accounts": list[a.AdminAccount],
    "GET /api/v2/admin/accounts": list[a.AdminAccount],
    f"GET {_ADMIN}/accounts/{{id}}": a.AdminAccount,
    f"DELETE {_ADMIN}/accounts/{{id}}": a.AdminAccount,
    f"POST {_ADMIN}/accounts/{{id}}/action": Empty,
    **{
        f"POST {_ADMIN}/accounts/{{id}}/{act}": a.AdminAccount
        for act in ("approve", "reject", "enable", "unsilence", "unsuspend", "unsensitive")
    },
    **{f"GET {_ADMIN}/{name}": shape for name, shape in a.LISTS_OF_DECISIONS.items()},
    **{
        f"{method} {_ADMIN}/{name}{end}": shape
        for name, shape in a.DECISIONS.items()
        for method, end in (("POST", ""), ("GET", "/{id}"))
    },
    f"PUT {_ADMIN}/domain_blocks/{{id}}": a.AdminDomainBlock,
    f"PUT {_ADMIN}/ip_blocks/{{id}}": a.AdminIpBlock,
    **{f"DELETE {_ADMIN}/{name}/{{id}}": Empty for name in a.DECISIONS},
    "GET /api/v2/instance": v.Instance,
    "GET /api/v1/instance": v.V1Instance,
    "GET /api/v1/instance/rules": list[v.Rule],
    "GET /api/v1/instance/extended_description": v.ExtendedDescription,
    "GET /api/v1/instance/peers": list[str],
    "GET /api/v1/instance/privacy_policy": v.ExtendedDescription,
    "GET /api/v1/instance/terms_of_service": v.TermsOfService,
    "GET /api/v1/instance/terms_of_service/{date}": v.TermsOfService,
    "GET /api/v1/instance/activity": list[dict[str, str]],
    "GET /api/v1/instance/domain_blocks": list[v.DomainBlock],
    "GET /api/v1/instance/languages": list[v.Language],
    "GET /api/v1/instance/translation_languages": dict[str, list[str]],
    "GET /api/v1/preferences": dict[str, object],
    "GET /api/v1/custom_emojis": list[p.CustomEmoji],
    "GET /api/v1_alpha/async_refreshes/{id}": v.AsyncRefreshAnswer,
    "POST /api/v1/apps": v.CredentialApp,
    "GET /api/v1/apps/verify_credentials": v.App,
    "GET /api/oembed": dict[str, object],
    "GET /api/openapi.json": dict[str, object],
    "GET /oauth/authorize": None,
    "POST /oauth/authorize": None,
    "GET /oauth/authorize/native": None,
    "POST /oauth/token": v.Token,
    "POST /oauth/revoke": Empty,
    "GET /oauth/userinfo": v.UserInfo,
    "POST /oauth/userinfo": v.UserInfo,
    "GET /.well-known/oauth-authorization-server": dict[str, object],
    "GET /api/fedi/v1/accounts/{id}/charter": p.Charter,
    "GET /api/fedi/v1/accounts/{id}/archive": p.PastArchive,
    "GET /api/fedi/v1/consultations": list[o.Consultation],
    "POST /api/fedi/v1/consultations": o.Consultation,
    "GET /api/fedi/v1/consultations/{id}": o.Consultation,
    "POST /api/fedi/v1/consultations/{id}/close": o.Consultation,
    "GET /api/fedi/v1/tags": list[t.OwnedTag],
    "POST /api/fedi/v1/statuses/{id}/hide": s.HiddenUnder,
    "POST /api/fedi/v1/statuses/{id}/restrict": r.Restriction,
    "GET /api/fedi/v1/restrictions": list[r.Restriction],
    "GET /api/fedi/v1/restrictions/{id}": r.Restriction,
    **{
        f"POST /api/fedi/v1/restrictions/{{id}}/{what}": r.Restriction
        for what in ("approve", "drop", "lift", "appeal", "decide")
    },
    "GET /api/fedi/v1/events": list[v.Event],
    "POST /api/fedi/v1/events": v.Event,
    "GET /api/fedi/v1/events/{id}": v.Event,
    "PUT /api/fedi/v1/events/{id}": v.Event,
    "POST /api/fedi/v1/events/{id}/join": v.Attendance,
    "POST /api/fedi/v1/events/{id}/leave": Empty,
    f"GET {_GROUPS}": list[g.Group],
    f"POST {_GROUPS}": g.Group,
    f"GET {_GROUP}": g.Group,
    f"PUT {_GROUP}": g.Group,
    f"POST {_GROUP}/join": g.Group,
    f"POST {_GROUP}/leave": g.Group,
    f"GET {_GROUP}/posts": list[s.Status],
    f"POST {_GROUP}/posts": s.Status,
    f"GET {_GROUP}/pinned": list[s.Status],
    f"GET {_GROUP}/members": list[p.Account],
    f"GET {_GROUP}/requests": list[p.Account],
    f"POST {_GROUP}/members/{{account_id}}/remove": Empty,
    f"POST {_GROUP}/requests/{{account_id}}/accept": Empty,
    f"POST {_GROUP}/requests/{{account_id}}/reject": Empty,
    f"POST {_GROUP}/rulings": Empty,
    f"GET {_GROUP}/log": list[g.GroupLogEntry],
    f"GET {_GROUP}/bans": list[g.GroupBan],
}


def shape_of(method: str, path: str) -> object:
    """Return what an address answers with, `object` where nobody said so."""
    other = {"PATCH": "PUT", "PUT": "PATCH"}.get(method, method)
    return SHAPES.get(f"{method} {path}", SHAPES.get(f"{other} {path}", object))


def alternatives(shape: object) -> tuple[object, ...]:
    """Return the shapes that an answer may have: none where it has no JSON."""
    if shape is None:
        return ()
    return shape.shapes if isinstance(shape, Either) else (shape,)
