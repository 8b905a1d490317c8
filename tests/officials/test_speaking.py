"""Speaking for an official account on the web and in any app (S-37, S-40, S-35, R-8)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from fedi_k12.domain.permissions import Role
from fedi_k12.services import apps, officials
from storage.tables import PostRow, TokenRow
from tests.browse import filled_in

FOR_SCHOOL = "You are writing as Lincoln Elementary"


@pytest.fixture
async def speaking(lincoln, maya, delegate_to):
    return await delegate_to(lincoln, maya)


async def test_only_delegates_are_asked_for_whom_they_speak(seated, tom, maya, speaking):
    """S-40: who acts for nothing sees nothing of it."""
    plain, able = await seated(tom), await seated(maya)

    assert "Speak as" not in (await plain.get("/home")).text
    page = await able.get("/home")
    assert "Speak as" in page.text
    assert FOR_SCHOOL not in page.root.text


async def test_the_switch_names_both_accounts_and_stands_on_every_page(
    seated, maya, lincoln, speaking
):
    """S-40: a guard before, and a banner after, until one changes back."""
    browser = await seated(maya)
    asked = await browser.get(f"/speak?account={lincoln.id}")
    assert "Until now you are writing as Maya" in asked.root.text
    assert "every page writes as Lincoln Elementary" in asked.root.text

    after = await browser.follow(await browser.submit(asked, "/speak"))
    assert FOR_SCHOOL in after.root.text
    for path in ("/write", "/notifications", "/settings", "/@lincoln", "/about", "/nowhere"):
        page = await browser.get(path)
        assert FOR_SCHOOL in page.root.text, path
    assert "Writing as Lincoln Elementary" in (await browser.get("/write")).root.text

    back = await browser.follow(await browser.submit(after, "/speak"))
    assert FOR_SCHOOL not in back.root.text
    assert "Writing as Maya" in back.root.text


async def test_nobody_switches_to_an_account_that_is_not_theirs(seated, tom, lincoln, maya):
    browser = await seated(tom)
    page = await browser.get("/speak")

    assert (await browser.get(f"/speak?account={lincoln.id}")).status == 404
    form = filled_in((await browser.get("/settings")).form("/settings"))
    for account in (lincoln.id, maya.account.id, "x"):
        answer = await browser.post("/speak", {**form, "account": str(account)})
        assert answer.status == 403
    assert page.status == 200


async def test_what_was_open_is_not_sent_as_another(ctx, seated, maya, lincoln, speaking):
    """S-40: switching in another window does not put the school's name under a joke."""
    browser = await seated(maya)
    mine = await browser.get("/write")
    asked = await browser.get(f"/speak?account={lincoln.id}")
    await browser.submit(asked, "/speak")

    sent = await browser.submit(mine, "/posts", {"text": "An inside joke"})

    assert sent.status == 403
    assert "You began this as another account" in sent.root.text
    assert "Writing as Lincoln Elementary" in sent.root.text
    async with ctx.read() as session:
        assert (await session.get(type(lincoln), lincoln.id)).posts_count == 0


async def test_a_post_of_the_web_is_the_schools_and_names_its_author(
    ctx, see, seated, maya, lincoln, speaking
):
    """S-37: audit shows the person for every act."""
    browser = await seated(maya, lincoln)
    page = await browser.get("/home")
    sent = await browser.submit(
        page, "/posts", {"text": "Buses run late", "who": "public", "public_meant": "1"}
    )

    assert sent.status == 303
    async with ctx.read() as session:
        (post,) = await session.scalars(select(PostRow))
    assert (post.account_id, post.author_member_id) == (lincoln.id, maya.actor.member_id)


async def test_staff_is_no_staff_while_speaking(seated, lincoln, make_member, delegate_to):
    admin = await make_member("root_admin", role=Role.ADMIN)
    await delegate_to(lincoln, admin, "manager")

    assert (await (await seated(admin)).get("/moderation/officials")).status == 200
    assert (await (await seated(admin, lincoln)).get("/moderation/officials")).status == 403


async def test_the_page_of_a_paused_person_says_why(do, seated, maya, lincoln, speaking):
    """S-46: the paused person sees why."""
    browser = await seated(maya, lincoln)
    await do(
        officials.pause,
        actor=None,
        account_id=lincoln.id,
        person_id=maya.account.id,
        reason="Ask first",
    )

    assert "Writing as Maya" in (await browser.get("/home")).root.text
    assert "Ask first" in (await browser.get("/speak")).root.text


def authorize(app):
    return (
        f"/oauth/authorize?client_id={app.client_id}&redirect_uri=https://app.example/cb"
        "&response_type=code&scope=read+write+admin:read"
    )


