"""The rules of humane design, by their ids: what `/humane` promises holds."""

import ast
import re
from pathlib import Path

import pytest

import fedi_k12
import storage.tables
import webui
from fedi_k12.domain.mailings import Every
from fedi_k12.domain.notifications import NotificationPolicy
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.preferences import Preferences
from fedi_k12.services import mailings, reactions, timelines
from fedi_k12.settings import Settings, documentation
from storage.tables import AccountRow
from storage.tables.base import Base
from tests.browse import Page
from tests.conftest import PASSWORD

ROOT = Path(__file__).parent.parent.parent
PAGES = Path(webui.__file__).parent
TEMPLATES = sorted((PAGES / "templates").rglob("*.html"))
LETTERS = sorted({*PAGES.glob("*mail*.py"), *PAGES.glob("*letter*.py")})
SCRIPTS = sorted((PAGES / "static").glob("*.js"))
SHEETS = sorted((PAGES / "static").glob("*.css"))
PUBLIC = (
    "/",
    "/about",
    "/rules",
    "/privacy",
    "/accessibility",
    "/humane",
    "/help",
    "/local",
    "/@maya",
    "/auth/sign_in",
)
OTHER_WORD = re.compile(r"\busers?\b", re.IGNORECASE)


@pytest.fixture
def call(client):
    """Return a function that asks the client API as a member, and returns what was said."""

    async def run(member, method, path, **more):
        answer = await client.request(method, path, headers=member.headers, **more)
        assert answer.status == 200, await answer.text()
        return await answer.json()

    return run


def names_of_the_store() -> set[str]:
    """Return the names of all tables and columns."""
    assert storage.tables
    tables = Base.metadata.tables.values()
    return {table.name for table in tables} | {
        column.name
        for table in tables
        for column in table.columns
        # How grave an alert is, is no game.
        if (column.name, table.name.partition("_")[0]) != ("level", "alert")
    }


def routes_of(client) -> set[str]:
    return {resource.canonical for resource in client.app.router.resources()}


def words(names: set[str]) -> set[str]:
    """Return the single words that names are made of."""
    return {word for name in names for word in re.split(r"[^a-z]+", name.lower())}


def spoken(path: Path) -> str:
    """Return what a template says to people: what stands in `_()`."""
    text = path.read_text("utf-8")
    return " ".join(
        found[1] for found in re.findall(r"""\b(?:n?gettext|_)\((["'])(.+?)\1""", text)
    )


async def pages_of(browser, paths=PUBLIC) -> list[Page]:
    return [await browser.get(path) for path in paths]


def test_h1_there_is_no_place_for_an_advertisement(client):
    places = words(names_of_the_store() | routes_of(client) | set(documentation()))

    assert not places & {
        "ad", "ads", "advert", "advertisement", "sponsor", "sponsored", "promoted", "campaign",
        "bid", "paid", "impression", "impressions",
    }  # fmt: skip


@pytest.mark.parametrize("path", PUBLIC)
async def test_h2_pages_ask_no_other_server(visitor, maya, publish, path):
    await publish(maya, "Look: https://elsewhere.example/a.png", visibility=Visibility.PUBLIC)
    page = await visitor.get(path)

    asked = [one["src"] for name in ("img", "script", "iframe", "video", "audio", "source")
             for one in page.root.find(name)]  # fmt: skip
    asked += [one["href"] for one in page.root.find("link") if one["rel"] != "alternate"]
    assert [one for one in asked if not re.match(r"#|/(?!/)|https://home\.example/", one)] == []
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "http" not in page.headers["Content-Security-Policy"]


async def test_h3_who_reads_gets_no_cookie(visitor, maya, publish):
    await publish(maya, "For everybody.", visibility=Visibility.PUBLIC)

    for page in await pages_of(visitor, ("/", "/about", "/humane", "/help", "/tags/clay")):
        assert "Set-Cookie" not in page.headers, page.url
    assert visitor.cookies == {}


async def test_h4_home_is_complete_and_newest_first(call, maya, tom, publish, befriend):
    await befriend(tom, maya)
    written = []
    for number in range(45):
        author = (maya, tom)[number % 3 == 0]
        written.append(str(await publish(author, f"Number {number}")))

    read: list[str] = []
    while page := await call(
        tom, "GET", "/api/v1/timelines/home", params={"limit": 20, **_before(read)}
    ):
        read += [post["id"] for post in page]

    assert read == sorted(written, key=int, reverse=True)


