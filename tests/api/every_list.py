"""Every list of the API, by where it is served: who asks for it, and for what.

A list that is not here fails `test_every_list.py`. It is measured in one of the tables, with
many things in it, or stands in `BOUNDED` with the reason why there can never be many.
"""

from typing import get_args, get_origin, get_type_hints, is_typeddict

from fedi_k12.api.openapi import operations
from fedi_k12.api.shapes import alternatives, shape_of

MANY = 40

PEOPLE = {
    "/api/v1/accounts": "maya {path}?{ids}",
    "/api/v1/accounts/relationships": "maya {path}?{ids}",
    "/api/v1/accounts/familiar_followers": "maya {path}?{ids}",
    "/api/v1/accounts/search": "maya {path}?q=kim&limit=40",
    "/api/v1/accounts/{id}/followers": "maya /api/v1/accounts/{maya}/followers",
    "/api/v1/accounts/{id}/following": "maya /api/v1/accounts/{maya}/following",
    "/api/v1/accounts/{id}/endorsements": "maya /api/v1/accounts/{maya}/endorsements",
    "/api/v1/accounts/{id}/lists": "maya /api/v1/accounts/{kim}/lists",
    "/api/v1/accounts/{id}/collections": "maya /api/v1/accounts/{maya}/collections",
    "/api/v1/accounts/{id}/in_collections": "maya /api/v1/accounts/{maya}/in_collections",
    "/api/v1/accounts/{id}/featured_tags": "maya /api/v1/accounts/{maya}/featured_tags",
    "/api/v1/featured_tags": "maya {path}",
    "/api/v1/featured_tags/suggestions": "maya {path}",
    "/api/v1/profile": "maya {path}",
    "/api/v1/endorsements": "maya {path}",
    "/api/v1/follow_requests": "lena {path}",
    "/api/v1/blocks": "maya {path}",
    "/api/v1/mutes": "maya {path}",
    "/api/v1/domain_blocks": "maya {path}",
    "/api/v1/lists": "maya {path}",
    "/api/v1/lists/{id}/accounts": "maya /api/v1/lists/{list}/accounts",
    "/api/v1/timelines/list/{id}": "maya /api/v1/timelines/list/{list}?limit=40",
    "/api/v1/collections/{id}": "maya /api/v1/collections/{collection}",
    "/api/v1/followed_tags": "maya {path}",
    "/api/v1/directory": "maya {path}",
    "/api/v2/filters": "maya {path}",
    "/api/v2/filters/{id}": "maya /api/v2/filters/{filter}",
    "/api/v2/filters/{id}/keywords": "maya /api/v2/filters/{filter}/keywords",
    "/api/v2/filters/{id}/statuses": "maya /api/v2/filters/{filter}/statuses",
    "/api/v1/filters": "maya {path}",
    "/api/v1/notifications/requests": "lena {path}",
    "/api/v1/conversations": "lena {path}?limit=40",
    "/api/v1/scheduled_statuses": "maya {path}?limit=40",
}
POSTS = {
    "/api/v1/accounts/{id}/statuses": "maya /api/v1/accounts/{ann}/statuses?limit=40",
    "/api/v1/statuses": "maya {path}?{ids}",
    "/api/v1/statuses/{id}": "maya /api/v1/statuses/{naming}",
    "/api/v1/statuses/{id}/context": "maya /api/v1/statuses/{own}/context",
    "/api/v1/statuses/{id}/history": "maya /api/v1/statuses/{own}/history",
    "/api/v1/statuses/{id}/quotes": "maya /api/v1/statuses/{own}/quotes?limit=40",
    "/api/v1/statuses/{id}/favourited_by": "maya /api/v1/statuses/{own}/favourited_by",
    "/api/v1/statuses/{id}/reblogged_by": "maya /api/v1/statuses/{own}/reblogged_by",
    "/api/v1/pleroma/statuses/{id}/reactions": "maya /api/v1/pleroma/statuses/{own}/reactions",
    "/api/v1/pleroma/statuses/{id}/reactions/{emoji}": (
        "maya /api/v1/pleroma/statuses/{own}/reactions/👍"
    ),
    "/api/v1/timelines/home": "maya {path}?limit=40",
    "/api/v1/timelines/public": "maya {path}?limit=40",
    "/api/v1/timelines/tag/{name}": "maya /api/v1/timelines/tag/all?limit=40",
    "/api/v1/bookmarks": "maya {path}?limit=40",
    "/api/v1/favourites": "maya {path}?limit=40",
    "/api/v1/notifications": "maya {path}?limit=80",
    "/api/v2/notifications": "maya {path}?limit=60",
    "/api/v2/notifications/{key}": "maya /api/v2/notifications/{key}",
    "/api/v2/notifications/{key}/accounts": "maya /api/v2/notifications/{key}/accounts",
    "/api/v1/search": "maya {path}?q=kim&limit=40",
    "/api/v2/search": "maya {path}?q=kim&limit=40",
    "/api/fedi/v1/events": "maya {path}",
}
PLACES = {
    "/api/v2/instance": "vera {path}",
    "/api/v1/instance": "vera {path}",
    "/api/v1/instance/rules": "vera {path}",
    "/api/v1/instance/peers": "vera {path}",
    "/api/v1/instance/domain_blocks": "vera {path}",
    "/api/v1/custom_emojis": "vera {path}",
    "/api/v1/announcements": "vera {path}",
    "/api/v1/admin/accounts": "vera {path}?local=true",
    "/api/v2/admin/accounts": "vera {path}",
    "/api/v1/admin/reports": "vera {path}?limit=40",
    "/api/v1/admin/reports/{id}": "vera /api/v1/admin/reports/{report}",
    "/api/v1/admin/domain_blocks": "vera {path}",
    "/api/v1/admin/domain_allows": "vera {path}",
    "/api/v1/admin/email_domain_blocks": "vera {path}",
    "/api/v1/admin/ip_blocks": "vera {path}",
    "/api/fedi/v1/accounts/{id}/archive": "vera /api/fedi/v1/accounts/{school}/archive",
    "/api/fedi/v1/consultations": "vera {path}?limit=40",
    "/api/fedi/v1/restrictions": "vera {path}",
    "/api/fedi/v1/tags": "vera {path}",
    "/api/fedi/v1/groups": "vera {path}",
    "/api/fedi/v1/groups/{id}": "vera /api/fedi/v1/groups/{group}",
    "/api/fedi/v1/groups/{id}/posts": "vera /api/fedi/v1/groups/{group}/posts?limit=40",
    "/api/fedi/v1/groups/{id}/pinned": "vera /api/fedi/v1/groups/{group}/pinned",
    "/api/fedi/v1/groups/{id}/members": "vera /api/fedi/v1/groups/{group}/members",
    "/api/fedi/v1/groups/{id}/requests": "vera /api/fedi/v1/groups/{asked}/requests",
    "/api/fedi/v1/groups/{id}/log": "vera /api/fedi/v1/groups/{group}/log",
    "/api/fedi/v1/groups/{id}/bans": "vera /api/fedi/v1/groups/{group}/bans",
}
_FEW_FIELDS = "an account has a few fields, a role and the emojis of its words"
_UNRANKED = "nothing is ranked or suggested here: it stays empty"
_NO_YEARS = "no report of anybody's year is made: it stays empty"
BOUNDED = {
    "/api/v1/accounts/verify_credentials": _FEW_FIELDS,
    "/api/v1/accounts/lookup": _FEW_FIELDS,
    "/api/v1/accounts/{id}": _FEW_FIELDS,
    "/api/fedi/v1/accounts/{id}/charter": "a week has seven days",
    "/api/v1/accounts/{id}/identity_proofs": "nobody proves anything elsewhere: it stays empty",
    "/api/v1/tags/{name}": "how a hashtag was used day by day is said for a week",
    "/api/fedi/v1/events/{id}": "an event has a few places",
    "/api/v1/polls/{id}": "a poll has a few options",
    "/api/v1/scheduled_statuses/{id}": "a post has a few pictures",
    "/api/v1/trends": _UNRANKED,
    "/api/v1/trends/tags": _UNRANKED,
    "/api/v1/trends/statuses": _UNRANKED,
    "/api/v1/trends/links": _UNRANKED,
    "/api/v1/timelines/link": _UNRANKED,
    "/api/v1/suggestions": _UNRANKED,
    "/api/v2/suggestions": _UNRANKED,
    "/api/v1/annual_reports": _NO_YEARS,
    "/api/v1/annual_reports/{year}": _NO_YEARS,
    "/api/v1/instance/activity": "what members do is not counted: it stays empty",
    "/api/v1/instance/languages": "the languages are named in the code",
    "/api/v1/instance/translation_languages": "the translator names them, not the store",
    "/api/v1/admin/accounts/{id}": "from where somebody came is not kept: it stays empty",
    "/api/v1/admin/email_domain_blocks/{id}": "who tried is not counted: it stays empty",
}
AT_MOST = {
    # Limits on what somebody may make are reached before there are many.
    "/api/v1/accounts/{id}/collections": 10,
    "/api/v1/collections/{id}": 25,
    "/api/v1/accounts/{id}/featured_tags": 10,
    "/api/v1/featured_tags": 10,
    "/api/v1/featured_tags/suggestions": 10,
    "/api/v1/profile": 10,
    "/api/v1/instance": 30,
    "/api/v2/instance": 30,
    "/api/v1/instance/rules": 30,
    "/api/v1/pleroma/statuses/{id}/reactions": 1,
    "/api/v1/pleroma/statuses/{id}/reactions/{emoji}": 1,
    "/api/v2/notifications/{key}": 8,
    "/api/fedi/v1/accounts/{id}/archive": 20,
    "/api/fedi/v1/groups/{id}": 10,
    "/api/fedi/v1/groups/{id}/pinned": 5,
}


def lists(app):
    """Return the addresses whose answers are lists, or hold some, as the code describes it."""
    return {
        operation.path
        for operation in operations(app)
        if operation.method == "get" and operation.path.startswith("/api/")
        for shape in alternatives(shape_of("GET", operation.path))
        if _is_list(shape) or _holds_a_list(shape)
    }


def undescribed(app):
    """Return the addresses of which nobody says what they answer."""
    return {
        operation.path
        for operation in operations(app)
        if operation.path.startswith("/api/")
        and shape_of(operation.method.upper(), operation.path) is object
    }


def _is_list(shape):
    return get_origin(shape) is list


def _holds_a_list(shape):
    if get_origin(shape) is dict:
        return _is_list(get_args(shape)[1])
    if not is_typeddict(shape):
        return False
    return any(
        _is_list(kind) and (is_typeddict(get_args(kind)[0]) or get_origin(get_args(kind)[0]))
        for kind in get_type_hints(shape).values()
    )
