"""Every address of the Mastodon API that is served here."""

from aiohttp import web

from fedi_k12.api import (
    accounts,
    admin_accounts,
    admin_entry,
    admin_hosts,
    admin_reports,
    announcements,
    annual_reports,
    archives,
    async_refreshes,
    charters,
    chosen,
    collections,
    consultations,
    conversations,
    emoji_reactions,
    events,
    featured_tags,
    filters,
    forum,
    groups,
    instance,
    lists,
    media,
    notification_groups,
    notification_requests,
    notifications,
    openapi,
    own_profile,
    push,
    quotes,
    reactions,
    registration,
    relations,
    reports,
    restrictions,
    scheduled,
    search,
    statuses,
    streaming,
    tags,
    timelines,
    translating,
)


def _with_slashes(routes: list[web.RouteDef]) -> list[web.RouteDef]:
    """Return the routes, each also with a slash at its end: some apps write one."""
    slashed = [
        web.RouteDef(route.method, route.path + "/", route.handler, {}) for route in routes
    ]
    return routes + slashed


ROUTES = _with_slashes(
    [
        *own_profile.ROUTES,
        *registration.ROUTES,
        *accounts.ROUTES,
        *relations.ROUTES,
        *reports.ROUTES,
        *statuses.ROUTES,
        *translating.ROUTES,
        *quotes.ROUTES,
        *reactions.ROUTES,
        *emoji_reactions.ROUTES,
        *timelines.ROUTES,
        *notification_requests.ROUTES,
        *notification_groups.ROUTES,
        *notifications.ROUTES,
        *conversations.ROUTES,
        *media.ROUTES,
        *scheduled.ROUTES,
        *search.ROUTES,
        *lists.ROUTES,
        *collections.ROUTES,
        *featured_tags.ROUTES,
        *annual_reports.ROUTES,
        *announcements.ROUTES,
        *filters.ROUTES,
        *forum.ROUTES,
        *restrictions.ROUTES,
        *tags.ROUTES,
        *instance.ROUTES,
        *chosen.ROUTES,
        *archives.ROUTES,
        *charters.ROUTES,
        *consultations.ROUTES,
        *events.ROUTES,
        *groups.ROUTES,
        *async_refreshes.ROUTES,
        *streaming.ROUTES,
        *push.ROUTES,
        *admin_accounts.ROUTES,
        *admin_reports.ROUTES,
        *admin_hosts.ROUTES,
        *admin_entry.ROUTES,
        *openapi.ROUTES,
    ]
)