def _before(read: list[str]) -> dict[str, str]:
    return {"max_id": read[-1]} if read else {}


async def test_h5_nothing_is_picked_by_a_machine(call, maya, at_tom, publish):
    await publish(maya, "Liked #clay", visibility=Visibility.PUBLIC)
    for path in (
        "/api/v1/trends/tags", "/api/v1/trends/statuses", "/api/v1/trends/links",
        "/api/v1/suggestions", "/api/v2/suggestions",
    ):  # fmt: skip
        assert await call(maya, "GET", path) == [], path

    for page in await pages_of(at_tom, ("/home", "/local", "/@maya", "/search", "/groups")):
        assert not re.search(
            r"picked for you|trending|popular|you might|suggested", page.text, re.IGNORECASE
        )


async def test_h6_a_page_holds_twenty_and_ends(visitor, maya, publish):
    for number in range(21):
        await publish(maya, f"Number {number}.", visibility=Visibility.PUBLIC)
    page = await visitor.get("/local")

    assert len(page.main.find("article", class_="entry")) == 20
    assert [one for one in page.root.find("a") if "max_id=" in one["href"]]
    for script in SCRIPTS:
        assert not re.search(
            r"IntersectionObserver|['\"]scroll|onscroll", script.read_text("utf-8")
        )


@pytest.mark.parametrize("number", [0, 1, 19, 20, 21])
async def test_h7_home_ends_and_offers_nothing_more(
    at_tom, tom, maya, publish, befriend, number
):
    await befriend(tom, maya)
    for at in range(number):
        await publish(maya, f"Number {at}.")
    page = await at_tom.get("/home")

    older = [one for one in page.root.find("a") if "max_id=" in one["href"]]
    assert len(page.main.find("article", class_="entry")) == min(number, 20)
    assert bool(older) if number > 20 else number == 20 or not older
    if 0 < number <= 20:
        last = page.main.find("div", class_="caught")[-1]
        assert "You are caught up." in last.text
        everything = list(page.main.all())
        after = everything[everything.index(last) + len(list(last.all())) :]
        assert [one for one in after if one.name in {"a", "button", "article"}] == []


async def followed_by_many(session, account_id):
    (await session.get(AccountRow, account_id)).followers_count = 7341


