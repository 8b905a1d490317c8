"""What is found elsewhere is done here, and the other way round. Row 1.1 "Activity intents"."""

from urllib.parse import quote, unquote

import pytest

from fedi_k12.domain.posts import Visibility
from fedi_k12.worker import run_until_idle
from tests.browse import filled_in
from tests.conftest import PASSWORD
from tests.remote import PUBLIC

BACK = "https://blog.example.org/thanks?x=1"


@pytest.fixture
async def ren(remote):
    actor = remote.actor("ren")
    remote.show(actor.note("9", "<p>Look at this</p>"))
    return actor


@pytest.fixture
def thing(ren):
    return {
        "follow": ren.uri,
        "like": f"{ren.uri}/posts/9",
        "announce": f"{ren.uri}/posts/9",
    }


def address(what, thing, **more):
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in more.items())
    return f"/intents/{what}?object={quote(thing, safe='')}&{query}"


async def test_the_handle_says_what_can_be_done_here(client, maya):
    answer = await client.get(
        "/.well-known/webfinger", params={"resource": "acct:maya@home.example"}
    )
    links = {link["rel"]: link.get("template", "") for link in (await answer.json())["links"]}

    for name in ("Follow", "Create", "Like", "Announce", "Object"):
        template = links[f"https://w3id.org/fep/3b86/{name}"]
        assert template.startswith("https://home.example/intents/")
        assert ("{content}" if name == "Create" else "{object}") in template
    assert "{on-success}" in links["https://w3id.org/fep/3b86/Like"]
    assert "{on-cancel}" in links["https://w3id.org/fep/3b86/Follow"]
    server = await client.get(
        "/.well-known/webfinger", params={"resource": "https://home.example/"}
    )
    assert "3b86" not in await server.text()


@pytest.mark.parametrize(
    ("what", "kind"), [("follow", "Follow"), ("like", "Like"), ("announce", "Announce")]
)
async def test_nothing_happens_before_somebody_says_yes(
    ctx, at_maya, remote, maya, thing, what, kind
):
    page = await at_maya.get(address(what, thing[what], **{"on-success": BACK}))
    assert page.status == 200
    assert ("Ren" if what == "follow" else "Look at this") in page.main.text
    await run_until_idle(ctx)
    assert remote.types() == []

    done = await at_maya.submit(page, f"/intents/{what}")
    await run_until_idle(ctx)

    assert done.status == 200, done.text
    assert kind in remote.types()
    assert done.headers.get("Location") is None
    links = [link["href"] for link in done.main.find("a")]
    assert f"/intents/leave?to={quote(BACK, safe='/')}" in links
    assert BACK not in links


@pytest.mark.parametrize("what", ["follow", "like", "announce"])
async def test_a_form_of_another_site_does_nothing(ctx, at_maya, remote, thing, what):
    """FED-80: cross-site requests."""
    page = await at_maya.get(address(what, thing[what]))
    form = page.form(f"/intents/{what}")
    number = form.find("input", name="id")[0]["value"]

    refused = await at_maya.post(f"/intents/{what}", {"id": number, "csrf": "guessed"})
    await run_until_idle(ctx)

    assert refused.status in {403, 422}
    assert remote.types() == []


async def test_visitors_sign_in_and_come_back_to_it(visitor, maya, thing):
    path = address("follow", thing["follow"])
    page = await visitor.get(path)
    assert page.status == 303
    assert page.location.startswith("/auth/sign_in?next=")

    page = await visitor.follow(page)
    back = await visitor.submit(page, "/auth/sign_in", {"login": "maya", "password": PASSWORD})

    assert unquote(back.location) == unquote(path)
    assert "Ren" in (await visitor.follow(back)).main.text


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", "//evil.example/", "http://evil.example/", "data:text/html,x",
     "https://user:pw@evil.example/", "/\\evil.example", "x" * 3000],
    ids=["a script", "no scheme", "no TLS", "data", "hidden host", "backslash", "long"],
)  # fmt: skip
async def test_where_one_goes_on_is_never_trusted(at_maya, thing, target):
    """GHSA-xqw8-4j56-5hj6: no open redirect, no script in a link."""
    page = await at_maya.get(
        address("like", thing["like"], **{"on-success": target, "on-cancel": target})
    )
    done = await at_maya.submit(page, "/intents/like", {"success": target})
    leave = await at_maya.get(f"/intents/leave?to={quote(target, safe='')}")

    for shown in (page, done):
        links = [link["href"] for link in shown.main.find("a")]
        assert not any("evil" in link or "script" in link or "data:" in link for link in links)
    assert leave.status == 404


