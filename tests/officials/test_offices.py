"""Offices that members hold, and what their own accounts say for it (S-24, R-50, S-40)."""

from datetime import timedelta

import pytest

from federation.objects import actor_of
from federation.vocab.build_actor import build_actor
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError
from fedi_k12.domain.jobs import FederateProfile
from fedi_k12.domain.offices import Label, official_words
from fedi_k12.domain.permissions import Role
from fedi_k12.services import offices, officials
from fedi_k12.worker import run_until_idle
from storage import accounts
from storage.tables import JobRow
from tests.browse import filled_in

COLUMN = "Superintendent’s column, official"
PERSONAL = "Personal account. Views my own"


@pytest.fixture
async def olga(make_member):
    """Olga, who administers the place."""
    return await make_member("olga", role=Role.ADMIN)


@pytest.fixture
def layers(ctx, client, see):
    """Return a function that tells what apps and other servers read of an account's label."""

    async def run(member):
        headers = {"Authorization": f"Bearer {member.token}"}
        answer = await client.get(f"/api/v1/accounts/{member.account.id}", headers=headers)
        entity = await answer.json()
        row = await see(accounts.by_id, member.account.id)
        document = build_actor(await see(actor_of, row))
        return (
            [role["name"] for role in entity["roles"]],
            [one["value"] for one in entity["fields"]],
            [one["value"] for one in document["attachment"]],
        )

    return run


async def test_an_administrator_gives_an_office_and_its_label_stands_in_every_layer(
    seated, olga, tom, layers, publish, audited, client
):
    """S-24: beside the name, in `fields` and `roles`, in `attachment`; until it ends."""
    browser = await seated(olga)
    place = f"/moderation/members/{tom.account.id}"
    form = await browser.get(place)
    typed = {"title": "superintendent", "label": "column"}
    refused = await browser.submit(form, f"{place}/office", {**typed, "title": " "})
    assert refused.status == 422
    assert "Name the office" in refused.text
    done = await browser.follow(await browser.submit(form, f"{place}/office", typed))
    assert COLUMN in done.root.text
    post = await publish(tom, "What I value in our schools")

    assert await layers(tom) == ([COLUMN], [COLUMN], [COLUMN])
    for path in ("/@tom", f"/@tom/{post.id}", "/@tom/column"):
        assert COLUMN in (await browser.get(path)).root.text, path
    assert "What I value" in (await browser.get("/@tom/column")).root.text

    profile = {"fields_attributes": {}, "display_name": "Tom", "bot": True}
    headers = {"Authorization": f"Bearer {tom.token}"}
    path = "/api/v1/accounts/update_credentials"
    assert (await client.patch(path, json=profile, headers=headers)).status == 200
    assert await layers(tom) == ([COLUMN], [COLUMN], [COLUMN])

    done = await browser.submit(await browser.get(place), f"{place}/end-office")
    assert done.status == 303
    assert await layers(tom) == ([], [], [])
    assert COLUMN not in (await browser.get("/@tom")).root.text
    assert (await browser.get("/@tom/column")).status == 404
    assert (await audited())[-2:] == ["office given", "office ended"]


async def test_only_administrators_give_offices_and_never_their_own(
    seated, make_member, olga, tom, lincoln, do
):
    """S-24: who holds an office does not end it either."""
    mona = await make_member("mona", role=Role.MODERATOR)
    given = {"account_id": tom.account.id, "title": "Principal", "label": Label.PERSONAL}
    for who in (mona, tom):
        with pytest.raises(ForbiddenError):
            await do(offices.give, actor=who.actor, **given)
    with pytest.raises(ForbiddenError):
        await do(offices.give, actor=olga.actor, **given | {"account_id": olga.account.id})
    with pytest.raises(InvalidError):
        await do(offices.give, actor=olga.actor, **given | {"account_id": lincoln.id})

    await do(offices.give, actor=olga.actor, **given)
    with pytest.raises(ConflictError):
        await do(offices.give, actor=olga.actor, **given)
    with pytest.raises(ForbiddenError):
        await do(offices.end, actor=tom.actor, account_id=tom.account.id)
    page = await (await seated(mona)).get(f"/moderation/members/{tom.account.id}")
    assert "Principal" in page.root.text
    assert "End the office" not in page.text


