"""The chain of records: the database lets nobody change it, and whoever did it is named."""

import asyncio
import re

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fedi_k12.domain.records import hash_of
from fedi_k12.services import officials, records_chain
from fedi_k12.services import records as services
from storage import records
from tests.databases import POSTGRESQL


def at(start, words):
    """Return words with #3 as the number of the third record since the account was made."""
    return re.sub(r"#(\d)", lambda found: str(start + int(found[1])), words)


@pytest.fixture
async def six(start, say, speaking, ctx):
    """Six records of three posts, with a checkpoint of the day."""
    for words in ("One.", "Two.", "Three."):
        await say(speaking, words)
    return await ctx.write(records_chain.checkpoint, now=ctx.clock())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET person = 'somebody' WHERE seq = #2",
        "DELETE FROM record WHERE seq = #6",
        "UPDATE record_body SET words = '' WHERE seq = #2",
        "DELETE FROM record_body WHERE seq = #2",
        "UPDATE record_checkpoint SET seq = #1",
        "DELETE FROM record_checkpoint",
    ],
)
async def test_the_database_refuses_to_change_or_take_away(
    six, start, tamper, verified, statement
):
    """R-12: append-only is a constraint of the database, whoever asks."""
    with pytest.raises(DBAPIError, match="never changed"):
        await tamper(at(start, statement), guarded=True)

    assert (await verified()).fault == ""


async def test_the_database_refuses_to_empty_the_archive(six, tamper):
    """R-12."""
    emptied = "TRUNCATE record CASCADE" if POSTGRESQL else "DELETE FROM record"
    with pytest.raises(DBAPIError, match="never changed"):
        await tamper(emptied, guarded=True)


async def test_an_untouched_chain_is_whole(six, start, verified):
    """R-13."""
    found = await verified()

    assert (found.checked, found.checkpoints, found.fault) == (start + 6, 1, "")


async def test_an_empty_archive_is_whole(ctx, verified):
    """R-13."""
    assert (await verified()).checked == 0


FLIP = (
    "UPDATE record_body SET body = set_byte(body, 20, 255 - get_byte(body, 20)) WHERE seq = #3"
    if POSTGRESQL
    else "UPDATE record_body SET body = CAST(replace(CAST(body AS TEXT), 'Two', 'Tvo') AS BLOB)"
    " WHERE seq = #3"
)
SWAP = [
    "UPDATE record SET seq = 99 WHERE seq = #2",
    "UPDATE record SET seq = #2 WHERE seq = #3",
    "UPDATE record SET seq = #3 WHERE seq = 99",
]
ASKED_ONLY = [
    "INSERT INTO record_disposal (id, account_id, schedule, record_class, before, count,"
    " reason, asked_by, asked_at)"
    " VALUES (1, 1, 'x', 'x', '2026-01-01', 1, 'x', 1, '2026-01-01')",
    "INSERT INTO record_disposal_item (seq, disposal_id) VALUES (#4, 1)",
    "DELETE FROM record_body WHERE seq = #4",
]
SWAPPED_BODIES = [step.replace("record", "record_body") for step in SWAP]


@pytest.mark.parametrize(
    ("statements", "seq", "words"),
    [
        ([FLIP], 3, "the bytes of record #3 were changed"),
        (["UPDATE record SET kind = 'x' WHERE seq = #4"], 4, "entry of record #4 was changed"),
        (
            ["DELETE FROM record_body WHERE seq = #4", "DELETE FROM record WHERE seq = #4"],
            4,
            "record #4 is missing: after #3 comes #5",
        ),
        (["DELETE FROM record_body WHERE seq = #4"], 4, "bytes of record #4 are gone"),
        (ASKED_ONLY, 4, "bytes of record #4 are gone"),
        ([*SWAP, *SWAPPED_BODIES], 2, "record #2 is not in its place"),
        (SWAPPED_BODIES, 2, "the bytes of record #2 were changed"),
        (
            ["DELETE FROM record_body WHERE seq = #6", "DELETE FROM record WHERE seq = #6"],
            6,
            "record #6 is missing: the chain is cut off",
        ),
        (["UPDATE record_checkpoint SET seq = #5"], 5, "is not as it was signed"),
    ],
    ids=[
        "a byte", "an entry", "a row", "only its bytes", "a disposal nobody approved",
        "two swapped", "their bytes swapped", "the last cut off", "the checkpoint",
    ],
)  # fmt: skip
async def test_what_was_done_to_the_chain_is_named(
    six, start, tamper, verified, statements, seq, words
):
    """R-13: one flipped byte, and every other way."""
    await tamper(*(at(start, one) for one in statements))

    found = await verified()

    assert at(start, words) in found.fault
    assert found.seq == start + seq


