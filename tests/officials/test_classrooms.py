"""Classroom accounts: run by adults, read by whom they let in, for one school year (S-41)."""

import re
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO

import pytest
from msgspec.structs import replace
from PIL import Image
from sqlalchemy import func, select

from fedi_k12.context import utc_now
from fedi_k12.domain.classrooms import end_of_year
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.mail_jobs import FindDueLetters
from fedi_k12.domain.picture_check import Focus, PictureCheck
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import (
    charters,
    classrooms,
    families,
    follows,
    officials,
    posts,
    profiles,
)
from fedi_k12.worker import run_until_idle
from storage import accounts
from storage.tables import (
    AuditRow,
    ClassroomRow,
    DeliveryRow,
    FamilyMailRow,
    FollowRow,
    MediaRow,
    PostRow,
)
from tests.browse import Browser
from tests.charters import charter_draft
from tests.mailbox import mail_server

ACTIVITY = {"Accept": "application/activity+json"}
FORM = "/mail/of/room12"


@pytest.fixture
async def box(tmp_path):
    async with mail_server(tmp_path) as served:
        yield served


@pytest.fixture
def settings(settings, box):
    return replace(settings, smtp_url=box.url, ca_file=box.authority)


@pytest.fixture
async def room(ctx, account_keys):
    """Room 12: a class with a charter; its two managers are `teacher` and Tom."""
    account = await ctx.write(
        officials.make,
        actor=None,
        username="room12",
        display_name="Room 12",
        keys=account_keys,
        addresses=ctx.addresses,
        classroom=True,
        now=ctx.clock(),
    )
    await ctx.write(
        charters.adopt,
        actor=None,
        account_id=account.id,
        draft=charter_draft(ctx.clock()),
        now=ctx.clock(),
    )
    return account


@pytest.fixture
async def teacher(room, maya, tom, delegate_to):
    await delegate_to(room, tom, "manager")
    return await delegate_to(room, maya, "manager")


@pytest.fixture
def it_is(ctx, clock):
    """Return a function that moves the clock to a moment and does what is due."""

    async def run(at):
        clock.offset = at - utc_now()
        await run_until_idle(ctx)

    return run


