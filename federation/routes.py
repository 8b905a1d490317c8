"""Every address that other servers call."""

from aiohttp import web

from federation.client.door import (
    get_inbox,
    get_media,
    post_media,
    post_outbox,
    post_proxy,
)
from federation.collections import (
    get_context,
    get_featured,
    get_featured_tags,
    get_followers,
    get_followers_synchronisation,
    get_following,
    get_likes,
    get_outbox,
    get_replies,
    get_shares,
)
from federation.digests import get_digests
from federation.documents import (
    ACCOUNTS,
    get_activity,
    get_actor,
    get_emoji,
    get_post,
    get_server_actor,
    ready_actor,
)
from federation.featured_collections import get_collection, get_item, get_list
from federation.gatherings import get_attendees, get_upcoming_events
from federation.group_lists import get_moderators
from federation.inbox import post_inbox
from federation.official_list import get_official_accounts
from federation.published import get_schema, get_schemas
from federation.stamps import get_stamp
from federation.wellknown import (
    FINGER,
    host_meta,
    host_meta_json,
    nodeinfo,
    nodeinfo_links,
    ready_finger,
    webfinger,
)
from fedi_k12.web.front import Ways

_ACCOUNT = "/users/{username}"
_POST = _ACCOUNT + r"/statuses/{post_id:\d{1,19}}"

WAYS: Ways = {f"{FINGER}?": ready_finger, ACCOUNTS: ready_actor}
"""Those that are tried before any route is looked for."""
ROUTES = [
    web.post("/inbox", post_inbox),
    web.post(_ACCOUNT + "/inbox", post_inbox),
    web.get("/actor", get_server_actor),
    web.get("/official-accounts.json", get_official_accounts),
    web.post("/actor/inbox", post_inbox),
    web.get(_ACCOUNT, get_actor),
    web.get(_ACCOUNT + "/inbox", get_inbox),
    web.get(_ACCOUNT + "/outbox", get_outbox),
    web.post(_ACCOUNT + "/outbox", post_outbox),
    web.post(_ACCOUNT + "/proxy", post_proxy),
    web.post(_ACCOUNT + "/media", post_media),
    web.get(_ACCOUNT + r"/media/{media_id:\d{1,19}}", get_media),
    web.get(_ACCOUNT + "/followers", get_followers),
    web.get(_ACCOUNT + "/followers_synchronization", get_followers_synchronisation),
    web.get(_ACCOUNT + "/following", get_following),
    web.get(_ACCOUNT + "/collections/featured", get_featured),
    web.get(_ACCOUNT + "/collections/tags", get_featured_tags),
    web.get(_ACCOUNT + "/collections/digests", get_digests),
    web.get(_ACCOUNT + "/collections/events", get_upcoming_events),
    web.get(_ACCOUNT + "/collections/moderators", get_moderators),
    web.get(_ACCOUNT + "/collections/accounts", get_list),
    web.get(_ACCOUNT + r"/collections/{number:\d{1,19}}", get_collection),
    web.get(_ACCOUNT + r"/collections/{number:\d{1,19}}/items/{item:\d{1,19}}", get_item),
    web.get(_ACCOUNT + r"/stamps/{number:\d{1,19}}", get_stamp),
    web.get(_POST, get_post),
    web.get(_POST + "/attendees", get_attendees),
    web.get(_POST + "/activity", get_activity),
    web.get(_POST + "/replies", get_replies),
    web.get(_POST + "/likes", get_likes),
    web.get(_POST + "/shares", get_shares),
    web.get(r"/contexts/{thread_id:\d{1,19}}", get_context),
    web.get(r"/emojis/{emoji_id:\d{1,19}}", get_emoji),
    web.get("/protocol/schemas", get_schemas),
    web.get("/protocol/schemas/{name:.+}", get_schema),
    web.get("/.well-known/webfinger", webfinger),
    web.get("/.well-known/host-meta", host_meta),
    web.get("/.well-known/host-meta.json", host_meta_json),
    web.get("/.well-known/nodeinfo", nodeinfo_links),
    web.get(r"/nodeinfo/{version:2\.[01]}", nodeinfo),
]
