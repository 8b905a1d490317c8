"""What concerns an official account is kept in the very bytes, with the person behind it."""

import json
from base64 import b64encode
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256

from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.services import follows, posts, profiles, reactions, reports
from fedi_k12.worker import run_until_idle
from storage import records
from tests.remote import OTHER_KEYS, PUBLIC


def told(kept):
    return [(one.entry.direction, one.entry.kind) for one in kept]


async def test_what_others_say_among_themselves_is_no_record(ctx, say, kept, maya, tom):
    """R-12: only what concerns an official account."""
    await say(maya.actor, "Good morning, @tom")

    assert await kept() == []


async def test_a_post_of_a_school_is_kept_as_done_and_as_sent(
    ctx, say, kept, said, speaking, school
):
    """R-12: though nobody elsewhere follows; the person behind it is named."""
    await say(speaking, "School opens at nine.")

    here, out = await kept()

    assert told([here, out]) == [("here", "Create"), ("out", "Create")]
    assert [here.entry.person, out.entry.person] == ["maya", "maya"]
    assert here.entry.member_id == speaking.member_id
    assert here.entry.account == out.entry.account == school.account.uri
    assert said(here)["object"]["source"]["content"] == "School opens at nine."
    assert said(out)["object"]["content"] == "<p>School opens at nine.</p>"
    assert "proof" in said(out)


async def test_what_is_kept_of_a_post_is_what_its_deliveries_carry(
    ctx, say, kept, speaking, school, send, remote
):
    """R-12: the exact bytes."""
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", school.account.uri))
    remote.delivered.clear()

    await say(speaking)

    sent = [one.headers for one in remote.delivered if one.body["type"] == "Create"]
    out = [one for one in await kept() if told([one]) == [("out", "Create")]]
    digests = [b64encode(sha256(one.body).digest()).decode() for one in out]
    assert [one["Digest"] for one in sent] == [f"SHA-256={digest}" for digest in digests]
    assert json.loads(out[0].envelope)["hosts"] == ["remote.example"]


async def test_an_answer_from_elsewhere_is_kept_as_it_came(
    ctx, say, kept, speaking, send, remote
):
    """R-12: bytes, headers and the result of the signature's check."""
    post_id = await say(speaking)
    ren = remote.actor("ren")
    uri = f"https://home.example/users/lincoln/statuses/{post_id}"
    letter = ren.create(ren.note("1", inReplyTo=uri, content="<p>Ours is at <b>ten</b></p>"))
    body = json.dumps(letter, indent=3).encode()

    assert await send(ren, body) == 202

    came = (await kept())[-1]
    assert told([came]) == [("in", "Create")]
    assert came.body == body
    envelope = json.loads(came.envelope)
    assert envelope["signature"] == "verified"
    assert envelope["signer"] == ren.uri
    assert {name.lower() for name in envelope["headers"]} >= {"signature", "date", "digest"}
    assert came.entry.person == "ren@remote.example"
    assert came.entry.thread == uri


async def test_a_letter_that_comes_twice_is_kept_once(ctx, say, kept, school, send, remote):
    """R-12, FED replay: what is known already changes nothing."""
    ren = remote.actor("ren")
    letter = ren.create(ren.note("1", to=[school.account.uri]))

    await send(ren, letter)
    before = len(await kept())
    await send(ren, letter)

    assert before > 0
    assert len(await kept()) == before


async def test_likes_boosts_follows_flags_and_letters_from_elsewhere_are_kept(
    ctx, say, kept, speaking, school, send, remote
):
    """R-12: each kind of activity that names the account or its posts."""
    post_id = await say(speaking)
    uri = f"https://home.example/users/lincoln/statuses/{post_id}"
    ren = remote.actor("ren")

    for number, (kind, about) in enumerate(
        [("Follow", school.account.uri), ("Like", uri), ("Announce", uri),
         ("Flag", [school.account.uri, uri])]
    ):  # fmt: skip
        await send(ren, {**ren.activity(kind, about, number=str(number)), "to": [PUBLIC]})
    await send(ren, ren.create(ren.note("9", to=[school.account.uri], cc=[]), "9"))

    came = [one.entry.kind for one in await kept() if one.entry.direction == "in"]
    assert came == ["Follow", "Like", "Announce", "Flag", "Create"]
    assert ("out", "Accept") in told(await kept())


async def test_what_a_forger_signs_is_refused_and_no_record(ctx, kept, school, send, remote):
    """R-12: only what was let in is kept as having come in."""
    ren = remote.actor("ren")

    eve = remote.actor("eve", keys=OTHER_KEYS)
    status = await send(eve, ren.activity("Follow", school.account.uri))

    assert status == 401
    assert await kept() == []


