"""Every address of the pages."""

from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.web.auth import public
from webui import (
    announcing,
    apart,
    appearance,
    approvals,
    assets,
    collections,
    desk,
    directory,
    door,
    drafting,
    embed,
    emoji,
    emoji_desk,
    entry_desk,
    events,
    factors,
    feeds,
    filtering,
    filtering_posts,
    following,
    front,
    groups,
    groups_desk,
    history,
    intents,
    later,
    leaving,
    letters,
    lists,
    members_desk,
    moderating,
    moving,
    noticing,
    officials_desk,
    people,
    place,
    portability,
    reading,
    records,
    relays,
    reporting,
    second_step,
    security,
    settings,
    site_desk,
    speaking,
    translating,
    undoing,
    waiting_desk,
    whereabouts,
    writing,
)

# Addresses of programs are not ours to answer, not even with a refusal.
_ELSEWHERE = (
    r"/{path:(?!(?:api|oauth|users|inbox|actor|contexts|emojis|nodeinfo|media|protocol"
    r"|\.well-known)(?:/|$)).+}"
)


@public
async def nowhere(request: web.Request) -> web.StreamResponse:
    """Refuse an address that nobody wrote a page for, to members in their own frame."""
    del request
    raise NotFoundError("There is nothing here that you may see.")


ROUTES = [
    *assets.ROUTES,
    *feeds.ROUTES,
    *embed.ROUTES,
    *front.ROUTES,
    *place.ROUTES,
    *intents.ROUTES,
    *door.ROUTES,
    *second_step.ROUTES,
    *security.ROUTES,
    *factors.ROUTES,
    *settings.ROUTES,
    *appearance.ROUTES,
    *filtering.ROUTES,
    *filtering_posts.ROUTES,
    *apart.ROUTES,
    *noticing.ROUTES,
    *collections.ROUTES,
    *translating.ROUTES,
    *moving.ROUTES,
    *leaving.ROUTES,
    *portability.ROUTES,
    *reading.ROUTES,
    *history.ROUTES,
    *writing.ROUTES,
    *undoing.ROUTES,
    *whereabouts.ROUTES,
    *drafting.ROUTES,
    *emoji.ROUTES,
    *emoji_desk.ROUTES,
    *approvals.ROUTES,
    *events.ROUTES,
    *groups.ROUTES,
    *groups_desk.ROUTES,
    *people.ROUTES,
    *following.ROUTES,
    *directory.ROUTES,
    *letters.ROUTES,
    *lists.ROUTES,
    *later.ROUTES,
    *reporting.ROUTES,
    *announcing.ROUTES,
    *desk.ROUTES,
    *moderating.ROUTES,
    *members_desk.ROUTES,
    *waiting_desk.ROUTES,
    *entry_desk.ROUTES,
    *relays.ROUTES,
    *records.ROUTES,
    *site_desk.ROUTES,
    *officials_desk.ROUTES,
    *speaking.ROUTES,
    web.get(_ELSEWHERE, nowhere),
]