async def test_an_entry_forged_with_a_fitting_hash_breaks_the_next(
    six, start, tamper, verified, kept
):
    """R-13: whoever computes the hash anew has to forge all that follows, and the signature."""
    forged = replace((await kept())[3].entry, person="tom")
    spoken = "UPDATE record SET person = 'tom', hash = '{}' WHERE seq = #4"
    await tamper(at(start, spoken.format(hash_of(forged))))

    assert at(start, "record #5 is not in its place") in (await verified()).fault


async def test_a_chain_written_anew_differs_from_a_checkpoint_kept_elsewhere(
    six, start, ctx, tamper, verified
):
    """R-13: what the server signed once holds it, also where its own copy is gone."""
    await tamper(
        "DELETE FROM record_checkpoint",
        at(start, "DELETE FROM record_body WHERE seq > #4"),
        at(start, "DELETE FROM record WHERE seq > #4"),
    )

    assert (await verified()).fault == ""
    assert "cut off" in (await verified(kept_elsewhere=[six])).fault


async def test_each_day_is_signed_once(ctx, six, start, clock):
    """R-13: daily."""
    again = await ctx.write(records_chain.checkpoint, now=ctx.clock())
    clock.advance(days=1)
    tomorrow = await ctx.write(records_chain.checkpoint, now=ctx.clock())

    assert six.seq == start + 6
    assert again is None
    assert tomorrow is not None


async def test_many_at_once_make_one_line(ctx, start, speaking, verified):
    """R-13: writers side by side do not fork the chain."""

    async def add(number):
        await ctx.write(
            services.note,
            kind="approved",
            actor=speaking,
            concerned=[],
            object_id=f"draft {number}",
            now=ctx.clock(),
        )

    await asyncio.gather(*(add(number) for number in range(40)))

    found = await verified()
    assert (found.checked, found.fault) == (start + 40, "")


async def test_one_activity_about_two_schools_is_a_record_of_each(
    ctx, account_keys, school, send, remote, kept, verified
):
    """R-12: each account's records are whole by themselves."""
    other = await ctx.write(
        officials.make,
        actor=None,
        username="roosevelt",
        display_name="Roosevelt",
        keys=account_keys,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    ren = remote.actor("ren")

    await send(ren, ren.create(ren.note("1", to=[school.account.uri, other.uri])))

    came = [one for one in await kept() if one.entry.direction == "in"]
    assert {one.entry.account for one in came} == {school.account.uri, other.uri}
    assert len({one.body for one in came}) == 1
    assert (await verified()).fault == ""


async def test_numbers_have_no_gaps_after_a_write_that_failed(
    ctx, start, say, speaking, verified
):
    """R-13: a rolled back record takes no number."""

    async def fail(session):
        await services.note(
            session, kind="x", actor=speaking, concerned=[], object_id="x", now=ctx.clock()
        )
        await session.execute(text("SELECT nothing FROM nowhere"))

    with pytest.raises(DBAPIError):
        await ctx.write(fail)
    await say(speaking)

    async with ctx.read() as session:
        assert (await records.last(session))[0] == start + 2
    assert (await verified()).fault == ""
