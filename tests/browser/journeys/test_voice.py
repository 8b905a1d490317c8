"""A school's voice, over two districts, from an app to the records of the week.

Families live at riverside.test, the school at lincoln.test: real servers over TLS, which go by
a clock that is put forward, and hear each other through a wire that keeps all they say. Ada
writes in an app that was let in as the school, Tom is the second person, Maya answers from the
desk and edits the digest. S-23, S-37, S-38, S-43, S-46, S-47 and R-13, as people meet them.
"""

import asyncio
import hashlib
import json
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from mastodon import Mastodon, MastodonAPIError
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.windows import HEIGHT, WIDE
from tests.live import PASSWORD, Districts, Live, seen
from tests.moved_clock import MovedClock
from tests.wire import Wire

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]
HERE, THERE = "https://lincoln.test", "https://riverside.test"
HELD = 91.0
"""Seconds after which an official account's posts cannot be taken back quietly any more."""
PATIENCE = 30.0
"""Seconds in which one server has told the other, on a machine that does much else."""
SHOWN = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = ["read", "write"]
CHARTER = (
    "--goal", "News", "--audience", "Families", "--speakers", "The office", "--answered",
    "Questions about school days",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Played:
    """Where the journey takes place."""

    districts: Districts
    wire: Wire
    family: "Family"


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> MovedClock:
    """The clock of both servers: it is three in the afternoon, far from any midnight."""
    moved = MovedClock(tmp_path_factory.mktemp("clock") / "ahead")
    moved.wait_for(hour=15)
    return moved


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory,
    names: dict[str, tuple[str, int]],
    clock: MovedClock,
) -> Iterator["Played"]:
    """The school's district and the families', and the wire between them."""
    both = Districts(tmp_path_factory.mktemp("voice"), names)
    servers = (both.lincoln, both.riverside)
    with both.names_known(), Wire(both.places, both.authority).listening() as wire:
        try:
            for server in servers:
                server.program = "tests.moved_clock"
                server.environment |= clock.environment | {"FEDI_K12_RESOLVE": wire.resolve}
                server.start()
            _settle(both.lincoln)
            create = ("account", "create", "priya", "--password-stdin")
            *_, token = both.riverside.many(
                (create, PASSWORD + "\n"), (("token", "create", "priya"), "")
            )
            priya = Mastodon(access_token=token, api_base_url=THERE, session=both.session())
            yield Played(both, wire, Family(priya))
        finally:
            for server in servers:
                server.stop()


def _settle(server: Live) -> None:
    """Let there be a school and a district, and three people who act for both."""
    commands = [
        (("account", "create", name, "--password-stdin", "--role", role), PASSWORD + "\n")
        for name, role in (("maya", "owner"), ("tom", "member"), ("ada", "member"))
    ]
    for name in ("school", "district"):
        commands.append((("account", "create", name, "--kind", "organization"), ""))
        for person, role in (("maya", "manager"), ("tom", "manager"), ("ada", "author")):
            commands.append((("delegate", name, "add", person, "--role", role), ""))
        commands.append((("charter", name, "set", *CHARTER), ""))
    server.many(*commands)


@pytest_asyncio.fixture(loop_scope="session")
async def people(browser: Browser, place: Played) -> AsyncIterator[dict[str, Page]]:
    """Everybody's browsers, signed in, by name: no page may run into an error."""
    del place
    troubles: list[str] = []
    opened = {}
    for name in ("maya", "tom", "ada", "priya"):
        context = await browser.new_context(
            viewport={"width": WIDE, "height": HEIGHT},
            reduced_motion="reduce",
            # The authority is thrown away after the test, and Chromium does not know it.
            ignore_https_errors=True,
        )
        page = opened[name] = await context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await page.goto(f"{THERE if name == 'priya' else HERE}/auth/sign_in")
        await page.get_by_label("E-mail address or short name").fill(name)
        await page.get_by_label("Password").fill(PASSWORD)
        await press(page, "Sign in")
        await page.wait_for_url("**/home")
    yield opened
    for page in opened.values():
        await page.context.close()
    assert troubles == []


async def press(page: Page, word: str) -> None:
    """Press the button of a page that says this."""
    await page.get_by_role("main").get_by_role("button", name=word, exact=True).click()


async def says(page: Page, text: str) -> None:
    main = page.get_by_role("main")
    await expect(main).to_contain_text(text, timeout=PATIENCE * 1000)


async def comes(page: Page, what: Locator) -> Locator:
    """Load a page anew, as people do, until something is on it."""
    ends = time.monotonic() + PATIENCE
    while not await what.count():
        assert time.monotonic() < ends, await page.get_by_role("main").inner_text()
        await page.reload()
    return what.first


