"""A school's voice, over two districts: asked, answered, written, returned, let out, deleted.

Families live at riverside.test, the school at lincoln.test: real servers, over TLS. Ada writes
in an app that was let in as the school, Tom is the second person, Maya answers from the desk.
S-23, S-37, S-38, S-46, S-47 and R-13, as people meet them.
"""

import re
import sqlite3
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from mastodon import Mastodon, MastodonAPIError

from tests.live import Districts, Live, Sitting, seen

pytestmark = pytest.mark.timeout(300)
HELD = 90.0
"""Seconds for which an official account's posts can be taken back quietly."""
APP = "https://app.example/"


class Team:
    """The school's people, at the pages of their district and in an app."""

    def __init__(self, districts: Districts) -> None:
        self.districts, self.server = districts, districts.lincoln
        for name in ("maya", "tom", "ada"):
            self.server.member(name)
        self._make_school()
        self.ada = self._sit("ada")
        self.tom = self._sit("tom")
        self.maya = self._sit("maya")
        self.app = self._app(self.ada)

    def _make_school(self) -> None:
        ok = self.server.ok
        ok("account", "create", "school", "--kind", "organization")
        for name, role in (("maya", "manager"), ("tom", "manager"), ("ada", "author")):
            ok("delegate", "school", "add", name, "--role", role)
        ok(
            "charter", "school", "set", "--goal", "News", "--audience", "Families",
            "--speakers", "The office", "--answered", "Questions about school days",
        )  # fmt: skip

    def _sit(self, name: str) -> Sitting:
        sitting = Sitting(self.districts, self.server, name)
        self.speak(sitting)
        press(sitting, "/@school/guide", r"/official/\d+/guide/accept")
        self.stop_speaking(sitting)
        return sitting

    def speak(self, sitting: Sitting) -> None:
        """Let somebody speak for the school from now on."""
        asked = {"acct": "school"}
        found = sitting.session.get(f"{sitting.base}/api/v1/accounts/lookup", params=asked)
        number = found.json()["id"]
        press(sitting, f"/speak?account={number}", "/speak", account=number)

    def stop_speaking(self, sitting: Sitting) -> None:
        """Let somebody speak for themselves again."""
        press(sitting, "/speak", "/speak")

    def _app(self, sitting: Sitting) -> Mastodon:
        base = f"https://{self.server.domain}"
        session = self.districts.session()
        made = Mastodon.create_app(
            "Desk",
            api_base_url=base,
            redirect_uris=APP,
            scopes=["read", "write"],
            session=session,
        )
        app = Mastodon(*made, api_base_url=base, session=session)
        asked = app.auth_request_url(redirect_uris=APP, scopes=["read", "write"])
        path = asked.removeprefix(base)
        chosen = re.search(r'name="account" value="(\d+)"(?! checked)', sitting.get(path))
        assert chosen
        answer = try_press(
            sitting, path, "/oauth/authorize", account=chosen[1], decision="allow"
        )
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        app.log_in(code=code, redirect_uri=APP, scopes=["read", "write"])
        return app

    def waiting(self) -> str:
        """Return the page of the newest draft that waits for a second person."""
        found = re.search(r"/approvals/\d+", self.tom.get("/approvals"))
        assert found, "nothing waits"
        return found[0]


def try_press(sitting: Sitting, page: str, action: str, **fields: str) -> Any:
    """Send the form of a page that goes to an address (a pattern), filled in further."""
    text = sitting.get(page)
    forms = re.findall(rf'<form[^>]*action="({action})"[^>]*>(.*?)</form>', text, re.DOTALL)
    assert forms, f"no form goes to {action} on {page}"
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', forms[0][1]))
    typed = {name: unescape(value) for name, value in hidden.items()} | fields
    return sitting.session.post(
        sitting.base + forms[0][0], data=typed, timeout=20, allow_redirects=False
    )


def press(sitting: Sitting, page: str, action: str, **fields: str) -> str:
    """Send such a form, which has to work; return where it leads."""
    answer = try_press(sitting, page, action, **fields)
    assert answer.status_code == 303, (action, answer.status_code, answer.text[:500])
    return str(answer.headers["Location"])


