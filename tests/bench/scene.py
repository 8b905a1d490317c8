"""What a real server is asked to do once, and the moulds that come of it."""

import asyncio
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fedi_k12.context import utc_now
from fedi_k12.domain.notifications import GROUP_SECONDS
from tests.bench.far import Far, Stranger, signed
from tests.bench.load import fire
from tests.bench.mould import Mould, Rows, opened, taken
from tests.bench.rows import READER, Target, follow_all, ours_on

POSTS = 10
"""So many posts a scene has: a member's, two answers, one to the member, two with pictures."""
ANSWERS = (1, 2)
NAMED = (1, 2, 3)
PICTURES = (4, 5)
SPEAKER = 10
"""The number of the member who posts in the scene; the next one follows them."""


@dataclass
class Moulds:
    """What is cast again; each is named for what it has."""

    author: Mould
    fan: Mould
    follows: Mould
    """A member follows an author elsewhere."""
    fan_follows: Mould
    neighbour_follows: Mould
    scene: Mould
    posts: list[str] = field(default_factory=list)
    """The names of the ids of the scene's posts, in order."""


async def play(folder: Path, tokens: list[str], members: list[int], far: Far) -> Moulds:
    """Let a real server meet people of each kind, and hear and say what posts are cast of."""
    async with ours_on(folder, tokens, far) as target:
        with opened(folder) as connection:
            await follow_all(target, list(range(POSTS)))
            await _settled(connection)
            # Whom the one who posts follows, they let answer.
            await follow_all(target, list(ANSWERS), member=SPEAKER)
            await _settled(connection)
            author, follows = await _author(target, connection, members)
            fan, fan_follows = await _fan(target, connection, members[SPEAKER])
            neighbour = await _neighbour(target, connection, members)
            scene, posts = await _scene(target, connection, members[SPEAKER])
    return Moulds(author, fan, follows, fan_follows, neighbour, scene, posts)


async def _settled(connection: sqlite3.Connection) -> None:
    """Wait until the server has nothing to do."""
    question = """SELECT (SELECT count(*) FROM job WHERE state < 2 AND
        due_at <= strftime('%Y-%m-%d %H:%M:%f', 'now')) + (SELECT count(*) FROM delivery)"""
    quiet = 0
    for _ in range(600):
        quiet = 0 if connection.execute(question).fetchone()[0] else quiet + 1
        if quiet == 3:
            return
        await asyncio.sleep(0.03)
    raise AssertionError("The server does not come to rest.")


async def _author(
    target: Target, connection: sqlite3.Connection, members: list[int]
) -> tuple[Mould, Mould]:
    """Somebody elsewhere whom a member follows."""
    before, began, who = taken(connection), utc_now(), target.far.author(POSTS)
    await follow_all(target, [POSTS])
    await _settled(connection)
    after, account = taken(connection), account_of(connection, who)
    holes = _called(who) | {account: "account"}
    return (
        Mould(before, _only(after, "account", "key"), holes=holes, began=began),
        Mould(
            before, _only(after, "follow"), began=began,
            holes={account: "whom", members[READER]: "who", f"member{READER}": "follower"},
        ),
    )  # fmt: skip


async def _fan(
    target: Target, connection: sqlite3.Connection, speaker: int
) -> tuple[Mould, Mould]:
    """Somebody elsewhere who follows a member."""
    who = Stranger(target.far.names.format("host0"), "fan0")
    before, began = taken(connection), utc_now()
    document, _path = await target.documents(SPEAKER)
    asked = who.activity("Follow", document["id"], "zzfollow", to=[document["id"]])
    await _send(target, connection, who, document, asked)
    after, account = taken(connection), account_of(connection, who)
    holes = _called(who) | {account: "account"}
    follow = holes | {
        speaker: "whom", "follow-zzfollow": "number", f"-{span(began)}": "span",
    }  # fmt: skip
    return (
        Mould(before, _only(after, "account", "key"), holes=holes, began=began),
        Mould(before, _only(after, "follow", "notification"), holes=follow, began=began),
    )


async def _neighbour(
    target: Target, connection: sqlite3.Connection, members: list[int]
) -> Mould:
    """A member who follows another."""
    before, began = taken(connection), utc_now()
    number = SPEAKER + 1
    await target.call("POST", f"/api/v1/accounts/{members[SPEAKER]}/follow", member=number)
    await _settled(connection)
    holes: dict[str | int, str] = {
        members[number]: "who", members[SPEAKER]: "whom", f"member{number}": "follower",
        f"-{span(began)}": "span",
    }  # fmt: skip
    return Mould(
        before, _only(taken(connection), "follow", "notification"), holes=holes, began=began
    )


