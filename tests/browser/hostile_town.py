"""A town to which another server sends everything that breaks pages, through the front door.

Scripts in every field that it controls, words without an end, letters that turn the line
around or pile up, pictures that are none, tables that fill a wall.
"""

import json
from typing import Any

import aiohttp

from fedi_k12.domain.permissions import Role
from fedi_k12.services import follows, views
from fedi_k12.worker import run_until_idle
from storage import accounts
from storage import posts as post_rows
from tests.browser.town import Town
from tests.remote import ACTIVITY, PUBLIC, Actor, Remote, signed_headers

HOST = f"{'h' * 60}.{'o' * 60}.example"
WORD = "Straßenbahnhaltestelle" * 460
"""More than 10,000 letters, and no place to break."""
BIDI = "\u202eabc \u2066def\u2067 \u202d1234 \u2069\u200f!"
ZALGO = "".join(f"{letter}" + "\u0300\u0301\u0316\u0323\u0489\u035f" * 12 for letter in "zalgo")
FACES = "👩🏽‍🏫" * 64
MARK = "document.documentElement.dataset.ran = 1"
SCRIPT = (
    f"<script>{MARK}</script><img src=x onerror='{MARK}'><svg onload='{MARK}'></svg>"
    f"<iframe src='javascript:{MARK}'></iframe><style>body{{display:none}}</style>"
    f"<a href='javascript:{MARK}'>press</a><base href='http://other.example/'>"
    "<meta http-equiv=refresh content='0;url=http://other.example/'>"
    "<link rel=stylesheet href='http://other.example/x.css'><form action=http://other.example>"
    "<input name=q autofocus></form><div style='position:fixed;inset:0;z-index:99'>over</div>"
    f"\"'><script>{MARK}</script>{{{{ 7*7 }}}}"
)
PICTURE = f"http://{HOST}/picture.png"
LINK = f"http://{HOST}/{'a' * 1800}"
TABLE = (
    "<table>"
    + "<tr>"
    + "".join(f"<th>{'column' * 4} {n}</th>" for n in range(60))
    + "</tr>"
    + "".join(
        "<tr>" + "".join(f"<td>{row}×{n}</td>" for n in range(60)) + "</tr>"
        for row in range(30)
    )
    + "</table>"
)


async def attack(town: Town, remote: Remote) -> None:
    """Let Mallory of the other server do all of it to Maya, who follows her."""
    town.resolver.ports[remote.host] = await remote.start()
    await town.member("maya", "Maya Okafor")
    await town.member("mona", "Mona Haddad", role=Role.MODERATOR)
    await town.member("olga", "Olga Petrova", role=Role.OWNER)
    own = await town.publish("maya", "What first?")
    uri = (await town.see(views.post_view, own, viewer=None)).uri
    mallory, zalgo = remote.actor("mallory"), remote.actor("z" * 60)
    for actor, name in ((mallory, FACES), (zalgo, f"{ZALGO}{BIDI}{SCRIPT}")):
        remote.show(actor.document(**_shown(name)))
    remote.show((200, "image/png", b"\x89PNG no picture"), "/picture.png")  # type: ignore[arg-type]
    maya = town.people["maya"].account
    for actor in (mallory, zalgo):
        await send(town, actor, actor.activity("Follow", maya.uri, "1"))
        row = await town.see(accounts.by_uri, actor.uri)
        await town.do(follows.follow, actor=town.people["maya"].actor, target_id=row.id)
        await town.do(follows.accepted_by_remote, target=row, follower=maya, follow_uri=None)
        town.places[f"account_{actor.name[:1]}"] = str(row.id)
        for number, note in enumerate(notes(actor, maya.uri, uri)):
            await send(town, actor, actor.create(note, str(number)))
    await send(town, mallory, mallory.activity("Like", uri, "1"))
    await send(town, zalgo, zalgo.activity("Announce", uri, "1", to=[PUBLIC]))
    await send(town, zalgo, _flag(zalgo, maya.uri, uri))
    town.places |= {"own": str(own), "mallory": f"@mallory@{HOST}", "host": HOST}
    first = await town.see(post_rows.by_uri, f"{mallory.uri}/posts/scripts")
    assert first is not None
    for name in ("scripts", "word", "table", "films", "event", "poll"):
        row = await town.see(post_rows.by_uri, f"{mallory.uri}/posts/{name}")
        if row is not None:
            town.places[name] = str(row.id)