@pytest.fixture(scope="module")
def districts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Districts]:
    made = Districts(tmp_path_factory.mktemp("voice"))
    with made.names_known():
        try:
            for server in (made.lincoln, made.riverside):
                server.start()
            yield made
        finally:
            for server in (made.lincoln, made.riverside):
                server.stop()


def test_a_school_listens_answers_writes_and_takes_back(districts):
    team, priya = Team(districts), districts.client(districts.riverside, "priya")
    school = priya.search("@school@lincoln.test", resolve=True)["accounts"][0]
    priya.account_follow(school["id"])
    home = priya.timeline_home

    # A family asks from the other district; the team finds it at the desk.
    asked = priya.status_post("@school@lincoln.test When does the library open?")
    team.speak(team.maya)
    desk = seen(lambda: re.search(r"/desk/\d+", team.maya.get("/desk")), within=15)[0]
    assert "When does the library open?" in team.maya.get(desk)
    press(team.maya, desk, f"{desk}/assign", to="me")
    text = "@priya@riverside.test At eight."
    press(team.maya, desk, "/posts", text=text, who="public")
    press(team.tom, team.waiting(), r"/approvals/\d+/approve")

    # An author writes in an app: it waits, the same for a repeated key.
    wrong = {"status": "Open house on Thurzday", "idempotency_key": "one"}
    for _ in range(2):
        with pytest.raises(MastodonAPIError, match="Saved for approval"):
            team.app.status_post(**wrong)
    draft = team.waiting()
    press(team.tom, draft, r"/approvals/\d+/return", comment="Thursday.")
    press(team.ada, draft, r"/approvals/\d+/correct", text="Open house on Thursday")
    press(team.tom, draft, r"/approvals/\d+/approve")
    # Second thoughts, before anybody elsewhere was told.
    first = team.app.account_statuses(team.app.me()["id"])[0]
    assert "Thursday" in first["content"]
    team.speak(team.tom)
    back = try_press(team.tom, f"/@school/{first['id']}", r"/posts/\d+/undo")
    assert "Open house on Thursday" in back.text
    team.stop_speaking(team.tom)
    with pytest.raises(MastodonAPIError, match="Saved for approval"):
        team.app.status_post("Open house on Friday")
    press(team.tom, team.waiting(), r"/approvals/\d+/approve")
    out = team.app.account_statuses(team.app.me()["id"])[0]

    # Both come when the window is over, and only they.
    assert home() == [one for one in home() if one["account"]["acct"] == "priya"]
    seen(lambda: "Friday" in str([one["content"] for one in home()]), within=HELD + 60, every=1)
    answer = seen(lambda: priya.status_context(asked["id"])["descendants"], within=30)[0]
    assert (answer["account"]["acct"], answer["in_reply_to_id"]) == (
        "school@lincoln.test",
        asked["id"],
    )
    assert "Thursday" not in str([one["content"] for one in home()])
    assert "Answered by @maya" in team.maya.get(desk)

    # It is deleted, with an honest report; the record stays.
    team.app.status_delete(out["id"])
    seen(lambda: "Friday" not in str([one["content"] for one in home()]), within=15)
    told = "Asked 1 server, 1 confirmed receipt. Copies may remain."
    seen(lambda: told in team.maya.get(f"/deletions/{out['id']}"), within=15)

    # The records of all this verify, and one changed byte is named.
    assert districts.lincoln.run("records", "verify").returncode == 0
    number = change_one_byte(districts.lincoln)
    found = districts.lincoln.run("records", "verify")
    assert found.returncode != 0
    assert str(number) in found.stdout + found.stderr


def change_one_byte(server: Live) -> int:
    """Change the newest record in the store as an intruder would; return its number."""
    server.stop()
    store = next((server.folder / "data").glob("*.db"))
    with sqlite3.connect(store) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'record_body'"
        ).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        [number] = connection.execute("SELECT max(seq) FROM record_body").fetchone()
        connection.execute(
            "UPDATE record_body SET body = CAST(body || ' ' AS BLOB) WHERE seq = ?", (number,)
        )
    return int(number)