async def _scene(
    target: Target, connection: sqlite3.Connection, me: int
) -> tuple[Mould, list[str]]:
    """A member posts; two answer, one likes it; others post, one to the member."""
    far, people = target.far, [target.far.author(at) for at in range(POSTS)]
    accounts = [account_of(connection, who) for who in people]
    before, began = taken(connection), utc_now()
    own = await target.call(
        "POST", "/api/v1/statuses", member=SPEAKER, status=f"{_said(0)} #mould0",
        visibility="public",
    )  # fmt: skip
    mine, _path = await target.documents(SPEAKER)
    for at in range(1, POSTS):
        await _send(target, connection, people[at], mine, _note(people[at], at, own, mine))
    like = people[0].activity("Like", own["uri"], "zzlike")
    await _send(target, connection, people[0], mine, like)
    after = taken(connection)
    question = "SELECT id FROM member WHERE account_id = ?"
    holes: dict[str | int, str] = {
        me: "me", f"member{SPEAKER}": "name", f"-{span(began)}": "span", "zzlike": "like",
        connection.execute(question, [me]).fetchone()[0]: "person",
    }  # fmt: skip
    tags = dict(connection.execute("SELECT name, id FROM tag"))
    for at, who in enumerate(people):
        holes |= {
            _said(at): f"said{at}", f"mould{at}": f"tag{at}", tags[f"mould{at}"]: f"tag_id{at}",
            accounts[at]: f"author{at}", who.host: f"host{at}", who.name: f"name{at}",
            f"zznumber{at}": f"number{at}",
        }  # fmt: skip
    kept = {name: rows for name, rows in after.items() if name not in {"tag", "host"}}
    posts = sorted(key[0] for key in after["post"] if key not in before["post"])
    if len(posts) != POSTS or far.author(1).uri not in after["post"][(posts[1],)][1]:
        raise AssertionError(f"The server took {len(posts)} of {POSTS} posts.")
    mould = Mould(before, kept, holes=holes, began=began)
    return mould, [f"i{number}" for number in posts]


def _note(
    who: Stranger, at: int, own: dict[str, Any], mine: dict[str, Any]
) -> dict[str, object]:
    href = f"{who.scheme}://{who.host}/tags/mould{at}"
    told: list[dict[str, object]] = [{"type": "Hashtag", "name": f"#mould{at}", "href": href}]
    more: dict[str, object] = {}
    if at in NAMED:
        told.append({"type": "Mention", "href": mine["id"], "name": f"@member{SPEAKER}"})
        more["cc"] = [f"{who.uri}/followers", mine["id"]]
    if at in ANSWERS:
        more["inReplyTo"] = own["uri"]
    number = f"zznumber{at}"
    if at in PICTURES:
        more["attachment"] = [
            {
                "type": "Image", "mediaType": "image/webp", "name": "A drawing on a whiteboard",
                "url": f"{who.scheme}://{who.host}/media/{number}.webp", "width": 640,
                "height": 480, "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
            }
        ]  # fmt: skip
    link = f"<a href='{href}' class='mention hashtag' rel='tag'>#mould{at}</a>"
    url = f"{who.scheme}://{who.host}/@{who.name}/{number}"
    note = who.note(number, f"<p>{_said(at)} {link}</p>", tag=told, url=url, **more)
    return who.create(note, number)


async def _send(
    target: Target,
    connection: sqlite3.Connection,
    who: Stranger,
    mine: dict[str, Any],
    activity: dict[str, object],
) -> None:
    """Bring an activity to a member's inbox, and wait until all is done."""
    path = "/" + str(mine["inbox"]).split("/", 3)[3]
    result = await fire(
        target.place, [signed(target.place, who, path, activity)], connections=1
    )
    if result.refused():
        raise AssertionError(f"{activity['type']} was refused: {result.refused()}")
    await _settled(connection)
    if isinstance(note := activity["object"], dict):
        # It may be done later what did not come off at once.
        question = "SELECT count(*) FROM post WHERE uri = ?"
        for _ in range(1000):
            if connection.execute(question, [note["id"]]).fetchone()[0]:
                return await _settled(connection)
            await asyncio.sleep(0.05)
        raise AssertionError(f"{note['id']} was not taken in.")
    return None


def _said(at: int) -> str:
    return f"zzsaid{at}"


def span(moment: datetime) -> int:
    """Return the part of the day in which notices are told together."""
    return int(moment.timestamp()) // GROUP_SECONDS


def account_of(connection: sqlite3.Connection, who: Stranger) -> int:
    """Return the id of somebody's account."""
    found = connection.execute("SELECT id FROM account WHERE uri = ?", [who.uri]).fetchone()
    if found is None:
        raise AssertionError(f"The server does not know {who.uri}.")
    return int(found[0])


def _called(stranger: Stranger) -> dict[str | int, str]:
    return {stranger.host: "host", stranger.name: "name", stranger.name.title(): "shown"}


def _only(rows: Rows, *tables: str) -> Rows:
    return {table: rows[table] for table in tables}
