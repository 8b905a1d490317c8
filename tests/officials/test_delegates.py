"""People act for official accounts (S-37, R-4, R-8, R-9, S-46): by whom, and until when."""

from datetime import timedelta

import pytest

from fedi_k12.domain.delegates import NEEDED, Deed, DelegateRole, Delegation, may, why_not
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft
from fedi_k12.services import apps, leaving, login, officials, posts, sanctions, scheduled
from fedi_k12.worker import run_until_idle


@pytest.fixture
async def speaking(lincoln, maya, delegate_to):
    """Maya as she acts for the school, with a token of its own."""
    return await delegate_to(lincoln, maya)


@pytest.mark.parametrize("role", DelegateRole)
def test_each_role_includes_the_ones_before(role):
    """S-37: a ladder, and what nobody said is refused."""
    order = list(DelegateRole)
    for deed, needed in NEEDED.items():
        expected = needed is not None and order.index(role) >= order.index(needed)
        assert may(Delegation(role), deed) is expected
        assert may(None, deed) is False
    assert not may(Delegation(DelegateRole.MANAGER), Deed.NEVER)
    assert "Only authors" in why_not(Delegation(DelegateRole.RESPONDER), Deed.WRITE)


async def test_an_official_account_has_no_sign_in(see, lincoln):
    """R-8: an Organization, without a member, a password, or anybody to reset it."""
    assert lincoln.kind == "Organization"
    assert await see(login.find_member, login="lincoln") is None
    assert await see(officials.is_official, lincoln.id)


async def test_only_administrators_make_one(do, account_keys, make_member, maya, see):
    admin = await make_member("root_admin", role=Role.ADMIN)
    given = {"username": "district", "display_name": "District", "keys": account_keys}

    with pytest.raises(ForbiddenError):
        await do(officials.make, actor=maya.actor, **given)
    row = await do(officials.make, actor=admin.actor, **given)

    assert [one.id for one in await see(officials.listed)] == [row.id]
    with pytest.raises(InvalidError) as caught:
        await do(officials.make, actor=admin.actor, **given)
    assert "username" in caught.value.fields


async def test_managers_name_delegates_and_nobody_below_does(
    do, see, lincoln, maya, tom, delegate_to, make_member
):
    manager = await delegate_to(lincoln, maya, "manager")
    approver = await delegate_to(lincoln, tom, "approver")
    ada = await make_member("ada")
    given = {"account_id": lincoln.id, "person_id": ada.account.id}

    for actor in (approver.actor, tom.actor, ada.actor):
        with pytest.raises(ForbiddenError):
            await do(officials.delegate, actor=actor, role=DelegateRole.AUTHOR, **given)
        for change in (officials.end, officials.pause, officials.resume):
            with pytest.raises(ForbiddenError):
                await do(change, actor=actor, account_id=lincoln.id, person_id=tom.account.id)
    await do(officials.delegate, actor=manager.actor, role=DelegateRole.AUTHOR, **given)

    found = await see(officials.delegates, actor=manager.actor, account_id=lincoln.id)
    assert ("ada", DelegateRole.AUTHOR) in [(one.handle, one.role) for one in found]
    with pytest.raises(ForbiddenError):
        await see(officials.delegates, actor=ada.actor, account_id=lincoln.id)


async def test_another_role_ends_the_one_before_and_both_are_told(do, see, lincoln, maya):
    given = {"actor": None, "account_id": lincoln.id, "person_id": maya.account.id}
    for _ in range(2):
        await do(officials.delegate, role=DelegateRole.RESPONDER, **given)
    await do(officials.delegate, role=DelegateRole.AUTHOR, probationary=True, **given)

    found = await see(officials.delegates, actor=None, account_id=lincoln.id)
    mine = [one for one in found if one.handle == "maya"]
    assert [(one.role, one.ended_at is None) for one in mine] == [
        (DelegateRole.AUTHOR, True),
        (DelegateRole.RESPONDER, False),
    ]
    (one,) = await see(officials.speaks_for, member_id=maya.actor.member_id)
    assert (one.username, one.probationary) == ("lincoln", True)