async def test_h8_no_page_shows_how_many_like_or_follow(
    ctx, at_tom, visitor, tom, maya, publish, befriend, call
):
    await befriend(tom, maya)
    post = await publish(maya, "Clay.", visibility=Visibility.PUBLIC)
    await ctx.write(
        reactions.favourite,
        actor=tom.actor,
        post_id=post,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await ctx.write(followed_by_many, maya.account.id)
    for browser in (visitor, at_tom):
        for page in await pages_of(browser, ("/@maya", f"/@maya/{post}")):
            assert "7341" not in page.body
            assert "7,341" not in page.body
            assert not re.search(
                r"\d+ (likes?|recommendations?|followers?|boosts?|views?|readers?)", page.text
            )

    assert (await call(maya, "GET", f"/api/v1/statuses/{post}"))["favourites_count"] == 1


def test_h10_a_new_member_is_told_of_what_needs_them():
    assert NotificationPolicy() == NotificationPolicy(
        for_not_following="accept",
        for_not_followers="accept",
        for_new_accounts="accept",
        for_private_mentions="accept",
        for_limited_accounts="filter",
    )


async def test_h10_a_like_lights_up_nothing_and_a_reply_does(ctx, at_maya, maya, tom, publish):
    post = await publish(maya, "Clay.", visibility=Visibility.PUBLIC)
    for react in (reactions.favourite, reactions.boost):
        await ctx.write(
            react, actor=tom.actor, post_id=post, addresses=ctx.addresses, now=ctx.clock()
        )
    quiet = await at_maya.get("/home")
    await publish(tom, "@maya Which clay?", in_reply_to_id=post)
    loud = await at_maya.get("/home")

    assert quiet.root.find("span", class_="new") == []
    assert len(loud.root.find("span", class_="new")) == 1
    assert "recommends your post" in (await at_maya.get("/notifications")).text


async def test_h10_likes_and_boosts_of_a_day_are_one_line(
    ctx, at_maya, maya, tom, publish, make_member, clock
):
    post = await publish(maya, "Clay.", visibility=Visibility.PUBLIC)
    others = [tom, await make_member("ben"), await make_member("ines")]
    given = {"post_id": post, "addresses": ctx.addresses, "now": ctx.clock()}
    for number, member in enumerate(others):
        for react in (reactions.favourite, reactions.boost)[: 1 + (number == 0)]:
            await ctx.write(react, actor=member.actor, **given)
        await publish(member, "@maya Which clay?", in_reply_to_id=post)
    page = await at_maya.get("/notifications")

    lines = [line.text for line in page.main.find("summary")]
    assert [" ".join(line.split()) for line in lines if "recommendation" in line] == [
        "3 recommendations · passed on once"
    ]
    assert len(page.main.find("article")) == 4, "three replies, and one line"
    assert "Ben recommends your post" in page.text, "who it was is there to be opened"


async def test_h10_nobody_gets_letters_who_did_not_choose_them(ctx, maya):
    async with ctx.read() as session:
        chosen = await mailings.chosen(session, actor=maya.actor)

    assert set(chosen.values()) == {Every.NONE}


@pytest.mark.parametrize("path", [*TEMPLATES, *LETTERS], ids=lambda path: path.name)
def test_h10_neither_page_nor_letter_calls_anybody_back(path):
    assert not re.search(
        r"we miss(ed)? you|it.s been a while|come back soon|have not visited|haven.t visited|"
        r"while you were away",
        path.read_text("utf-8"),
        re.IGNORECASE,
    )


def test_h11_there_are_no_games(client):
    places = words(names_of_the_store() | routes_of(client))
    games = {
        "streak", "streaks", "badge", "badges", "points", "score", "scores", "leaderboard",
        "leaderboards", "karma", "level", "levels", "achievement", "achievements", "reputation",
    }  # fmt: skip

    assert not places & games


def test_h12_nothing_plays_or_moves_by_itself():
    for path in TEMPLATES:
        assert not re.search(r"\bautoplay\b|<marquee|<blink", path.read_text("utf-8")), path
    for path in SHEETS:
        text = path.read_text("utf-8")
        assert not re.search(r"@keyframes|animation\s*:|scroll-behavior:\s*smooth", text), path
    moves = [
        line for path in SHEETS for line in path.read_text("utf-8").splitlines()
        if re.search(r"transition\s*:(?!\s*none)", line)
    ]  # fmt: skip
    assert len(moves) == 1
    assert re.search(
        r"prefers-reduced-motion: reduce\) \{ \.btn \{ transition: none",
        (PAGES / "static/app.css").read_text("utf-8"),
    )


def test_h14_posts_are_quiet_at_first():
    assert Preferences().default_visibility is Visibility.UNLISTED


async def test_h14_the_first_public_post_asks_once(at_maya, maya, ctx):
    page = await at_maya.get("/write")
    asked = await at_maya.submit(page, "/posts", {"text": "Come and see!", "who": "public"})

    assert "your first public post" in asked.text
    assert "Come and see!" in asked.body
    assert await written_by(ctx, maya) == []

    sent = await at_maya.submit(asked, "/posts")
    again = await at_maya.get("/write")
    second = await at_maya.submit(again, "/posts", {"text": "And this.", "who": "public"})

    assert sent.status == second.status == 303
    assert len(await written_by(ctx, maya)) == 2


async def test_h14_who_thinks_better_of_it_is_asked_the_next_time(at_maya, maya, ctx):
    page = await at_maya.get("/home")
    asked = await at_maya.submit(page, "/posts", {"text": "Quiet, then.", "who": "public"})
    await at_maya.submit(asked, "/posts", {"who": "unlisted"})
    page = await at_maya.get("/home")
    later = await at_maya.submit(page, "/posts", {"text": "Loud.", "who": "public"})

    assert "your first public post" in later.text
    assert [one.visibility for one in await written_by(ctx, maya)] == [Visibility.UNLISTED]


async def written_by(ctx, member):
    async with ctx.read() as session:
        page = await timelines.home(session, actor=member.actor, page=PageRequest(limit=20))
        return page.items


async def test_h15_a_member_finds_who_looked(at_maya):
    """What is noted, and that nothing is forgotten, is told in test_looks."""
    settings = await at_maya.get("/settings")
    assert [one for one in settings.root.find("a") if one["href"] == "/settings/access-log"]
    page = await at_maya.get("/humane")

    assert "Not yet" not in page.root.find("section", id="H15")[0].text


async def test_h16_one_leaves_in_three_steps(at_maya, visitor):
    settings = await at_maya.get("/settings/security")
    assert [one for one in settings.root.find("a") if one["href"] == "/settings/leaving"]
    page = await at_maya.get("/settings/leaving")
    links = {one["href"] for one in page.main.find("a")}
    gone = await at_maya.submit(page, "/settings/leaving", {"password": PASSWORD})

    assert {"/settings/files", "/settings/moving"} <= links
    assert not re.search(r"are you sure|sorry to see|miss", page.main.text, re.IGNORECASE)
    assert gone.status in {200, 303}
    assert (await visitor.get("/@maya")).status in {404, 410}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_h17_s_01_no_template_says_the_other_word(path):
    said = re.sub(r"\{[%#{].*?[%#}]\}|<[^>]+>", " ", path.read_text("utf-8"), flags=re.DOTALL)

    assert not OTHER_WORD.search(said + spoken(path))


def test_h17_s_01_no_refusal_says_the_other_word():
    wrong = []
    for package in (PAGES, Path(fedi_k12.__file__).parent / "services"):
        for path in sorted(package.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Raise):
                    wrong += [
                        (path.name, one.value) for one in ast.walk(node)
                        if isinstance(one, ast.Constant) and isinstance(one.value, str)
                        and OTHER_WORD.search(one.value)
                    ]  # fmt: skip

    assert wrong == []


@pytest.mark.parametrize("path", ["/", "/about", "/humane", "/help", "/@maya"])
async def test_h18_a_public_page_weighs_less_than_100_kb(visitor, maya, publish, path):
    for number in range(20):
        await publish(maya, f"{number} " + "clay " * 40, visibility=Visibility.PUBLIC)
    page = await visitor.get(path)

    weight = len(page.body.encode())
    for link in page.root.find("link", rel="stylesheet"):
        weight += len((await visitor.get(link["href"])).body.encode())
    assert weight < 100_000
    assert page.root.find("script") == []


async def test_h19_no_is_as_easy_as_yes_and_nothing_is_on(maya, call):
    account = await call(maya, "GET", "/api/v1/accounts/verify_credentials")
    text = (PAGES / "templates/oauth/authorize.html").read_text("utf-8")
    buttons = re.findall(r"<button class=\"(btn)[^>]*name=\"decision\"", text)

    assert account["discoverable"] is False
    assert account["indexable"] is False
    assert len(buttons) == 2


@pytest.mark.parametrize("path", ["/", "/@maya", "/api/v1/instance", "/@maya.atom"])
async def test_h20_every_answer_says_that_nothing_is_for_training(visitor, maya, path):
    page = await visitor.get(path)
    robots = await visitor.get("/robots.txt")

    assert "noai" in page.headers["X-Robots-Tag"]
    assert "GPTBot" in robots.body
    assert (
        "not yet"
        in (await visitor.get("/humane")).root.find("section", id="H20")[0].text.lower()
    )


def test_h20_no_setting_leads_to_a_model():
    places = words(set(documentation()))

    assert not places & {"openai", "model", "llm", "gpt", "ai"}
    assert Settings().translate_url == ""


def test_h21_no_table_keeps_who_read_what():
    kept = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if re.search(r"(^|_)(read|views?|viewed|seen|opened|visits?)(_|$)", column.name)
    } | {
        table.name
        for table in Base.metadata.tables.values()
        if re.search(r"(^|_)(read|views?|visits?|receipts?)(_|$)", table.name)
    }

    assert kept == {
        "conversation.read_up_to",  # where a member stopped in their letters
        "marker.last_read_id",  # where a member stopped, for themselves
        "announcement_read",  # so that it is not shown twice
        "session.last_seen_at",  # when a browser was used: for its owner, who can end it
        "host.first_seen_at",  # of another server
        "feed.read_at",  # when this server read the feed of a school
        "feed_item.seen_at",  # when an entry of it was there first
    }


def ids_of_tests() -> set[str]:
    """Return the ids that tests have in their names."""
    found: set[str] = set()
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        found |= set(re.findall(r"def test_(h\d+)_", path.read_text("utf-8")))
    return {name.upper() for name in found}


async def test_h22_page_tests_and_help_name_the_same_rules(visitor):
    page = await visitor.get("/humane")
    shown = {one["id"] for one in page.main.find("section", class_="rule")}
    helped = re.findall(r"^\| (H\d+) \|", (PAGES / "help/humane.md").read_text(), re.MULTILINE)

    assert shown == {f"H{number}" for number in range(1, 23)}
    assert ids_of_tests() == shown
    assert set(helped) == shown
    assert len(helped) == len(shown)
