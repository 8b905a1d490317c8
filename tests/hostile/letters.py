"""What is counted and named in tests of letters that lie."""

from sqlalchemy import func, select

HOST = "home.example"


async def count(ctx, table, *conditions):
    async with ctx.read() as session:
        return await session.scalar(select(func.count()).select_from(table).where(*conditions))


def named(maya):
    return [{"type": "Mention", "href": maya.account.uri, "name": "@maya"}]