async def test_nobody_names_themselves_as_the_label_of_an_office_would(client, tom):
    """S-24: what is said beside a name is the district's to say."""
    path = "/api/v1/accounts/update_credentials"
    for name in ("Superintendent's column, official", "Columna oficial"):
        answer = await client.patch(path, json={"display_name": name}, headers=tom.headers)
        assert answer.status == 422, name


async def test_a_term_ends_by_itself_after_its_last_day(ctx, clock, do, see, tom, layers):
    """S-24: other servers are told each time."""
    today = ctx.clock().date()
    given = {"actor": None, "account_id": tom.account.id, "title": "Board member"}
    with pytest.raises(InvalidError):
        await do(offices.give, label=Label.COLUMN, last_day=today - timedelta(days=1), **given)
    await do(offices.give, label=Label.PERSONAL, last_day=today, **given)
    assert await layers(tom) == ([PERSONAL], [PERSONAL], [PERSONAL])

    await offices.end_terms(ctx, None)
    assert (await layers(tom))[0] == [PERSONAL]
    clock.advance(days=1)
    await offices.end_terms(ctx, None)
    assert await layers(tom) == ([], [], [])
    held = await see(offices.all_of, account_id=tom.account.id)
    assert held[0].ended_at is not None


async def test_who_acts_for_an_official_account_is_labelled_personal_without_asking(
    ctx, do, lincoln, maya, delegate_to, layers
):
    """R-50, S-40: until they act for none, and an office goes before."""
    await delegate_to(lincoln, maya)
    assert await layers(maya) == ([PERSONAL], [PERSONAL], [PERSONAL])
    await run_until_idle(ctx)
    given = {"actor": None, "account_id": maya.account.id}
    await do(offices.give, title="Superintendent", label=Label.COLUMN, **given)
    assert (await layers(maya))[0] == [COLUMN]
    async with ctx.read() as session:
        jobs = await session.scalars(JobRow.__table__.select().with_only_columns(JobRow.kind))
        assert FederateProfile.__name__ in list(jobs)

    await do(offices.end, **given)
    assert (await layers(maya))[0] == [PERSONAL]
    delegation = {"actor": None, "account_id": lincoln.id, "person_id": maya.account.id}
    await do(officials.end, **delegation)
    assert await layers(maya) == ([], [], [])


async def test_official_words_in_a_personal_post_are_asked_about_and_never_kept_back(
    ctx, seated, client, lincoln, maya, tom, delegate_to
):
    """R-50: once, beside the text; apps post as they are."""
    await delegate_to(lincoln, maya)
    text = "We have decided to close the school on Friday."
    typed = {"text": text, "who": "public", "public_meant": "1"}
    browser = await seated(maya)
    asked = await browser.submit(await browser.get("/write"), "/posts", typed)

    assert asked.status == 200
    assert "Is this yours to say, or the school’s?" in asked.root.text
    assert "“We have decided”" in asked.root.text
    assert "Write as Lincoln Elementary" in asked.root.text
    assert filled_in(asked.form("/posts"))["text"] == text
    assert (await browser.submit(asked, "/posts")).status == 303

    for member, words in ((tom, text), (maya, "We walk to school")):
        at = await seated(member)
        answer = await at.submit(await at.get("/write"), "/posts", {**typed, "text": words})
        assert answer.status == 303, words
    headers = {"Authorization": f"Bearer {maya.token}"}
    sent = await client.post("/api/v1/statuses", json={"status": text}, headers=headers)
    assert sent.status == 200


def test_official_words_are_those_of_a_body_that_decides():
    """R-50: in English and Spanish; what one thinks or does oneself is not among them."""
    for text in (
        "We have decided to close school on Friday",
        "The board has approved the budget.",
        "As your superintendent I want you to know",
        "All schools are closed tomorrow",
        "Hemos decidido cerrar la escuela",
        "La junta aprobó el presupuesto",
    ):
        assert official_words(text), text
    for text in (
        "I decided to bake bread",
        "We walked to school together",
        "The school play was wonderful",
        "Our garden is closed for winter",
    ):
        assert not official_words(text), text