@pytest.fixture
def says(ctx, teacher):
    async def say(text, **draft):
        draft.setdefault("visibility", Visibility.FOLLOWERS)
        return await ctx.write(
            posts.publish,
            actor=teacher.actor,
            draft=Draft(text, **draft),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return say


async def all_of(ctx, row):
    async with ctx.read() as session:
        return list(await session.scalars(select(row)))


async def test_a_class_is_locked_and_speaks_to_its_followers_alone(
    ctx, client, seated, room, teacher, maya, says
):
    """S-41: `manuallyApprovesFollowers`, `locked`, private by default; public is refused."""
    document = await (await client.get("/users/room12", headers=ACTIVITY)).json()
    assert document["manuallyApprovesFollowers"] is True
    me = await client.get("/api/v1/accounts/verify_credentials", headers=teacher.headers)
    entity = await me.json()
    assert (entity["locked"], entity["source"]["privacy"]) == (True, "private")
    answer = await client.patch(
        "/api/v1/accounts/update_credentials", json={"locked": False}, headers=teacher.headers
    )
    assert answer.status == 422
    with pytest.raises(InvalidError, match="picture"):
        await ctx.write(
            profiles.update_profile,
            actor=teacher.actor,
            changes=profiles.ProfileChanges(avatar_file="media/x.webp"),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    async def post(**more):
        return await client.post(
            "/api/v1/statuses", json={"status": "Hello", **more}, headers=teacher.headers
        )

    assert (await post(visibility="public")).status == 422
    assert (await post(visibility="unlisted")).status == 422
    due = (ctx.clock() + timedelta(days=1)).isoformat()
    assert (await post(visibility="public", scheduled_at=due)).status == 422
    said = await post()
    assert (await said.json())["visibility"] == "private"
    at_class = await seated(maya, room)
    chosen = [
        one["value"]
        for one in (await at_class.get("/write")).root.find("input", name="who")
        if "checked" in one.attributes
    ]
    assert chosen == ["followers"]
    with pytest.raises(InvalidError):
        await says("Everybody", visibility=Visibility.PUBLIC, local_only=True)


async def test_nobody_sees_words_or_pictures_of_a_class_before_signing_in(
    ctx, client, room, teacher, says
):
    """S-41: no page, feed, embed or document shows them, and no address leads to a picture."""

    async def picture(session):
        row = await session.scalar(select(MediaRow))
        return row.id, row.file

    out = BytesIO()
    Image.new("RGB", (60, 40), "green").save(out, "PNG")
    out.seek(0)
    await client.post(
        "/api/v2/media",
        data={"file": out, "description": "Children at the river, from behind"},
        headers=teacher.headers,
    )
    async with ctx.read() as session:
        number, file = await picture(session)
    looked = PictureCheck(Focus.NOBODY, teacher.actor.member_id)
    post_id = await says("At the river", media_ids=(number,), checked=looked)
    await run_until_idle(ctx)

    visitor = Browser(client)
    (page,) = [row for row in await all_of(ctx, PostRow) if row.id == post_id]
    path = page.url.removeprefix("https://home.example")
    places = ["/@room12", "/@room12?tab=pictures", "/@room12.rss", "/@room12.atom", "/local"]
    for place in places:
        text = (await visitor.get(place)).body
        assert "At the river" not in text
        assert file not in text
    for place in (path, f"{path}/embed"):
        assert (await visitor.get(place)).status == 404
    embed = await client.get(f"/api/oembed?url={page.url}")
    assert embed.status == 404
    assert (await client.get(f"/api/v1/statuses/{post_id}")).status == 404
    listed = await client.get(f"/api/v1/accounts/{room.id}/statuses")
    assert listed.status in {200, 401, 422}
    assert "river" not in await listed.text()
    told = page.uri.removeprefix("https://home.example")
    assert (await client.get(told, headers=ACTIVITY)).status in {401, 404}
    outbox = await client.get("/users/room12/outbox?page=true", headers=ACTIVITY)
    assert "river" not in await outbox.text()


async def test_a_family_gets_letters_once_the_teacher_let_it_in(
    ctx, client, clock, box, seated, room, teacher, maya, says, make_member, it_is
):
    """S-41: a yes by mail, then the teacher's; turned away, the address is erased."""
    family, at_class = Browser(client), await seated(maya, room)
    nobody = await seated(await make_member("nia"))
    for email in ("ana@family.example", "bob@family.example"):
        page = await family.get(FORM)
        assert "lets you in" in page.text
        await family.submit(page, FORM, {"email": email})
        await run_until_idle(ctx)
        place = re.search(r"(/mail/families/yes/\S+)", box.letters.pop().get_content())[1]
        done = await family.submit(await family.get(place), place, {})
        assert "teacher lets you in" in done.text
    one, other = sorted(await all_of(ctx, FamilyMailRow), key=lambda row: row.email)
    desk = f"/official/{room.id}/classroom"
    assert (await nobody.get(desk)).status == 403
    assert (await family.get(desk)).location.startswith("/auth/sign_in")

    async def letters():
        """Say something, and send on the morning after what is due."""
        await says("We counted birds")
        day = (ctx.clock() + timedelta(days=1)).date()
        await it_is(datetime.combine(day, time(12), tzinfo=UTC))
        await families.find_due(ctx, FindDueLetters())
        await run_until_idle(ctx)
        sent = list(box.letters)
        box.letters.clear()
        return sent

    assert await letters() == []
    at_class = await seated(maya, room)
    assert "2 families wait" in (await at_class.get(f"/official/{room.id}/delegates")).text
    page = await at_class.get(desk)
    assert "ana@family.example" in page.text
    await at_class.submit(page, f"{desk}/families/{one.id}/let-in", {})
    await at_class.submit(page, f"{desk}/families/{other.id}/turn-away", {})
    (letter,) = await letters()
    assert letter["To"] == "ana@family.example"
    assert "We counted birds" in letter.get_body(("plain",)).get_content()
    assert [row.email for row in await all_of(ctx, FamilyMailRow)] == ["ana@family.example"]


async def test_at_the_end_of_the_year_the_class_is_archived(
    ctx, client, room, teacher, tom, make_member, make_remote, says, it_is, account_keys
):
    """S-41: told 30 days before; then read-only, no followers, and a name for nobody else."""
    nia, uri = await make_member("nia"), room.uri
    await ctx.write(
        follows.follow,
        actor=nia.actor,
        target_id=room.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    (wish,) = [one for one in await all_of(ctx, FollowRow) if one.target_id == room.id]
    assert wish.accepted is False
    await ctx.write(
        follows.accept, actor=teacher.actor, follower_id=nia.account.id, now=ctx.clock()
    )
    (row,) = await all_of(ctx, ClassroomRow)
    assert row.ends_on == end_of_year(ctx.clock().date())
    end = datetime.combine(row.ends_on + timedelta(days=1), time(), tzinfo=UTC)
    with pytest.raises(InvalidError, match="30 days"):
        await ctx.write(
            classrooms.change,
            actor=teacher.actor,
            account_id=room.id,
            ends_on=ctx.clock().date() + timedelta(days=3),
            local_only=False,
            now=ctx.clock(),
        )

    await it_is(end - timedelta(days=30) + timedelta(minutes=1))
    home = await client.get("/api/v1/timelines/home", headers=nia.headers)
    (told,) = await home.json()
    assert row.ends_on.isoformat() in told["content"]
    assert told["visibility"] == "private"
    heard = await client.get(
        "/api/v1/notifications?types[]=classroom_ends", headers=tom.headers
    )
    assert len(await heard.json()) == 1

    await it_is(end + timedelta(minutes=1))
    assert [one for one in await all_of(ctx, FollowRow) if one.target_id == room.id] == []
    home = await client.get("/api/v1/timelines/home", headers=nia.headers)
    assert await home.json() == []
    with pytest.raises(InvalidError, match="over"):
        await says("One more thing")
    with pytest.raises(ForbiddenError, match="over"):
        await ctx.write(
            follows.follow,
            actor=nia.actor,
            target_id=room.id,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    assert (await Browser(client).get(FORM)).status == 404
    answer = await Browser(client).get("/@room12")
    assert answer.status == 200

    with pytest.raises(InvalidError, match="taken"):
        await ctx.write(
            officials.make,
            actor=None,
            username="room12",
            display_name="Room 12 again",
            keys=account_keys,
            addresses=ctx.addresses,
            classroom=True,
            now=ctx.clock(),
        )
    async with ctx.read() as session:
        assert (await accounts.by_uri(session, uri)).id == room.id
        actions = set(await session.scalars(select(AuditRow.action)))
    assert "classroom archived" in actions


async def test_a_class_that_stays_here_sends_nothing(
    ctx, room, teacher, says, make_remote, arrive
):
    """S-41: `local_only`."""
    given = {"ends_on": end_of_year(ctx.clock().date()), "local_only": True}
    await ctx.write(
        classrooms.change,
        actor=teacher.actor,
        account_id=room.id,
        now=ctx.clock(),
        **given,
    )
    post_id = await says("Only here")
    await run_until_idle(ctx)

    (row,) = [one for one in await all_of(ctx, PostRow) if one.id == post_id]
    assert row.local_only is True
    async with ctx.read() as session:
        assert await session.scalar(select(func.count()).select_from(DeliveryRow)) == 0


def test_the_year_ends_in_june():
    """S-41: the default; who begins in June begins the next."""
    assert end_of_year(date(2026, 9, 1)) == date(2027, 6, 30)
    assert end_of_year(date(2027, 3, 1)) == date(2027, 6, 30)
    assert end_of_year(date(2027, 6, 15)) == date(2028, 6, 30)
