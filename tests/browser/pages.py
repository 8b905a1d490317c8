"""Every address of the pages: who looks at it, and what stands for its parameters.

The suite in this folder opens what is listed here, and `tests/test_house.py` fails for an
address of the router that is in neither table. A new page gets a line in `PAGES`: its
path as in `ROUTES` without regular expressions, who looks, and where the path has parameters
or needs a query, the addresses to open. `{name}` stands for `town.places["name"]`, which
`tests/browser/town_life.py` and `town_desk.py` fill. What is no page goes to `NO_PAGES`.

Who looks: `visitor`; `member` is Tom, who has something of everything; `newcomer` is Nia, who
has nothing yet; `careful` is Tess, who has a second step, and `halfway` is she before it;
`moderator` is Mona, `owner` is Olga. `speaker` is Sal, who speaks for the official account of
a school, `voice` is Vera, who could.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

import fedi_k12.oauth.routes
import webui.routes

PEOPLE = {
    "visitor": "",
    "member": "tom",
    "newcomer": "nia",
    "careful": "tess",
    "halfway": "tess",
    "moderator": "mona",
    "owner": "olga",
    "speaker": "sal",
    "voice": "vera",
}


@dataclass(frozen=True)
class Visit:
    """Somebody opens an address."""

    who: str
    path: str
    status: int = 200

    def __str__(self) -> str:
        return f"{self.who} {self.path}"


def seen_by(who: str, *paths: str, status: int = 200) -> tuple[Visit, ...]:
    """Return visits of everybody named (parted by spaces) to each path."""
    return tuple(Visit(one, path, status) for one in who.split() for path in paths or ("",))


_APP = (
    "/oauth/authorize?client_id={app}&redirect_uri=https://app.example/"
    "&response_type=code&scope=read"
)

PAGES: Mapping[str, tuple[Visit, ...]] = {
    "/": seen_by("visitor"),
    "/about": seen_by("visitor member"),
    "/humane": seen_by("visitor"),
    "/@{acct}/guide": seen_by("speaker", "/@lincoln_elementary/guide"),
    "/@{acct}/charter": (
        *seen_by(
            "visitor speaker",
            "/@lincoln_elementary/charter",
            "/@lincoln_elementary/charter?version=1",
        ),
        *seen_by("owner", "/@riverbend/charter"),
    ),
    "/official-accounts": seen_by("visitor member"),
    "/about/moderation-log": seen_by("visitor"),
    "/about/accountability": seen_by("visitor"),
    "/moderation/accountability": seen_by("owner"),
    "/about/forum-rules": seen_by("visitor"),
    "/moderation/forum-rules": seen_by("moderator"),
    "/hidden": seen_by("moderator"),
    "/official/{id}/classroom": seen_by("owner", "/official/{classroom}/classroom"),
    "/official/{id}/forum": seen_by("owner speaker", "/official/{official}/forum"),
    "/hidden/{id}": seen_by("moderator member", "/hidden/{hidden_case}"),
    "/posts/{id}/hide": seen_by("moderator", "/posts/{public_answer}/hide"),
    "/posts/{id}/restrict": seen_by("moderator", "/posts/{public_answer}/restrict"),
    "/restrictions": seen_by("moderator"),
    "/restrictions/{id}": seen_by("moderator member", "/restrictions/{restriction}"),
    "/desk/queue": seen_by("speaker"),
    "/rules": seen_by("visitor"),
    "/privacy": seen_by("visitor"),
    "/terms": seen_by("visitor", status=404),
    "/accessibility": seen_by("visitor"),
    "/offline": seen_by("visitor"),
    "/design": seen_by("visitor member"),
    "/help": seen_by("visitor member"),
    "/help/{name}": seen_by(
        "visitor",
        "/help/educators",
        "/help/families",
        "/help/communication",
        "/help/steps",
        "/help/moderators",
        "/help/operators",
        "/help/settings",
        "/help/alerts",
    ),
    "/auth/sign_in": seen_by("visitor"),
    "/auth/password": seen_by("visitor"),
    "/auth/password/{token}": seen_by("visitor", "/auth/password/" + "x" * 43, status=404),
    "/auth/confirm/{token}": seen_by("visitor", "/auth/confirm/{confirm}"),
    "/take-down": seen_by("visitor"),
    "/take-down/{id}": seen_by(
        "visitor",
        "/take-down/{down_waits}?key={down_waits_key}",
        "/take-down/{down_done}?key={down_done_key}",
    ),
    "/moderation/take-downs": seen_by("moderator"),
    "/moderation/take-downs/{id}": seen_by(
        "moderator",
        "/moderation/take-downs/{down_waits}",
        "/moderation/take-downs/{down_done}",
        "/moderation/take-downs/{down_vague}",
    ),
    "/mail/of/{username}": seen_by("visitor", "/mail/of/riverbend"),
    "/mail/families/yes/{token}": seen_by("visitor", "/mail/families/yes/{family_yes}"),
    "/mail/families/stop/{key}": seen_by("visitor", "/mail/families/stop/{family_stop}"),
    "/mail/stop/{key}": seen_by("visitor", "/mail/stop/{mailing}"),
    "/auth/sign_up": seen_by("visitor"),
    "/invite/{code}": seen_by("visitor", "/invite/{invite}"),
    "/auth/second": seen_by("halfway"),
    "/local": seen_by("visitor member"),
    "/tags/{name}": (
        *seen_by("visitor member", "/tags/clay", "/tags/hillsideschools"),
        *seen_by("visitor", "/tags/hillsideschools?by=everyone"),
    ),
    "/tags/{name}/steward": seen_by("member", "/tags/hillsideschools/steward"),
    "/tags/{name}/off/{id}": seen_by("member", "/tags/hillsideschools/off/{bridge}"),
    "/@{acct}": (
        *seen_by("visitor", "/@maya"),
        *seen_by("member", "/@maya", "/@tom", "/@ren@riverside.example", "/@maya?tab=pictures"),
        *seen_by("member", "/@linco1n_elementary@riverside.example"),
        *seen_by("newcomer", "/@nia"),
    ),
    "/@{acct}/followers": seen_by("member", "/@tom/followers"),
    "/@{acct}/following": seen_by("member", "/@tom/following"),
    "/directory": seen_by("member newcomer"),
    "/follow-requests": seen_by("member newcomer"),
    "/@{acct}/{post_id}": (
        *seen_by("visitor", "/@maya/{post}", "/@maya/{article}", "/@tom/{event}"),
        *seen_by(
            "member",
            "/@maya/{post}",
            "/@maya/{poll}",
            "/@tom/{quote}",
            "/@ren@riverside.example/{elsewhere}",
        ),
    ),
    "/@{acct}/{post_id}/history": seen_by("visitor member", "/@tom/{own}/history"),
    "/@{acct}/{post_id}/embed": seen_by("visitor", "/@maya/{post}/embed"),
    "/events": seen_by("visitor member"),
    "/events/new": seen_by("member"),
    "/events/{id}/edit": seen_by("member", "/events/{event}/edit"),
    "/events/{id}/people": seen_by("member", "/events/{event}/people"),
    "/groups": seen_by("visitor member newcomer"),
    "/groups/new": seen_by("member"),
    "/groups/{id}": seen_by("visitor member", "/groups/{group}"),
    "/groups/{id}/write": seen_by("member", "/groups/{group}/write"),
    "/groups/{id}/settings": seen_by("member", "/groups/{group}/settings"),
    "/groups/{id}/members": seen_by("member", "/groups/{group}/members"),
    "/groups/{id}/desk": seen_by("member", "/groups/{group}/desk"),
    "/collections/new": seen_by("member"),
    "/collections/{id}": seen_by("visitor member", "/collections/{collection}"),
    "/collections/{id}/edit": seen_by("member", "/collections/{collection}/edit"),
    "/home": seen_by("member newcomer moderator speaker"),
    "/notifications": seen_by("member newcomer"),
    "/letters": seen_by("member newcomer"),
    "/drafts": seen_by("member newcomer"),
    "/later": seen_by("member newcomer"),
    "/deletions": seen_by("member newcomer"),
    "/deletions/{id}": seen_by("member", "/deletions/{deleted}"),
    "/digest": seen_by("visitor member", "/digest", "/digest?q=robot"),
    "/digest/{year}": seen_by("visitor member", "{digest_year}"),
    "/digest/{year}/{month}/{day}": seen_by("visitor member", "{digest}"),
    "/digest/desk/{day}": seen_by("member", "{digest_desk}", "{digest_waits}"),
    "/break-glass": seen_by("member"),
    "/break-glass/{id}": seen_by("member", "/break-glass/{opened}"),
    "/approvals": seen_by("member newcomer"),
    "/desk": (
        *seen_by("speaker", "/desk", "/desk?show=answered", "/desk?show=closed"),
        *seen_by("voice"),
        *seen_by("newcomer", status=403),
    ),
    "/discussions": seen_by("visitor speaker"),
    "/discussions/new": seen_by("speaker newcomer"),
    "/discussions/{id}": seen_by("visitor member", "/discussions/{discussion}"),
    "/consultations": seen_by("visitor member speaker"),
    "/consultations/new": seen_by("speaker newcomer"),
    "/consultations/{id}": (
        *seen_by(
            "visitor speaker", "/consultations/{consultation}", "/consultations/{decided}"
        ),
        *seen_by("member", "/consultations/{consultation}"),
    ),
    "/unacknowledged": (
        *seen_by("speaker", "/unacknowledged", "/unacknowledged?after=9000000000000000000"),
        *seen_by("newcomer", status=403),
    ),
    "/desk/balance": (*seen_by("speaker"), *seen_by("newcomer", status=403)),
    "/desk/{id}": (
        *seen_by("speaker", "/desk/{question}", "/desk/{answered}"),
        *seen_by("newcomer", "/desk/{question}", status=403),
    ),
    "/approvals/{id}": seen_by(
        "member", "/approvals/{waiting}", "/approvals/{waiting_profile}"
    ),
    "/saved": seen_by("member newcomer"),
    "/links": seen_by("member newcomer", "/links", "/links?tag=clay"),
    "/links/{id}": seen_by("member", "/links/{link}"),
    "/search": seen_by("member", "/search", "/search?q=clay", "/search?q=nobody"),
    "/write": seen_by(
        "member", "/write", "/write?reply_to={post}", "/write?to=maya", "/write?quote={post}"
    ),
    "/posts/{id}/deliveries": seen_by("member", "/posts/{own}/deliveries"),
    "/posts/{id}/edit": seen_by("member", "/posts/{own}/edit"),
    "/posts/{id}/delete": seen_by("member", "/posts/{own}/delete"),
    "/posts/{id}/filter": seen_by("member", "/posts/{post}/filter"),
    "/posts/{id}/emoji": seen_by("member", "/posts/{post}/emoji"),
    "/posts/{id}/translation": seen_by("member", "/posts/{spanish}/translation"),
    "/report": seen_by("member", "/report?post={post}", "/report?account={maya}"),
    "/severed": seen_by("member"),
    "/settings/access-log": seen_by("member newcomer"),
    "/lists": seen_by("member newcomer"),
    "/lists/{id}": seen_by("member", "/lists/{list}"),
    "/lists/{id}/edit": seen_by("member", "/lists/{list}/edit"),
    "/lists/of/{account}": seen_by("member", "/lists/of/{maya}"),
    "/intents/{what}": seen_by("member", "/intents/like?object={url}/@maya/{post}"),
    "/settings": seen_by("member"),
    "/settings/appearance": seen_by("member"),
    "/settings/reading": seen_by("member"),
    "/settings/filters": seen_by("member newcomer speaker"),
    "/settings/filters/new": seen_by("member speaker"),
    "/settings/filters/{id}": seen_by("member", "/settings/filters/{filter}"),
    "/settings/muted": seen_by("member newcomer"),
    "/settings/blocked": seen_by("member newcomer"),
    "/settings/servers": seen_by("member newcomer"),
    "/settings/notifications": seen_by("member"),
    "/settings/moving": seen_by("member"),
    "/settings/leaving": seen_by("member"),
    "/settings/departure": seen_by("voice"),
    "/settings/files": seen_by("member newcomer"),
    "/settings/files/imports/{id}": seen_by("member", "/settings/files/imports/{import}"),
    "/settings/security": seen_by("member careful"),
    "/settings/security/app": seen_by("member"),
    "/settings/security/key": seen_by("member"),
    "/settings/security/codes": seen_by("careful"),
    "/settings/security/remove/{factor}": seen_by("careful", "/settings/security/remove/totp"),
    "/oauth/authorize": seen_by("member", _APP),
    "/oauth/authorize/native": seen_by("member", "/oauth/authorize/native?code=abc"),
    "/moderation": seen_by("moderator owner"),
    "/moderation/reports": seen_by(
        "moderator", "/moderation/reports", "/moderation/reports?tab=closed"
    ),
    "/moderation/reports/{id}": seen_by("moderator", "/moderation/reports/{report}"),
    "/moderation/members": seen_by("moderator"),
    "/moderation/members/{id}": seen_by(
        "owner", "/moderation/members/{eve}", "/moderation/members/{lou}"
    ),
    "/moderation/waiting": seen_by("moderator"),
    "/moderation/invitations": seen_by("owner"),
    "/moderation/entry": seen_by("owner"),
    "/moderation/entry/networks/{id}": seen_by("owner", "/moderation/entry/networks/{network}"),
    "/moderation/new": seen_by("moderator"),
    "/moderation/servers": seen_by("owner"),
    "/moderation/servers/{name}": seen_by(
        "owner", "/moderation/servers/loud.example", "/moderation/servers/spam.example"
    ),
    "/moderation/severed": seen_by("owner"),
    "/moderation/relays": seen_by("owner"),
    "/moderation/officials": seen_by("owner"),
    "/@{acct}/archive": (
        *seen_by("visitor speaker", "/@hillside/archive"),
        *seen_by("visitor", "/@hillside/archive?q=nothing"),
    ),
    "/@{acct}/column": seen_by("visitor member", "/@maya/column"),
    "/official/{id}/feeds": (
        *seen_by("owner", "/official/{hillside}/feeds"),
        *seen_by("speaker", "/official/{official}/feeds"),
    ),
    "/official/{id}/archives": seen_by("owner", "/official/{hillside}/archives"),
    "/official/{id}/archives/{archive}": seen_by(
        "owner",
        "/official/{hillside}/archives/{taken_archive}",
        "/official/{hillside}/archives/{new_archive}",
    ),
    "/official/{id}/charter": seen_by("owner speaker", "/official/{official}/charter"),
    "/official/{id}/guide": seen_by("owner speaker", "/official/{official}/guide"),
    "/official/{id}/guide/register": seen_by(
        "owner speaker", "/official/{official}/guide/register"
    ),
    "/official/{id}/delegates": seen_by("owner speaker", "/official/{official}/delegates"),
    "/speak": (
        *seen_by("newcomer speaker"),
        *seen_by("voice", "/speak?account={official}"),
    ),
    "/moderation/boards": seen_by("owner"),
    "/moderation/tags": seen_by("owner"),
    "/records": seen_by("owner"),
    "/records/keeping": seen_by("owner"),
    "/records/{seq}": seen_by("owner", "/records/1"),
    "/moderation/announcements": seen_by("owner"),
    "/alerts": seen_by("visitor"),
    "/desk/alerts": seen_by("owner"),
    "/desk/alerts/new": seen_by(
        "owner", "/desk/alerts/new", "/desk/alerts/new?follows={alert}"
    ),
    "/desk/alerts/{id}": seen_by("owner", "/desk/alerts/{alert}"),
    "/desk/alerts/texts": seen_by("owner"),
    "/desk/alerts/people": seen_by("owner"),
    "/moderation/emoji": seen_by("owner"),
    "/moderation/log": seen_by("moderator"),
    "/moderation/site": seen_by("owner"),
    "/moderation/site/look": seen_by("owner"),
    "/moderation/site/rules": seen_by("owner"),
    "/moderation/site/papers": seen_by("owner"),
    "/{path}": seen_by("visitor member", "/nothing/here", status=404),
}

NO_PAGES: Mapping[str, str] = {
    "/assets/{digest}/{name}": "a file",
    "/accent.css": "a file",
    "/icon.png": "a picture",
    "/records/files/{id}": "a file",
    "/icon-{side}.png": "a picture",
    "/manifest.webmanifest": "JSON",
    "/favicon.ico": "a picture",
    "/robots.txt": "for robots",
    "/worker.js": "a file",
    "/@{username}.{format}": "a feed",
    "/tags/{name}.{format}": "a feed",
    "/collections/{id}.{format}": "a feed",
    "/alerts.css": "a file",
    "/alerts.atom": "a feed",
    "/digest.{format}": "a feed",
    "/digest/{year}.warc.gz": "a file",
    "/about/moderation-log.atom": "a feed",
    "/about/moderation-log.csv": "a file",
    "/about/moderation-log.json": "JSON",
    "/about/accountability.json": "JSON",
    "/alerts.cap": "a feed",
    "/alerts/{id}.cap": "CAP",
    "/api/oembed": "JSON",
    "/settings/security/app.svg": "a picture",
    "/settings/files/{name}": "a file",
    "/settings/files/imports/{id}/not_taken_over.csv": "a file",
    "/events/{id}.ics": "a calendar",
    "/events/of/{name}.ics": "a calendar",
    "/events/{id}/people.csv": "a file",
    "/official/{id}/guide/register.csv": "a file",
    "/severed/{id}/{which}.csv": "a file",
    "/moderation/list.csv": "a file",
    "/intents/object": "leads on",
    "/intents/create": "leads on",
    "/intents/leave": "leads on",
    "/oauth/authorize/": "the same as without its last stroke",
    "/oauth/userinfo": "JSON",
    "/.well-known/oauth-authorization-server": "JSON",
}


def addresses() -> list[str]:
    """Return what the router answers with GET for people, without regular expressions."""
    app = web.Application()
    app.add_routes([*webui.routes.ROUTES, *fedi_k12.oauth.routes.ROUTES])
    found = {
        route.resource.canonical: None
        for route in app.router.routes()
        if route.method == "GET" and route.resource is not None
    }
    return list(found)


def undescribed() -> list[str]:
    """Return a sentence for each address that is in neither table, or in a table only."""
    routed, described = addresses(), {*PAGES, *NO_PAGES}
    return [
        f"{path} is a new address. Say in tests/browser/pages.py who looks at it and what its "
        "parameters are (PAGES), or that it is no page (NO_PAGES)."
        for path in routed
        if path not in described
    ] + [
        f"{path} is described in tests/browser/pages.py, and no route has it."
        for path in described
        if path not in routed
    ]


def visits(*who: str) -> list[Visit]:
    """Return all visits, or those of somebody."""
    return [
        Visit(visit.who, visit.path or path, visit.status)
        for path, all_of_it in PAGES.items()
        for visit in all_of_it
        if not who or visit.who in who
    ]