@pytest.fixture
async def app(do):
    return await do(
        apps.register_app,
        name="Ivory",
        redirect_uris=["https://app.example/cb"],
        scopes="read write admin:read",
    )


async def allow(browser, app, client, **chosen):
    page = await browser.get(authorize(app))
    answer = await browser.submit(page, "/oauth/authorize", {"decision": "allow", **chosen})
    if answer.status != 303:
        return answer, None
    code = parse_qs(urlsplit(answer.location).query)["code"][0]
    given = await client.post(
        "/oauth/token",
        data={
            "grant_type": "authorization_code",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "redirect_uri": "https://app.example/cb",
            "code": code,
        },
    )
    return page, await given.json()


async def test_an_app_is_used_as_oneself_or_as_the_school(
    ctx, client, seated, app, lincoln, make_member, delegate_to
):
    """S-37: any app can be used for a team account; its token is bound to both."""
    admin = await make_member("root_admin", role=Role.ADMIN)
    await delegate_to(lincoln, admin)
    browser = await seated(admin)

    page, given = await allow(browser, app, client, account=str(lincoln.id))
    assert "Use this app as" in page.root.text
    assert "Root_Admin" in page.root.text
    assert "Lincoln Elementary" in page.root.text
    assert "admin:read" not in given["scope"]
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    me = await (await client.get("/api/v1/accounts/verify_credentials", headers=headers)).json()
    assert me["username"] == "lincoln"
    # A school speaks to everyone, whatever its writers usually do.
    assert me["source"]["privacy"] == "public"
    assert [one["name"] for one in me["roles"]] == ["Official account"]
    async with ctx.read() as session:
        bound = list(await session.scalars(select(TokenRow)))
    assert (lincoln.id, admin.actor.member_id) in [(t.account_id, t.member_id) for t in bound]

    _, own = await allow(browser, app, client, account=str(admin.account.id))
    headers = {"Authorization": f"Bearer {own['access_token']}"}
    me = await (await client.get("/api/v1/accounts/verify_credentials", headers=headers)).json()
    assert (me["username"], me["source"]["privacy"]) == ("root_admin", "unlisted")


async def test_nobody_lets_an_app_in_for_an_account_of_others(
    client, seated, app, lincoln, maya, tom
):
    browser = await seated(tom)
    page = await browser.get(authorize(app))

    assert "Use this app as" not in page.root.text
    for other in (lincoln.id, maya.account.id):
        answer, given = await allow(browser, app, client, account=str(other))
        assert (answer.status, given) == (403, None)


async def test_the_label_is_for_official_accounts_alone(
    client, seated, make_member, lincoln, maya
):
    """S-35: an account not in the list cannot carry the official label, whatever its kind."""
    await make_member("lookalike", kind="Organization", display_name="Lincoln Elementary")
    browser = await seated(maya)

    assert "Official account of" in (await browser.get("/@lincoln")).root.text
    assert "Official account of" not in (await browser.get("/@lookalike")).root.text
    for name, roles in (("lincoln", 1), ("lookalike", 0)):
        found = await client.get(f"/api/v1/accounts/lookup?acct={name}")
        assert len((await found.json())["roles"]) == roles


async def test_administrators_make_accounts_and_name_delegates(seated, make_member, maya, tom):
    """S-37, R-8: at the desk, with what is missing said on the page."""
    browser = await seated(await make_member("root_admin", role=Role.ADMIN))
    page = await browser.get("/moderation/officials")
    wrong = await browser.submit(page, "/moderation/officials", {"username": "No way"})
    assert wrong.status == 422
    made = await browser.submit(
        page, "/moderation/officials", {"username": "district", "name": "The District"}
    )
    desk = made.location
    page = await browser.follow(made)
    assert "needs two managers" in page.root.text
    for name in ("maya", "@tom"):
        sent = await browser.submit(page, desk, {"person": name, "role": "manager"})
        assert sent.status == 303
    page = await browser.get(desk)
    assert "needs two managers" not in page.root.text
    for change in ({"person": "nobody", "role": "author"}, {"person": "tom", "role": "king"}):
        assert (await browser.submit(page, desk, change)).status == 422

    person = f"{desk}/{tom.account.id}"
    await browser.submit(page, f"{person}/pause", {"reason": "On leave"})
    page = await browser.get(desk)
    assert "On leave" in page.root.text
    await browser.submit(page, f"{person}/resume")
    page = await browser.get(desk)
    await browser.submit(page, f"{person}/end")
    assert "Who acted for it before" in (await browser.get(desk)).root.text
    assert (await (await seated(maya)).get(desk)).status == 403
