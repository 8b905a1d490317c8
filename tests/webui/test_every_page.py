"""What holds for every page: one module of ours, no strangers, a label for every control."""

import re
from collections import Counter

import pytest

from fedi_k12.domain.collections import CollectionDraft
from fedi_k12.domain.posts import PollDraft, Visibility
from fedi_k12.services import (
    apps,
    collections,
    drafts,
    filters,
    follows,
    lists,
    reactions,
    signup,
)
from fedi_k12.services.filters import FilterChanges, KeywordChange
from tests.browse import Element, Page

OWN = "https://home.example/"
VISITOR = (
    "/", "/about", "/rules", "/privacy", "/accessibility", "/humane", "/help",
    "/help/operators", "/local", "/@maya", "/@maya/{post}",
    "/@maya/{poll}", "/@maya/{post}/history", "/tags/clay", "/collections/{collection}",
    "/auth/sign_in", "/invite/{invite}", "/nothing/here",
)  # fmt: skip
MEMBER = (
    "/home", "/local", "/saved", "/@tom", "/@maya", "/@maya/{post}", "/@maya/{poll}",
    "/tags/clay", "/write", "/write?reply_to={post}", "/write?to=maya", "/search",
    "/search?q=clay", "/search?q=@x@", "/notifications", "/settings", "/settings/reading",
    "/settings/appearance", "/settings/muted", "/settings/blocked", "/settings/servers",
    "/follow-requests", "/@maya/{post}/history", "/@tom/followers", "/@maya/following",
    "/settings/files", "/settings/leaving", "/settings/security", "/settings/security/app",
    "/settings/filters", "/settings/filters/new", "/settings/filters/{filter}",
    "/settings/notifications", "/settings/security/key", "/settings/security/remove/totp",
    "/posts/{own}/edit", "/posts/{own}/delete", "/posts/{post}/emoji",
    "/posts/{post}/filter", "/about", "/help",
    "/nothing/here", "/letters", "/later", "/drafts", "/directory", "/collections/new",
    "/collections/{collection}",
    "/collections/{collection}/edit", "/lists", "/lists/{list}", "/lists/{list}/edit",
    "/lists/of/{maya}",
    "/oauth/authorize?client_id={app}&redirect_uri=https://app.example/&response_type=code"
    "&scope=read", "/oauth/authorize/native?code=abc",
)  # fmt: skip
_LEVELS = ("h1", "h2", "h3", "h4")
_UNLABELLED = {"hidden", "submit", "button"}


@pytest.fixture
async def places(ctx, maya, tom, publish) -> dict[str, str]:
    """A place with a post, a question, a pinned post, an invitation and an app."""
    post = await publish(
        maya, "Clay & <b>paper</b> #clay", visibility=Visibility.PUBLIC, summary="A note"
    )
    poll = await publish(
        maya,
        "What first?",
        visibility=Visibility.PUBLIC,
        poll=PollDraft(options=("Shapes", "Sharing"), expires_in=3600),
    )
    await publish(tom, "@maya Yes.", visibility=Visibility.PUBLIC, in_reply_to_id=post)
    own = await publish(tom, "@maya Mine.", visibility=Visibility.PUBLIC)
    now = ctx.clock()
    await ctx.write(reactions.pin, actor=tom.actor, post_id=own, now=now)
    await ctx.write(reactions.bookmark, actor=tom.actor, post_id=post, now=now)
    await ctx.write(
        reactions.favourite, actor=maya.actor, post_id=own, addresses=ctx.addresses, now=now
    )
    await ctx.write(
        follows.mute, actor=tom.actor, target_id=maya.account.id, duration=3600, now=now
    )
    await ctx.write(
        follows.follow,
        actor=maya.actor,
        target_id=tom.account.id,
        addresses=ctx.addresses,
        now=now,
    )
    await ctx.write(follows.block_domain, actor=tom.actor, domain="bad.example", now=now)
    app = await ctx.write(
        apps.register_app,
        name="An app",
        redirect_uris=["https://app.example/"],
        scopes="read",
        now=now,
    )
    collection = await ctx.write(
        collections.create,
        actor=tom.actor,
        draft=CollectionDraft("Grade 5 science", tag="science"),
        account_ids=[tom.account.id],
        addresses=ctx.addresses,
        now=now,
    )
    await ctx.write(
        drafts.keep,
        actor=tom.actor,
        draft_id=None,
        words={"text": "Begun"},
        media_ids=[],
        now=now,
    )
    listed = await ctx.write(lists.create, actor=tom.actor, title="Potters", now=now)
    made = await ctx.write(
        filters.create,
        actor=tom.actor,
        changes=FilterChanges(
            "Exam week", ("home",), "warn", 3600, (KeywordChange("exam", True),)
        ),
        now=now,
    )
    await ctx.write(filters.add_post, actor=tom.actor, filter_id=made.id, post_id=post)
    invite = await ctx.write(signup.create_invite, actor=None, now=now)
    return {
        "post": str(post),
        "poll": str(poll),
        "own": str(own),
        "collection": str(collection),
        "list": str(listed.id),
        "maya": str(maya.account.id),
        "filter": str(made.id),
        "invite": invite,
        "app": app.client_id,
    }


@pytest.fixture
def open_page(visitor, at_tom, places):
    async def look(who: str, path: str) -> Page:
        browser = visitor if who == "visitor" else at_tom
        return await browser.get(path.format(**places))

    return look