async def speak(page: Page, name: str) -> None:
    """Let somebody speak for an official account from now on."""
    await page.goto(f"{HERE}/speak")
    await page.get_by_role("link", name=f"Speak as {name}", exact=True).click()
    await press(page, f"Write as {name}")
    await expect(page.get_by_role("region", name="Who is speaking")).to_contain_text(name)


async def stop_speaking(page: Page) -> None:
    await page.get_by_role("button", name="Speak as myself again").click()
    await expect(page.get_by_role("region", name="Who is speaking")).to_have_count(0)


async def accept_guide(page: Page, name: str) -> None:
    """Accept what an account's guide says, for which one speaks first."""
    await speak(page, name)
    await page.get_by_role("link", name="the guide", exact=True).click()
    await press(page, "I read it and accept it")
    await says(page, "You accepted this.")
    await stop_speaking(page)


async def find_waiting(page: Page, text: str) -> None:
    """Open what waits for a second person and says this: there is but one."""
    await page.goto(f"{HERE}/approvals")
    found = page.get_by_role("article").filter(has_text=text)
    await expect(found).to_have_count(1, timeout=PATIENCE * 1000)
    await found.get_by_role("heading").get_by_role("link").click()
    await says(page, "As families will see it")


async def approve(page: Page, text: str) -> None:
    await find_waiting(page, text)
    await press(page, "Approve")
    await says(page, "Done.")


async def let_in(page: Page, both: Districts, name: str) -> Mastodon:
    """Let an app in that may write as an official account; return it."""
    session = both.session()
    made = await asyncio.to_thread(
        Mastodon.create_app,
        "Desk", api_base_url=HERE, redirect_uris=SHOWN, scopes=SCOPES, session=session,
    )  # fmt: skip
    app = Mastodon(*made, api_base_url=HERE, session=session)
    await page.goto(app.auth_request_url(redirect_uris=SHOWN, scopes=SCOPES))
    await page.get_by_role("radio", name=name).check()
    await press(page, "Let it in")
    code = await page.locator("#code").inner_text()
    await asyncio.to_thread(app.log_in, code=code, redirect_uri=SHOWN, scopes=SCOPES)
    return app


async def held(app: Mastodon, text: str, **more: str) -> None:
    """Write in an app what is kept for a second person, which the app is told."""
    with pytest.raises(MastodonAPIError, match="Saved for approval"):
        await asyncio.to_thread(app.status_post, text, **more)


class Family:
    """What a family reads in an app of their own, at the other server."""

    def __init__(self, app: Mastodon) -> None:
        self.app = app

    async def follow(self, *handles: str) -> None:
        for handle in handles:
            found = await asyncio.to_thread(self.app.search, handle, resolve=True)
            await asyncio.to_thread(self.app.account_follow, found["accounts"][0]["id"])

    def home(self) -> str:
        """Return who said what to them, the newest first."""
        found = self.app.timeline_home()
        return "\n".join(f"{one['account']['acct']}: {one['content']}" for one in found)

    async def sees(self, words: str) -> None:
        await asyncio.to_thread(seen, lambda: words in self.home(), within=PATIENCE)

    async def no_longer_sees(self, words: str) -> None:
        await asyncio.to_thread(seen, lambda: words not in self.home(), within=PATIENCE)


async def test_a_school_writes_is_held_answers_tells_the_day_and_takes_back(
    place, people, clock
):
    """S-37, S-38, S-47, S-23, S-43 and R-13, one after the other."""
    both, wire, family = place.districts, place.wire, place.family
    ada, tom, maya, priya = (people[name] for name in ("ada", "tom", "maya", "priya"))
    await _prepare(people)
    app = await let_in(ada, both, "school")
    await family.follow("@school@lincoln.test", "@district@lincoln.test")

    # Captured outbox: before approval not one byte about the draft leaves the server.
    await _draft(app, ada, tom)
    assert wire.told("Open house") == []
    assert _kinds_sent(wire) <= {"Accept"}
    first = await _take_back(app, ada, tom)
    clock.advance(seconds=HELD)
    await approve(tom, "Open house on Friday")
    # The window of the first one is over, and that of the second one is not.
    assert "Open house" not in await asyncio.to_thread(family.home)
    assert wire.told("Open house") == []
    assert _kinds_sent(wire) <= {"Accept"}
    clock.advance(seconds=HELD)
    await family.sees("school@lincoln.test: <p>Open house on Friday")
    assert wire.told("Open house on Friday")

    await _ask(priya, "How do we get there by bus?")
    await _answer(maya, tom, "Line four stops at the gate.")
    clock.advance(seconds=HELD)
    await _answered(family, maya)

    clock.wait_for(hour=7)
    # The server is started anew every night.
    await asyncio.to_thread(both.lincoln.stop)
    await asyncio.to_thread(both.lincoln.start)
    await _tell_the_day(maya, tom)
    assert "What happened yesterday" not in await asyncio.to_thread(family.home)
    clock.advance(seconds=HELD)
    await family.sees("district@lincoln.test: <p>What happened yesterday in our schools")

    out = await _newest(app, "Open house on Friday")
    await asyncio.to_thread(app.status_delete, out["id"])
    await family.no_longer_sees("school@lincoln.test: <p>Open house on Friday")
    await _read_report(maya)
    assert [one.host for one in wire.told('"Tombstone"')] == ["riverside.test"]
    # What was taken back in time never left, not even as a name.
    assert wire.told("Thursday") == wire.told(first["uri"]) == []

    await asyncio.to_thread(_records_hold, both.lincoln, clock)