async def test_leaving_is_a_link_that_says_where_to(at_maya, visitor):
    page = await at_maya.get(f"/intents/leave?to={quote(BACK, safe='')}")

    assert page.status == 200
    assert "blog.example.org" in page.main.text
    assert BACK in [link["href"] for link in page.main.find("a")]
    assert (await visitor.get(f"/intents/leave?to={quote(BACK, safe='')}")).status == 303


async def test_a_thing_is_looked_at_here(at_maya, thing):
    account = await at_maya.get(address("object", thing["follow"]))
    post = await at_maya.get(address("object", thing["like"]))

    assert account.location == "/@ren@remote.example"
    assert post.location.startswith("/@ren@remote.example/")


async def test_words_of_another_page_are_read_before_they_are_sent(at_maya, maya, thing):
    query = (
        f"content={quote('Hi <b>all</b> #clay')}&name=Folding&on-success={quote(BACK, safe='')}"
    )
    page = await at_maya.follow(await at_maya.get(f"/intents/create?{query}"))
    [area] = page.main.find("textarea", id="f-text")
    assert "".join(c for c in area.children if isinstance(c, str)) == "Hi <b>all</b> #clay"
    assert page.main.find("input", name="title")[0]["value"] == "Folding"
    assert f"/intents/leave?to={quote(BACK, safe='/')}" in [
        link["href"] for link in page.main.find("a")
    ]

    answer = f"/intents/create?content=Yes&inReplyTo={quote(thing['like'], safe='')}"
    page = await at_maya.follow(await at_maya.get(answer))
    assert page.main.find("input", name="reply_to")
    [area] = page.main.find("textarea", id="f-text")
    assert "@ren@remote.example Yes" in "".join(c for c in area.children if isinstance(c, str))


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("follow", "http://remote.example/users/ren/posts/9"),
        ("like", "http://remote.example/users/ren"),
        ("like", "http://remote.example/nothing"),
        ("follow", "javascript:alert(1)"),
        ("follow", "http://127.0.0.1:1/"),
        ("follow", "@nobody@nowhere.example"),
        ("object", ""),
        ("announce", "x" * 4000),
    ],
    ids=["a post", "an account", "nothing", "a script", "FED-41", "no server", "empty", "long"],
)
async def test_what_does_not_fit_is_said(at_maya, ren, what, named):
    page = await at_maya.get(address(what, named))

    assert page.status == 422
    assert "did not work" in page.main.text


@pytest.fixture
async def post(ctx, maya, publish):
    from fedi_k12.domain.posts import Visibility

    post_id = await publish(maya, "From here", visibility=Visibility.PUBLIC)
    return f"/@maya/{post_id}", f"{maya.account.uri}/statuses/{post_id}"


@pytest.fixture
def offers(remote):
    """Return a function that sets what remote.example's WebFinger offers."""

    def put(**templates):
        rels = {
            "subscribe": "http://ostatus.org/schema/1.0/subscribe",
            **{
                name: f"https://w3id.org/fep/3b86/{name}"
                for name in ("Follow", "Like", "Announce", "Object")
            },
        }
        remote.webfinger = lambda resource: {
            "subject": resource,
            "links": [
                {"rel": rels[name], "template": template}
                for name, template in templates.items()
            ],
        }

    return put


async def send_away(visitor, page, **fields):
    return await visitor.submit(page, "/away", {"handle": "@ann@remote.example", **fields})