async def test_what_another_hands_on_is_kept_as_not_proven(ctx, kept, school, send, remote):
    """R-12: the result of the check says whose word it is."""
    ren, eve = remote.actor("ren"), remote.actor("eve", keys=OTHER_KEYS)

    await send(eve, ren.create(ren.note("1", to=[school.account.uri])))

    came = (await kept())[0]
    assert came.entry.person == "eve@remote.example"
    assert "not proven" in json.loads(came.envelope)["author"]


async def test_what_members_here_do_with_a_school_is_kept(
    ctx, say, kept, speaking, school, tom
):
    """R-12: no activity leaves the server for these, and yet they are records."""
    post_id = await say(speaking)
    now, given = ctx.clock(), {"actor": tom.actor, "now": ctx.clock()}

    async def do(fn, **more):
        return await ctx.write(fn, **{**given, **more})

    await do(follows.follow, target_id=school.account.id, addresses=ctx.addresses)
    await do(reactions.favourite, post_id=post_id, addresses=ctx.addresses)
    await do(reactions.boost, post_id=post_id, addresses=ctx.addresses)
    await do(reactions.unfavourite, post_id=post_id)
    await do(reactions.unboost, post_id=post_id)
    await do(
        posts.publish,
        draft=Draft("Which door?", in_reply_to_id=post_id, visibility=Visibility.DIRECT),
        addresses=ctx.addresses,
    )
    await do(
        reports.file,
        target_id=school.account.id,
        comment="The time is wrong.",
        addresses=ctx.addresses,
    )
    await do(follows.unfollow, target_id=school.account.id)

    acts = [one for one in await kept() if one.entry.person == "tom"]
    assert [one.entry.kind for one in acts] == [
        "Follow", "Like", "Announce", "Undo Like", "Undo Announce", "Create", "Flag",
        "Undo Follow",
    ]  # fmt: skip
    assert all(one.entry.direction == "here" and one.entry.at >= now for one in acts)


async def test_a_changed_profile_is_kept(ctx, kept, said, speaking):
    """R-12: profile changes."""
    await ctx.write(
        profiles.update_profile,
        actor=speaking,
        changes=ProfileChanges(display_name="Lincoln Elementary"),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    first = (await kept())[0]
    assert (first.entry.kind, first.entry.person) == ("profile changed", "maya")
    assert said(first)["name"] == "Lincoln Elementary"


async def test_a_deleted_post_stays_a_record(ctx, say, kept, said, speaking):
    """R-15: deletion hides and tells others, but removes no record."""
    post_id = await say(speaking, "A mistake.")
    await ctx.write(posts.delete, actor=speaking, post_id=post_id, now=ctx.clock())
    await run_until_idle(ctx)

    found = await kept()

    assert told(found) == [
        ("here", "Create"), ("out", "Create"), ("here", "Delete"), ("out", "Delete"),
    ]  # fmt: skip
    assert said(found[0])["object"]["source"]["content"] == "A mistake."


async def test_what_is_rolled_back_leaves_no_record(ctx, kept, speaking):
    """R-12: a record stands or falls with what it records."""

    async def half(session):
        await posts.publish(
            session, actor=speaking, draft=Draft("Half"), addresses=ctx.addresses,
            now=ctx.clock(),
        )  # fmt: skip
        raise RuntimeError("the power went")

    with suppress(RuntimeError):
        await ctx.write(half)

    assert await kept() == []


async def test_records_are_found_by_account_date_word_thread_and_person(
    ctx, say, speaking, school, start, send, remote, clock
):
    """R-16: search."""
    first = await say(speaking, "The buses are late, niño.")
    uri = f"https://home.example/users/lincoln/statuses/{first}"
    ren = remote.actor("ren")
    await send(
        ren, ren.create(ren.note("1", inReplyTo=uri, content="<p>Which <b>BUS</b>?</p>"))
    )
    day_two = ctx.clock() + timedelta(days=1)
    clock.advance(days=2)
    await say(speaking, "Lunch is soup.")

    async def seqs(**wanted):
        async with ctx.read() as session:
            found = await records.page(session, records.Wanted(**wanted), before=None, limit=50)
            return sorted(row.seq - start for row in found if row.seq > start)

    assert await seqs(word="BUS") == [1, 2, 3]
    assert await seqs(word="niño") == [1, 2]
    assert await seqs(word="which bus") == [3]
    assert await seqs(person="@ren@remote.example") == [3]
    assert await seqs(person="maya", direction="here") == [1, 4]
    assert await seqs(thread=uri) == [1, 2, 3]
    assert await seqs(since=day_two) == [4, 5]
    assert await seqs(until=day_two) == [1, 2, 3]
    assert await seqs(account_ids=[school.account.id + 1]) == []
    assert await seqs(word="100%") == []