async def _prepare(people: dict[str, Page]) -> None:
    """Let the district tell the day's digest, and everybody read how to write for it."""
    maya = people["maya"]
    await maya.goto(f"{HERE}/moderation/site")
    await maya.get_by_label("Account that tells the day's digest").fill("district")
    await press(maya, "Save")
    for name, accounts in (
        ("ada", ["school"]),
        ("tom", ["school", "district"]),
        ("maya", ["school", "district"]),
    ):
        for account in accounts:
            await accept_guide(people[name], account)


async def _draft(app: Mastodon, ada: Page, tom: Page) -> None:
    """Write in the app, twice with one key; have it returned, correct it, and get it out."""
    for _ in range(2):
        await held(app, "Open house on Thurzday", visibility="public", idempotency_key="one")
    await find_waiting(tom, "Open house on Thurzday")
    await tom.get_by_label("What is to be changed").fill("It is spelled Thursday.")
    await press(tom, "Return")
    await says(tom, "Done.")
    await find_waiting(ada, "Open house on Thurzday")
    await says(ada, "It is spelled Thursday.")
    await ada.get_by_role("textbox", name="Text").fill("Open house on Thursday")
    await press(ada, "Send again")
    await find_waiting(tom, "Open house on Thursday")


async def _take_back(app: Mastodon, ada: Page, tom: Page) -> Any:
    """Let it out, and take it back before anybody elsewhere was told; return what it was."""
    await press(tom, "Approve")
    await says(tom, "Done.")
    out = await _newest(app, "Open house on Thursday")
    await speak(ada, "school")
    await ada.goto(f"{HERE}/@school/{out['id']}")
    await says(ada, "Other servers are told of this after")
    await press(ada, "Take it back")
    text = ada.get_by_label("Your post")
    await expect(text).to_have_value("Open house on Thursday")
    await text.fill("Open house on Friday")
    await press(ada, "Post")
    await says(ada, "Saved for approval.")
    await stop_speaking(ada)
    return out


async def _newest(app: Mastodon, text: str) -> Any:
    me = await asyncio.to_thread(app.me)
    found = await asyncio.to_thread(app.account_statuses, me["id"])
    return next(one for one in found if text in one["content"])


async def _ask(priya: Page, text: str) -> None:
    """Answer the school's post where the family reads it."""
    await priya.goto(f"{THERE}/home")
    post = priya.get_by_role("article").filter(has_text="Open house on Friday")
    await post.get_by_role("link", name="Reply").click()
    await _add(priya.get_by_role("textbox", name="Reply"), text)
    await _post_for_everybody(priya, "Reply")
    await priya.wait_for_url(f"{THERE}/@priya/*")


async def _answer(maya: Page, tom: Page, text: str) -> None:
    """Take what was asked at the desk, answer it, and have a second person let it out."""
    await speak(maya, "school")
    await maya.get_by_role("navigation").get_by_role("link", name="Response desk").click()
    asked = maya.get_by_role("article").filter(has_text="How do we get there by bus?")
    await (await comes(maya, asked)).get_by_role("heading").get_by_role("link").click()
    await press(maya, "I will answer")
    await says(maya, "You are to answer this.")
    await _add(maya.get_by_role("textbox", name="Answer"), text)
    await press(maya, "Answer")
    await says(maya, "Saved for approval.")
    await maya.get_by_role("navigation").get_by_role("link", name="Response desk").click()
    await asked.get_by_role("heading").get_by_role("link").click()
    await says(maya, "An answer waits for a second person.")
    await approve(tom, text)


