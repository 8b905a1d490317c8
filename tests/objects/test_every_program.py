"""Every program of the fediverse, both ways: its post is taken in through the inbox, shown
by the API and on a page, and answered with a reply, a favourite and a boost.

Row 1.7 "Note". Row 1.7 "Mention". Row 1.7 "Hashtag". Row 1.7 "Attachments".
Row 1.6 "Levels in". Row 1.16 "PeerTube follow". Row 1.16 "Pixelfed".
"""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fedi_k12.worker import run_until_idle
from tests.remote import KEYS, PUBLIC, Actor

SAMPLES = Path(__file__).parent.parent / "samples"
PROGRAMS = sorted(path.parent.name for path in SAMPLES.glob("*/post.json"))
WORDS = {
    "bookwyrm": "about bridges",
    "bridgyfed": "over the bridge",
    "friendica": "Good morning, all",
    "ghost": "Because.",
    "gotosocial": "Leaves under glass",
    "lemmy": "eighths",
    "mastodon": "We folded eighths",
    "misskey": "Look at this",
    "mobilizon": "Maths night",
    "nodebb": "In pairs, for me.",
    "peertube": "Folding eighths",
    "piefed": "best",
    "pixelfed": "Frost on the window",
    "pleroma": "morning",
    "threads": "Hi from a phone",
    "wordpress": "Come on Friday.",
    "writefreely": "patient",
}
"""What somebody who opens the post must read."""


@dataclass
class Sampled(Actor):
    """The actor of a sample, who has its own address and key."""

    at: str = ""
    key: str = ""

    @property
    def uri(self) -> str:
        return self.at

    @property
    def key_id(self) -> str:
        return self.key


def sample(program, name):
    # The fake servers speak plain HTTP; nothing else of the documents is changed.
    text = (SAMPLES / program / f"{name}.json").read_text()
    host = urlsplit(json.loads(text)["id"]).hostname
    return json.loads(text.replace(f"https://{host}", f"http://{host}")), host


def test_every_program_of_the_matrix_is_here():
    assert set(PROGRAMS) == set(WORDS)
    assert len(PROGRAMS) >= 17


@pytest.fixture
async def peer(make_server, request):
    """The server of the program: its actor, and the post that it sends."""
    actor, host = sample(request.param, "actor")
    create, _host = sample(request.param, "post")
    actor["publicKey"]["publicKeyPem"] = KEYS.public_pem
    server = await make_server(host)
    path = actor["id"].removeprefix(f"http://{host}")
    server.documents[path] = actor
    server.webfinger = lambda resource: {
        "subject": f"acct:{actor['preferredUsername']}@{host}",
        "links": [{"rel": "self", "type": "application/activity+json", "href": actor["id"]}],
    }
    sender = Sampled(
        host, actor["preferredUsername"], at=actor["id"], key=actor["publicKey"]["id"]
    )
    return request.param, server, sender, create


@pytest.mark.parametrize("peer", PROGRAMS, indirect=True)
async def test_its_posts_are_read_here_and_answered(
    ctx, client, send, befriend, home, status, post_row, at_maya, maya, peer
):
    program, server, sender, create = peer
    account = await befriend(sender)
    uri = create["object"]["id"]

    assert await send(sender, create) == 202

    entity = await status(uri)
    assert [item["uri"] for item in await home()] == [uri]
    shown_whole = entity["content"] + json.dumps(entity["card"], ensure_ascii=False)
    assert WORDS[program] in shown_whole
    assert entity["visibility"] == "public"
    row = await post_row(uri)
    page = await at_maya.get(f"/@{account.acct}/{row.id}")
    assert page.status == 200
    assert WORDS[program] in page.main.text

    server.delivered.clear()
    for path, fields in (
        ("favourite", {}),
        ("reblog", {}),
        ("", {"status": f"@{account.acct} Thank you", "in_reply_to_id": str(row.id)}),
    ):
        url = f"/api/v1/statuses/{row.id}/{path}" if path else "/api/v1/statuses"
        answer = await client.post(url, data=fields, headers=maya.headers)
        assert answer.status == 200, await answer.text()
    await run_until_idle(ctx)

    sent = {item.body["type"]: item for item in server.delivered}
    assert {"Like", "Announce", "Create"} <= set(sent)
    assert sent["Like"].body["object"] == uri
    assert sent["Like"].body["actor"] == maya.account.uri
    announce = sent["Announce"].body
    assert announce["object"] == uri
    assert sender.uri in announce["cc"]
    reply = sent["Create"].body["object"]
    assert reply["inReplyTo"] == uri
    assert reply["attributedTo"] == maya.account.uri
    assert [tag["href"] for tag in reply["tag"]] == [sender.uri]
    assert sender.uri in [*reply["to"], *reply["cc"]]
    assert PUBLIC in [*reply["to"], *reply["cc"]]
    inboxes = {urlsplit(account.inbox).path, urlsplit(account.shared_inbox or "").path}
    assert {item.path for item in sent.values()} <= inboxes
    assert all("Signature" in item.headers for item in sent.values())
