"""One person raises an alert at once, and another reviews it (R-53, R-54, R-55)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from fedi_k12.domain.alerts import DRILL, WORDS, Level
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.jobs import FederatePin, FederatePost
from fedi_k12.domain.posts import Draft
from fedi_k12.services import (
    alert_templates,
    alerts,
    announcements,
    notifications,
    officials,
    posts,
    reactions,
)
from fedi_k12.services.alerts import AlertDraft
from fedi_k12.worker import run_until_idle
from storage.tables import AlertRow, AlertTemplateRow, JobRow, OfficialRow, PostRow
from tests.alerts.conftest import TEXTS


@pytest.fixture
def stored(ctx):
    """Return a function that reads a row by its id."""

    async def read(kind, number):
        async with ctx.read() as session:
            return await session.get(kind, number)

    return read


def draft(template_id, account_id, **parts):
    given = {"area": "Lincoln", "minutes": 60, "more": {}, **parts}
    return AlertDraft(template_id=template_id, account_id=account_id, **given)


def test_every_level_has_a_word_in_both_languages():
    """R-53: hold, secure, lockdown, evacuate, shelter, closed, all clear, and information."""
    assert {level.value for level in Level} == {
        *("hold", "secure", "lockdown", "evacuate", "shelter", "closed"),
        *("all clear", "information"),
    }
    for words in WORDS.values():
        assert set(words) == set(Level)
    assert all("DRILL" in label for label in DRILL.values())


async def test_administrators_say_who_may_raise_alerts(do, see, maya, tom, root):
    """R-53: a right of its own; being staff does not give it."""
    given = {"person_id": tom.account.id}

    with pytest.raises(ForbiddenError):
        await do(alert_templates.allow, actor=maya.actor, **given)
    assert not await see(alert_templates.may_raise, actor=root.actor)
    await do(alert_templates.allow, actor=root.actor, **given)

    assert await see(alert_templates.may_raise, actor=tom.actor)
    await do(alert_templates.disallow, actor=root.actor, **given)
    assert not await see(alert_templates.may_raise, actor=tom.actor)


async def test_a_text_is_approved_by_another_than_who_wrote_it(do, see, ada, ben, ctx):
    """R-53: and the database holds it."""
    number = await do(
        alert_templates.write, actor=ada.actor, level="hold", name="Hold", texts=TEXTS
    )

    with pytest.raises(ForbiddenError):
        await do(alert_templates.approve, actor=ada.actor, template_id=number)

    async def cheat(session):
        await session.execute(
            update(AlertTemplateRow).values(
                approved_by=ada.actor.member_id, approved_at=ctx.clock()
            )
        )

    with pytest.raises(IntegrityError):
        await ctx.write(cheat)
    await do(alert_templates.approve, actor=ben.actor, template_id=number)
    assert (await see(alert_templates.get, actor=ada.actor, template_id=number)).approved


async def test_a_changed_text_takes_the_place_once_it_is_approved(do, see, ada, ben, agreed):
    former = await agreed()
    changed = await do(
        alert_templates.write,
        actor=ben.actor,
        level="lockdown",
        name="Lockdown, shorter",
        texts=TEXTS,
        instead_of=former,
    )
    both = await see(alert_templates.listed, actor=ada.actor)
    assert {(one.id, one.approved) for one in both} == {(former, True), (changed, False)}

    await do(alert_templates.approve, actor=ada.actor, template_id=changed)

    assert [one.id for one in await see(alert_templates.listed, actor=ada.actor)] == [changed]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"level": "panic"}, "level"),
        ({"name": " "}, "name"),
        ({"texts": {"en": "Stay"}}, "text_es"),
        ({"texts": {**TEXTS, "xx-nonsense": "?"}}, "language"),
        ({"texts": {**TEXTS, "en": "x" * 601}}, "text_en"),
    ],
)
async def test_a_text_that_cannot_be_told_is_refused(do, ada, changes, field):
    given = {"level": "hold", "name": "Hold", "texts": TEXTS, **changes}

    with pytest.raises(InvalidError) as caught:
        await do(alert_templates.write, actor=ada.actor, **given)

    assert field in caught.value.fields


async def test_who_was_not_given_the_right_raises_nothing(do, maya, root, lincoln, agreed):
    number = await agreed()

    for member in (maya, root):
        with pytest.raises(ForbiddenError):
            await do(alerts.raise_alert, actor=member.actor, draft=draft(number, lincoln.id))


async def test_what_nobody_agreed_on_is_not_told(do, ada, lincoln, tom, agreed):
    waiting = await do(
        alert_templates.write, actor=ada.actor, level="hold", name="Hold", texts=TEXTS
    )
    approved = await agreed()
    refused = [
        (draft(waiting, lincoln.id), "template"),
        (draft(0, lincoln.id), "template"),
        (draft(approved, tom.account.id), "account"),
        (draft(approved, lincoln.id, area="\0 "), "area"),
        (draft(approved, lincoln.id, minutes=0), "minutes"),
        (draft(approved, lincoln.id, more={"en": "x" * 601}), "more_en"),
    ]

    for one, field in refused:
        with pytest.raises(InvalidError) as caught:
            await do(alerts.raise_alert, actor=ada.actor, draft=one)
        assert field in caught.value.fields


async def test_an_alert_is_public_pinned_and_out_at_once_in_all_languages(
    ctx, see, sound, stored, lincoln
):
    """R-54: no hold window, `content` and `contentMap`, pinned, and an announcement here."""
    number = await sound(more={"en": "Buses wait."})

    alert = await stored(AlertRow, number)
    post = await stored(PostRow, alert.post_id)
    assert (post.account_id, post.visibility, post.local_only) == (lincoln.id, "public", False)
    assert post.pinned_at is not None
    assert set(post.content_map) == {"en", "es"}
    assert "Lockdown: Lincoln Elementary" in post.content_map["en"]
    assert "Buses wait." in post.content_map["en"]
    assert "Cierre de emergencia" in post.content_map["es"]
    assert "Stay where you are" in post.content
    assert "Quédese donde está" in post.content
    async with ctx.read() as session:
        due = await session.scalar(select(JobRow.due_at).where(JobRow.kind == "FederatePost"))
    assert due <= ctx.clock()
    told = await see(announcements.current, actor=None)
    assert [TEXTS["es"] in one.text for one in told] == [True]


async def test_an_alert_goes_out_where_the_account_lacks_managers(do, see, sound, lincoln):
    """R-53: what keeps ordinary posts back keeps no alert back."""
    for one in await see(officials.delegates, actor=None, account_id=lincoln.id):
        await do(officials.end, actor=None, account_id=lincoln.id, person_id=one.account_id)

    assert await sound()


async def test_all_members_are_told_whatever_they_muted(see, sound, maya, tom, lincoln):
    await sound()

    for member in (maya, tom):
        assert await see(notifications.unread_count, actor=member.actor, types=["status"]) == 1


async def test_the_same_pressed_twice_is_one_alert(do, see, ada, agreed, lincoln):
    one = draft(await agreed(), lincoln.id)

    first = await do(alerts.raise_alert, actor=ada.actor, draft=one)

    assert await do(alerts.raise_alert, actor=ada.actor, draft=one) == first


async def test_updates_and_all_clear_are_a_chain(do, see, sound, stored, ada):
    """R-53: each takes the place of the one before, and follows one alone."""
    first = await sound("secure")
    second = await sound("lockdown", follows_id=first)
    last = await sound("all clear", follows_id=second)

    rows = [await stored(AlertRow, number) for number in (first, second, last)]
    assert {row.chain_id for row in rows} == {first}
    assert [row.over_at is None for row in rows] == [False, False, True]
    pinned = [(await stored(PostRow, row.post_id)).pinned_at is not None for row in rows]
    assert pinned == [False, False, True]
    assert len(await see(announcements.current, actor=None)) == 1
    with pytest.raises(ConflictError):
        await sound("evacuate", follows_id=first)
    with pytest.raises(NotFoundError):
        await sound("evacuate", follows_id=1)


async def test_another_person_reviews_within_an_hour(do, see, sound, ada, ben, ctx, maya):
    """R-53: shown until it is done; that it is another person the database holds."""
    number = await sound()
    given = {"alert_id": number}

    for member in (ada, maya):
        with pytest.raises(ForbiddenError):
            await do(alerts.review, actor=member.actor, **given)

    async def cheat(session):
        await session.execute(update(AlertRow).values(reviewed_by=ada.actor.member_id))

    with pytest.raises(IntegrityError):
        await ctx.write(cheat)
    waiting = await see(alerts.one, actor=ben.actor, **given)
    assert waiting.review_due_at - waiting.raised_at == timedelta(hours=1)
    await do(alerts.review, actor=ben.actor, note="As it should be.", **given)
    assert (await see(alerts.one, actor=ada.actor, **given)).reviewed_at
    with pytest.raises(ConflictError):
        await do(alerts.review, actor=ben.actor, **given)


async def test_an_alert_ends_when_its_time_is_over(ctx, clock, see, sound, stored):
    number = await sound(minutes=30)
    await run_until_idle(ctx)
    assert (await stored(AlertRow, number)).over_at is None

    clock.advance(minutes=31)
    await run_until_idle(ctx)

    alert = await stored(AlertRow, number)
    assert alert.over_at == alert.ends_at
    assert (await stored(PostRow, alert.post_id)).pinned_at is None
    assert await see(announcements.current, actor=None) == []


async def test_a_drill_says_so_in_every_text_and_tells_no_other_server(
    ctx, see, sound, stored, lincoln, maya, ada, delegate_to, tom
):
    """R-55: and only those who take part are told: who raises alerts, who acts for it."""
    await delegate_to(lincoln, tom)
    number = await sound(drill=True)

    alert = await stored(AlertRow, number)
    post = await stored(PostRow, alert.post_id)
    assert post.local_only
    assert all("DRILL" in words for words in post.content_map.values())
    assert "DRILL" in (await see(announcements.current, actor=None))[0].text
    async with ctx.read() as session:
        kinds = set(await session.scalars(select(JobRow.kind)))
    assert not kinds & {FederatePost.__name__, FederatePin.__name__}
    unread = {
        member.account.username: await see(
            notifications.unread_count, actor=member.actor, types=["status"]
        )
        for member in (maya, ada, tom)
    }
    assert unread == {"maya": 0, "ada": 1, "tom": 1}


async def test_what_follows_a_drill_is_a_drill(sound, stored):
    first = await sound("secure", drill=True)

    second = await sound("all clear", follows_id=first, drill=False)

    assert (await stored(AlertRow, second)).drill


async def test_the_oldest_pinned_post_makes_room(
    do, see, sound, stored, lincoln, maya, delegate_to
):
    acting = await delegate_to(lincoln, maya, "manager")
    numbers = []
    for at in range(reactions.MAX_PINS):
        number = await do(posts.publish, actor=acting.actor, draft=Draft(f"Post {at}"))
        await do(reactions.pin, actor=acting.actor, post_id=number)
        numbers.append(number)

    alert = await stored(AlertRow, await sound())

    assert (await stored(PostRow, alert.post_id)).pinned_at is not None
    assert (await stored(PostRow, numbers[0])).pinned_at is None


async def test_an_alert_is_passed_on_beyond_the_budget_of_a_day(
    do, sound, lincoln, maya, delegate_to, ctx
):
    """S-42: somebody's safety depends on it."""
    number = await sound()
    speaking = await delegate_to(lincoln, maya)

    async def used_up(session):
        row = await session.get(OfficialRow, lincoln.id)
        row.boosts_a_day = 0
        return (await session.get(AlertRow, number)).post_id

    post_id = await ctx.write(used_up)

    assert await do(reactions.boost, actor=speaking.actor, post_id=post_id)