async def _post_for_everybody(page: Page, button: str) -> None:
    """Send the first public post of a member, and say that it is meant so."""
    await press(page, button)
    await says(page, "For everybody?")
    await press(page, "Post")


async def _add(box: Locator, text: str) -> None:
    """Write on, behind the name of whom one answers."""
    await expect(box).to_have_value(re.compile("^@[^ ]+ $"))
    await box.press("Control+End")
    await box.press_sequentially(text)


async def _answered(family: Family, maya: Page) -> None:
    """See the answer under the question at the other server, and the case as answered."""

    def found() -> Any:
        question = family.app.account_statuses(family.app.me()["id"])[0]
        below = family.app.status_context(question["id"])["descendants"]
        return below and (below[0], question)

    answer, question = await asyncio.to_thread(seen, found, within=PATIENCE)
    assert answer["account"]["acct"] == "school@lincoln.test"
    assert answer["in_reply_to_id"] == question["id"]
    await maya.reload()
    await says(maya, "Answered by @maya")
    await stop_speaking(maya)


async def _tell_the_day(maya: Page, tom: Page) -> None:
    """Edit the digest of yesterday, and have a second person let it out."""
    for page in (maya, tom):
        await page.goto(f"{HERE}/approvals")
        day = page.get_by_role("region", name="The digest of a day").get_by_role("link")
        await (await comes(page, day)).click()
        if page is maya:
            await says(page, "Open house on Friday")
            await page.get_by_label("Take it in").check()
            await page.get_by_label("Your line about it").fill("Come and see the robots.")
            await press(page, "Send to a second person")
            await says(page, "It waits for a second person. @maya edited it.")
            await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    await says(tom, "Come and see the robots.")
    await press(tom, "Approve")
    await tom.get_by_role("link", name="Read it", exact=True).click()
    await says(tom, "Open house on Friday")


async def _read_report(maya: Page) -> None:
    """Read what became of the deleted post; it stands in the digest no longer."""
    await maya.goto(f"{HERE}/approvals")
    await maya.get_by_role("link", name="How many servers were asked").click()
    await maya.get_by_role("link", name="Open house on Friday").click()
    report = "Asked 1 server, 1 confirmed receipt. Copies may remain."
    await comes(maya, maya.get_by_text(report))
    await maya.goto(f"{HERE}/digest")
    await maya.get_by_role("main").locator("table").get_by_role("link").click()
    await says(maya, "Nothing is left")


def _kinds_sent(wire: Wire) -> set[str]:
    """Return what kinds of activities were delivered to the families' server."""
    return {json.loads(one.sent)["type"] for one in wire.letters("riverside.test")}


def _records_hold(server: Live, clock: MovedClock) -> None:
    """The records of the week are whole, until one byte of one of them is changed."""
    today = clock.now().date()
    monday = today - timedelta(days=today.weekday() + 1)
    folder = server.folder / "week"
    span = ("--from", monday.isoformat(), "--to", today.isoformat())
    *_, told, whole = server.many(
        (("records", "export", "school", str(folder), *span), ""), (("records", "verify"), "")
    )
    assert told.endswith(hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest())
    _all_is_in(folder)
    assert whole.startswith("Whole: ")
    number = change_one_byte(server)
    found = server.run("records", "verify")
    assert found.returncode != 0
    assert f"record {number} " in found.stderr


def _all_is_in(folder: Path) -> None:
    """What was handed out is what its manifest says, and tells the whole story."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for one in manifest["files"]:
        there = hashlib.sha256((folder / one["file"]).read_bytes()).hexdigest()
        assert there == one["sha256"], one
    lines = (folder / "activities.jsonl").read_text("utf-8").splitlines()
    kept = [json.loads(line) for line in lines]
    assert len(kept) == manifest["records"]
    said = "".join(one["bytes"] for one in kept)
    for words in ("Thurzday", "It is spelled Thursday.", "by bus?", "Line four", '"Delete"'):
        assert words in said, words


def change_one_byte(server: Live) -> int:
    """Change a letter in a record amid the others, as an intruder would; return its number."""
    server.stop()
    store = next((server.folder / "data").glob("*.db"))
    with sqlite3.connect(store) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'record_body'"
        ).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        [number] = connection.execute(
            "SELECT min(seq) FROM record_body WHERE CAST(body AS TEXT) LIKE '%on Friday%'"
        ).fetchone()
        connection.execute(
            "UPDATE record_body SET"
            " body = CAST(replace(CAST(body AS TEXT), 'on Friday', 'on Fridaz') AS BLOB)"
            " WHERE seq = ?",
            (number,),
        )
    return int(number)
