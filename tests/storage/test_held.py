"""Rows that a session holds already."""

from storage import accounts
from storage.built import held
from storage.tables import AccountRow


async def test_a_row_is_held_as_long_as_somebody_refers_to_it_and_nothing_in_it_is_old(
    ctx, maya
):
    async with ctx.read() as session:
        assert held(session, AccountRow, maya.actor.account_id) is None

        row = await accounts.by_id(session, maya.actor.account_id)
        assert row is not None
        assert held(session, AccountRow, maya.actor.account_id) is row

        session.expire(row, ["note"])
        assert held(session, AccountRow, maya.actor.account_id) is None
        assert await accounts.by_id(session, maya.actor.account_id) is row
        assert row.note == ""

        del row
        assert held(session, AccountRow, maya.actor.account_id) is None


async def test_what_waits_to_be_written_is_there_when_columns_are_asked_for(ctx, maya):
    async def change(session):
        row = await accounts.member(session, maya.actor.member_id)
        row.time_zone = "Asia/Tokyo"
        changed = await accounts.choices_of(session, maya.actor.member_id)
        with session.no_autoflush:
            row.time_zone = "Europe/Paris"
            kept = await accounts.choices_of(session, maya.actor.member_id)
        return changed[1], kept[1]

    assert await ctx.write(change) == ("Asia/Tokyo", "Asia/Tokyo")