async def send(town: Town, actor: Actor, activity: dict[str, Any]) -> None:
    """Deliver an activity to the town's inbox, and let it be done."""
    body = json.dumps(activity).encode()
    headers = signed_headers(
        actor,
        body,
        host=town.ctx.settings.domain,
        path="/inbox",
        now=town.ctx.clock(),
    )
    async with aiohttp.ClientSession() as session:
        answer = await session.post(
            f"{town.url}/inbox", data=body, headers={**headers, "Content-Type": ACTIVITY}
        )
        assert answer.status == 202, await answer.text()
    await run_until_idle(town.ctx)


def notes(actor: Actor, reader: str, answered: str) -> list[dict[str, Any]]:
    """Return the posts of one who wants to hurt, each to everybody and to the reader."""
    named = {"type": "Mention", "href": reader, "name": f"@maya{SCRIPT}"}
    tags = [
        named,
        {"type": "Hashtag", "name": f"#{'t' * 900}", "href": f"http://{HOST}/t"},
        {"type": "Hashtag", "name": f"#{SCRIPT}", "href": "javascript:alert(1)"},
        {"type": "Emoji", "name": ":bad:", "icon": {"type": "Image", "url": PICTURE}},
    ]

    def note(number: str, content: str, **more: Any) -> dict[str, Any]:
        return actor.note(number, content, **{"tag": tags, "cc": [reader], **more})

    return [
        note("scripts", f"<p>{SCRIPT}</p> :bad:", summary=SCRIPT, inReplyTo=answered),
        note("word", f"<p>{WORD}</p><pre>{WORD}</pre>", summary=WORD),
        note("letters", f"<p>{ZALGO} {BIDI} {FACES}</p>", summary=f"{ZALGO}{BIDI}"),
        note("link", f"<p><a href='{LINK}'>{LINK}</a></p>"),
        note("deep", "<blockquote>" * 60 + "deep" + "</blockquote>" * 60 + "<ul><li>" * 40),
        note(
            "table",
            f"<h2>{WORD[:3000]}</h2>{TABLE}"
            f"<p><img src='{PICTURE}' width=99999 height=1 alt='{WORD[:900]}'></p>"
            f"<details><summary>{WORD[:900]}</summary>{SCRIPT}</details>",
            type="Article",
            name=f"{WORD[:2000]}{SCRIPT}",
        ),
        note("films", "<p>Look</p>", attachment=_attachments()),
        note(
            "poll",
            "<p>Which?</p>",
            type="Question",
            oneOf=[
                {"type": "Note", "name": text, "replies": {"totalItems": 10**9}}
                for text in (SCRIPT, WORD[:500], ZALGO + BIDI)
            ],
            endTime="2099-01-01T00:00:00Z",
        ),
        note(
            "event",
            f"<p>{SCRIPT}</p>",
            type="Event",
            name=f"{WORD[:500]}{SCRIPT}",
            startTime="2099-01-01T10:00:00Z",
            location={"type": "Place", "name": SCRIPT, "address": WORD[:2000]},
        ),
    ]


def _shown(name: str) -> dict[str, Any]:
    """Return what an actor says of itself."""
    fields = [
        {"type": "PropertyValue", "name": text, "value": text}
        for text in (SCRIPT, WORD[:2000], f"{ZALGO}{BIDI}")
    ]
    picture = {"type": "Image", "url": PICTURE, "name": SCRIPT}
    return {
        "name": name,
        "summary": f"<p>{SCRIPT}</p><p>{WORD}</p>",
        "attachment": fields,
        "icon": picture,
        "image": picture,
        "tag": [{"type": "Hashtag", "name": f"#{'t' * 900}", "href": f"http://{HOST}/t"}],
    }


def _attachments() -> list[dict[str, Any]]:
    return [
        {"type": "Image", "mediaType": "image/png", "url": PICTURE, "name": SCRIPT,
         "width": 1, "height": 100_000},
        {"type": "Image", "mediaType": "image/png", "url": PICTURE, "name": WORD[:1500],
         "width": 100_000, "height": 1},
        {"type": "Document", "mediaType": "image/svg+xml", "url": PICTURE, "name": BIDI},
        {"type": "Document", "mediaType": "video/mp4", "url": PICTURE, "name": WORD[:1500]},
        {"type": "Document", "mediaType": "text/html", "url": "javascript:alert(1)",
         "name": SCRIPT},
    ]  # fmt: skip


def _flag(actor: Actor, account: str, post: str) -> dict[str, Any]:
    return actor.activity("Flag", [account, post], "1", content=f"{SCRIPT} {WORD[:4000]}")