ALL = [("visitor", path) for path in VISITOR] + [("member", path) for path in MEMBER]


async def test_every_page_keeps_the_rules(open_page, subtests):
    for who, path in ALL:
        with subtests.test(f"{who} {path}"):
            page = await open_page(who, path)
            keeps_the_rules(page, path)
            is_sent_with_care(page, who)
            if who == "member":
                leads_somewhere(page)


def keeps_the_rules(page, path):
    assert page.status == (404 if path == "/nothing/here" else 200)
    assert scripts_in(page) == []
    assert strangers_in(page) == []
    assert unlabelled_in(page.root) == []
    assert open_forms_in(page.root) == []
    assert [name for name, times in ids_in(page.root).items() if times > 1] == []
    assert [
        image["src"] for image in page.root.find("img") if "alt" not in image.attributes
    ] == []
    assert broken_outline(page.main) == []
    assert not re.search(r"\busers?\b", page.text, re.IGNORECASE)
    assert len(page.root.find("main", id="main")) == 1
    assert page.root.find("html")[0]["lang"]
    assert page.title


def is_sent_with_care(page, who):
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    if who == "member":
        assert re.search("private|no-store", page.headers["Cache-Control"])


def leads_somewhere(page):
    """Check that what points at a part of the page points at one that is there."""
    ids = ids_in(page.root)

    named = {link["href"][1:] for link in page.root.find("a") if link["href"][:1] == "#"}
    named |= {
        name
        for element in page.root.all()
        for name in f"{element['aria-describedby']} {element['aria-labelledby']}".split()
    }
    named |= {label["for"] for label in page.root.find("label") if label["for"]}
    assert named <= set(ids)


@pytest.mark.parametrize("path", ["/", "/home", "/@maya", "/local", "/notifications"])
async def test_pages_of_posts_end(open_page, path):
    page = await open_page("visitor" if path == "/" else "member", path)

    assert page.text.count("You are caught up.") == 1
    assert page.main.find("div", class_="caught")


async def test_style_sheets_are_kept_for_ever(visitor):
    page = await visitor.get("/")
    sheets = [link["href"] for link in page.root.find("link", rel="stylesheet")]
    for sheet in sheets:
        answer = await visitor.get(sheet)

        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/css")
        assert "url(" not in answer.body
        if sheet.startswith("/assets/"):
            assert "immutable" in answer.headers["Cache-Control"]
    assert len(sheets) == 2


async def test_an_app_is_let_in_by_its_name(open_page):
    page = await open_page("member", MEMBER[-2])
    form = page.form("/oauth/authorize")

    assert "Let An app in?" in page.text
    assert [button["value"] for button in form.find("button")] == ["allow", "deny"]


def scripts_in(page: Page) -> list[str]:
    """Return what is not allowed to run or to paint: all but our one module, from its file.

    Visitors' pages have none at all.
    """
    member = bool(page.root.find("nav", class_="nav"))
    found = [
        element.name
        for element in page.root.all()
        if element.name == "style"
        or (element.name == "script" and not (member and ours(element)))
    ]
    return found + [
        f"{element.name} {name}"
        for element in page.root.all()
        for name, value in element.attributes.items()
        if name == "style" or name.startswith("on") or value.startswith("javascript:")
    ]


def ours(script: Element) -> bool:
    """Return whether a script is the one module of the pages, with nothing written into it."""
    place = re.fullmatch(r"/assets/[0-9a-f]{12}/page\.js", script["src"])
    return script["type"] == "module" and bool(place) and not script.children


def strangers_in(page: Page) -> list[str]:
    """Return addresses of other servers that a browser would ask without being told to."""
    asked = [image["src"] for image in page.root.find("img")]
    asked += [link["href"] for link in page.root.find("link") if link["rel"] != "alternate"]
    asked += [form["action"] for form in page.root.find("form")]
    asked += [frame["src"] for frame in page.root.find("iframe")]
    return [url for url in asked if not url.startswith((OWN, "/", "#")) or url.startswith("//")]


def open_forms_in(root: Element) -> list[str]:
    """Return forms that change something and carry no secret."""
    return [
        form["action"]
        for form in root.find("form")
        if form["method"] == "post"
        # It changes nothing here, and who reads without an account gets no cookie for it.
        and form["action"] != "/away"
        and not any(control["name"] == "csrf" and control["value"] for control in form.all())
    ]


def unlabelled_in(root: Element) -> list[str]:
    """Return controls that a screen reader could not name."""
    named = {label["for"] for label in root.find("label")}
    inside = {id(child) for label in root.find("label") for child in label.all()}
    return [
        f"{control.name} {control['name']}"
        for control in root.all()
        if control.name in {"input", "select", "textarea"}
        and control["type"] not in _UNLABELLED
        and control["id"] not in named
        and id(control) not in inside
        and not control["aria-label"]
    ] + [button.name for button in root.find("button") if not button.text]


def ids_in(root: Element) -> Counter[str]:
    return Counter(element["id"] for element in root.all() if element["id"])


def broken_outline(main: Element) -> list[str]:
    """Return headings that skip a level, or more than one first one."""
    headings = [element for element in main.all() if element.name in _LEVELS]
    levels = [_LEVELS.index(heading.name) + 1 for heading in headings]
    wrong = [
        heading.text
        for heading, before, level in zip(headings, [0, *levels], levels, strict=False)
        if level > before + 1
    ]
    return wrong if levels.count(1) == 1 else [*wrong, f"{levels.count(1)} first headings"]