def link_on(page):
    found = [link["href"] for link in page.main.find("a", class_="main")]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("templates", "expected"),
    [
        (
            {
                "Like": "http://remote.example/i?o={object}&s={on-success}",
                "Object": "http://remote.example/o?{object}",
            },
            "http://remote.example/i?o=THING&s=",
        ),
        (
            {
                "Object": "http://remote.example/o?u={object}",
                "subscribe": "http://remote.example/s?u={uri}",
            },
            "http://remote.example/o?u=THING",
        ),
        (
            {"subscribe": "http://remote.example/authorize_interaction?uri={uri}"},
            "http://remote.example/authorize_interaction?uri=THING",
        ),
    ],
    ids=["the intent", "looking at it", "as older servers follow"],
)
async def test_visitors_are_led_to_their_own_server(visitor, post, offers, templates, expected):
    """S-27: no account here, and no button of a platform."""
    path, uri = post
    offers(**templates)
    page = await visitor.get(path)

    led = await send_away(visitor, page, what="like")

    assert led.status == 200, led.text
    assert link_on(led) == expected.replace("THING", quote(uri, safe=""))
    assert "remote.example" in led.main.text


@pytest.mark.parametrize(
    "template",
    [
        "http://evil.example/?u={uri}",
        "http://remote.example.evil.example/?u={uri}",
        "http://remote.example@evil.example/?u={uri}",
        "javascript:alert('{uri}')",
        "//evil.example/{uri}",
        "{uri}",
        "http://remote.example/no-blank",
        "http://{uri}.evil.example/",
        "x{" * 500,
        "",
    ],
)
async def test_a_handle_leads_nowhere_but_to_its_server(visitor, post, offers, template):
    """FED-96, and no open redirect: https, and the host that answered for the handle."""
    path, _uri = post
    offers(subscribe=template)
    page = await visitor.get(path)

    led = await send_away(visitor, page)

    assert led.status == 422
    assert link_on(led) is None
    assert "evil" not in "".join(link["href"] for link in led.main.find("a"))


@pytest.mark.parametrize(
    "handle",
    ["", "ann", "not a handle", "@ann@nowhere.example", "@ann@127.0.0.1", "@" * 500, "a@b@c"],
)
async def test_what_is_no_handle_is_asked_for_again(visitor, post, handle):
    page = await visitor.get(post[0])

    led = await visitor.submit(page, "/away", {"handle": handle})

    assert led.status == 422
    assert led.main.find("input", name="handle")


async def test_only_what_is_of_here_is_handed_on(visitor, post, offers):
    offers(subscribe="http://remote.example/s?u={uri}")
    page = await visitor.get(post[0])

    led = await send_away(visitor, page, object="https://evil.example/x")

    assert led.status == 404


async def test_a_member_of_here_goes_on_here(visitor, post, maya):
    page = await visitor.get(post[0])

    led = await visitor.submit(page, "/away", {"handle": "@maya@home.example", "what": "like"})

    assert link_on(led) == f"/intents/like?object={quote(post[1], safe='')}"


async def test_profiles_can_be_followed_from_elsewhere(visitor, maya, offers):
    offers(Follow="http://remote.example/f?o={object}")
    page = await visitor.get("/@maya")

    led = await send_away(visitor, page)

    assert link_on(led) == f"http://remote.example/f?o={quote(maya.account.uri, safe='')}"


async def test_between_two_places_of_this_kind_it_works_both_ways(client, maya):
    """What we offer is what we understand."""
    answer = await client.get(
        "/.well-known/webfinger", params={"resource": "acct:maya@home.example"}
    )
    from federation.intents import _filled

    for link in (await answer.json())["links"]:
        if "{object}" in link.get("template", ""):
            filled = _filled(link["template"], PUBLIC)
            assert filled.startswith("https://home.example/intents/")
            assert quote(PUBLIC, safe="") in filled
            assert "{" not in filled


async def test_the_way_home_is_shown_to_forms_of_this_site_alone(visitor, maya, publish):
    number = await publish(maya, "Clay", visibility=Visibility.PUBLIC)
    page = await visitor.get(f"/@maya/{number}")
    fields = filled_in(page.form("/away")) | {"handle": "nobody", "what": "like"}
    assert visitor.cookies == {}

    for origin, status in (
        ("https://home.example", 422),
        ("https://other.example", 403),
        ("null", 403),
    ):
        answer = await visitor._ask("POST", "/away", data=fields, headers={"Origin": origin})
        assert answer.status == status, origin