async def test_only_people_of_here_are_delegated(do, lincoln, make_remote):
    ren = await make_remote("ren")
    given = {"actor": None, "account_id": lincoln.id, "role": DelegateRole.AUTHOR}

    for person in (ren.id, lincoln.id, 1):
        with pytest.raises(InvalidError):
            await do(officials.delegate, person_id=person, **given)


async def test_a_token_names_person_and_account(see, speaking, lincoln, maya):
    """S-37: the actor of a delegate has no powers of staff."""
    hashed = apps.hash_token(speaking.token)
    found = await see(apps.token_for, token_hash=hashed)

    assert found.actor == speaking.actor
    assert found.actor.role is Role.MEMBER
    assert (found.actor.account_id, found.actor.member_id) == (
        lincoln.id,
        maya.actor.member_id,
    )


async def test_an_admin_is_no_admin_while_acting(see, lincoln, make_member, delegate_to):
    admin = await make_member("root_admin", role=Role.ADMIN)
    acting = await delegate_to(lincoln, admin, "manager")

    found = await see(apps.token_for, token_hash=apps.hash_token(acting.token))

    assert found.actor.role is Role.MEMBER


END, PAUSE, DISABLE, SUSPEND, LEAVE = "end", "pause", "disable", "suspend", "leave"


@pytest.fixture
def stop(do, lincoln, maya, make_member):
    """Return a function that makes it so that Maya may not act for the school."""

    async def run(how):
        given = {"account_id": lincoln.id, "person_id": maya.account.id}
        if how == END:
            await do(officials.end, actor=None, **given)
        elif how == PAUSE:
            await do(officials.pause, actor=None, reason="Ask first", **given)
        elif how == LEAVE:
            await do(leaving.leave, actor=maya.actor, account_id=maya.account.id)
        else:
            staff = await make_member("minder", role=Role.MODERATOR)
            await do(
                sanctions.act,
                actor=staff.actor,
                account_id=maya.account.id,
                kind=how,
            )

    return run


STOPS = [END, PAUSE, DISABLE, SUSPEND, LEAVE]


@pytest.mark.parametrize("how", STOPS)
async def test_apps_are_out_at_once(client, speaking, stop, how):
    """R-4, S-46: the very next request of an app is refused, with a sentence."""
    headers = {"Authorization": f"Bearer {speaking.token}"}
    before = await client.get("/api/v1/accounts/verify_credentials", headers=headers)

    await stop(how)
    after = await client.get("/api/v1/accounts/verify_credentials", headers=headers)

    assert before.status == 200
    assert (await before.json())["username"] == "lincoln"
    assert after.status == (401 if how in {END, SUSPEND, LEAVE} else 403)
    sentence = (await after.json())["error"]
    if how == PAUSE:
        assert "paused: Ask first. Ask @principal_ann, @principal_bo." in sentence


@pytest.mark.parametrize("how", [END, PAUSE])
async def test_browsers_speak_for_themselves_at_once(do, see, ctx, maya, speaking, stop, how):
    """R-4, S-40: and no form that was open for the school is good any more."""
    token, csrf = await do(login.open_session, member_id=maya.actor.member_id, client="Tests")
    hashed = login.hash_token(token)
    found = await see(login.session_for, token_hash=hashed)
    await do(
        login.acting.speak_as,
        session_id=found.session_id,
        member_id=maya.actor.member_id,
        account_id=speaking.account.id,
    )
    spoke = await see(login.session_for, token_hash=hashed)

    await stop(how)
    after = await see(login.session_for, token_hash=hashed)

    assert spoke.actor == speaking.actor
    assert after.actor == maya.actor
    assert len({csrf, spoke.csrf, after.csrf}) == 3


async def test_nobody_speaks_for_an_account_that_is_not_theirs(do, see, maya, tom, lincoln):
    token, _ = await do(login.open_session, member_id=maya.actor.member_id, client="Tests")
    found = await see(login.session_for, token_hash=login.hash_token(token))
    given = {"session_id": found.session_id, "member_id": maya.actor.member_id}

    for account_id in (lincoln.id, tom.account.id, 1):
        with pytest.raises(ForbiddenError):
            await do(login.acting.speak_as, account_id=account_id, **given)
    with pytest.raises(NotFoundError):
        await do(
            login.acting.speak_as,
            session_id=found.session_id,
            member_id=tom.actor.member_id,
            account_id=tom.account.id,
        )


@pytest.mark.parametrize("how", STOPS)
async def test_posts_to_come_do_not_come(ctx, do, see, clock, speaking, stop, lincoln, how):
    """R-4, R-9: what was scheduled is refused, and stays for whoever manages the account."""
    due = ctx.clock() + timedelta(hours=1)
    await do(scheduled.schedule, actor=speaking.actor, draft=Draft("Snow day"), due_at=due)

    await stop(how)
    clock.advance(hours=2)
    await run_until_idle(ctx)

    found = await see(scheduled.page, actor=speaking.actor, page=scheduled.PageRequest())
    assert [bool(one.refused) for one in found.items] == [True]
    async with ctx.read() as session:
        assert (await session.get(type(lincoln), lincoln.id)).posts_count == 0


@pytest.mark.parametrize("how", STOPS)
async def test_tokens_that_streams_were_opened_with_are_no_longer_good(
    see, speaking, stop, how
):
    """R-4: the streams of whoever was stopped are looked up again, and end."""
    hashed = apps.hash_token(speaking.token)
    number = (await see(apps.token_for, token_hash=hashed)).token_id
    before = await see(apps.still_good, [number])

    await stop(how)

    assert before == {number}
    assert await see(apps.still_good, [number]) == set()


async def test_who_was_paused_acts_again_and_nothing_is_lost(do, see, speaking, stop, maya):
    """S-46: a pause is no dismissal."""
    await stop(PAUSE)
    (held,) = await see(officials.speaks_for, member_id=maya.actor.member_id)
    given = {"actor": None, "account_id": speaking.account.id, "person_id": maya.account.id}
    with pytest.raises(InvalidError):
        await do(officials.delegate, role=DelegateRole.MANAGER, **given)

    await do(officials.resume, **given)

    assert held.pause_reason == "Ask first"
    found = await see(apps.token_for, token_hash=apps.hash_token(speaking.token))
    assert found.actor == speaking.actor


async def test_nothing_is_posted_with_one_manager(do, see, lincoln, speaking, publish):
    """R-8: two managers at least, else nothing is posted and the refusal says why."""
    first = await publish(speaking, "Open house on Friday")
    found = await see(officials.delegates, actor=None, account_id=lincoln.id)
    ann = next(one for one in found if one.handle == "principal_ann")

    await do(officials.end, actor=None, account_id=lincoln.id, person_id=ann.account_id)

    for change in ({"text": "Another"}, {"text": "Answer", "in_reply_to_id": first.id}):
        with pytest.raises(InvalidError, match="two managers"):
            await publish(speaking, **change)
    with pytest.raises(InvalidError, match="two managers"):
        await do(posts.edit, actor=speaking.actor, post_id=first.id, draft=Draft("Else"))
    await do(posts.delete, actor=speaking.actor, post_id=first.id)


async def test_who_may_only_answer_writes_answers_only(
    do, lincoln, maya, delegate_to, publish, tom
):
    """S-37: a responder answers, and changes what they answered."""
    responder = await delegate_to(lincoln, maya, "responder")
    manager = await delegate_to(lincoln, tom, "manager")
    question = await publish(manager, "When does school start?")

    with pytest.raises(ForbiddenError, match="Only authors"):
        await publish(responder, "News")
    answer = await publish(responder, "At eight.", in_reply_to_id=question.id)
    await do(posts.edit, actor=responder.actor, post_id=answer.id, draft=Draft("At 8."))
    await do(posts.delete, actor=responder.actor, post_id=answer.id)


async def test_who_is_not_delegated_writes_nothing(publish, lincoln, maya):
    """An actor that names the account but no delegation is refused: default deny."""
    stranger = type(maya)(type(maya.actor)(lincoln.id, maya.actor.member_id), lincoln, "")

    with pytest.raises(ForbiddenError):
        await publish(stranger, "News")


async def test_who_wrote_it_stays_known(ctx, publish, speaking, maya):
    """R-9: authorship stays, whatever becomes of the delegation."""
    post = await publish(speaking, "News")

    async with ctx.read() as session:
        row = await posts.posts.by_id(session, post.id)
    assert row.author_member_id == maya.actor.member_id
