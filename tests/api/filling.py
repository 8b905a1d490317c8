"""Filling a store with many of everything, and measuring what each list then costs."""

from inspect import signature

from sqlalchemy import update

from fedi_k12.domain.ids import new_id
from fedi_k12.domain.posts import Draft
from fedi_k12.services import posts
from storage.tables import AccountRow, CardRow, MediaRow, PostRow
from tests.api.every_list import AT_MOST, MANY


class Doing:
    """What members do, one after the other, in one transaction."""

    def __init__(self, ctx, session):
        self._session = session
        self._given = {"addresses": ctx.addresses, "now": ctx.clock()}

    async def __call__(self, member, work, **parts):
        """Let a member do one thing; what the service needs besides is given."""
        given = {
            name: one for name, one in self._given.items() if name in signature(work).parameters
        }
        return await work(self._session, actor=member.actor, **parts, **given)

    async def write(self, member, text, **parts):
        """Write a post that has a picture and leads to a page; return its id."""
        number = await self(member, posts.publish, draft=Draft(text, **parts))
        page, now = f"https://pages.example/{number}", self._given["now"]
        known = {"host": "pages.example", "state": "ready", "title": "A page"}
        self._session.add(CardRow(url=page, created_at=now, **known))
        picture = {"kind": "image", "mime_type": "image/png", "file": f"{number}.png"}
        whose = {"account_id": member.account.id, "post_id": number}
        self._session.add(MediaRow(id=new_id(), created_at=now, **whose, **picture))
        await self._session.execute(
            update(PostRow).where(PostRow.id == number).values(card_url=page)
        )
        return number


async def let_be_found(session, *accounts):
    """Let accounts and what they write be found by everybody."""
    await session.execute(
        update(AccountRow)
        .where(AccountRow.id.in_([one.id for one in accounts]))
        .values(discoverable=True, indexable=True)
    )


async def measured(table, fill, queries, asking):
    """Return which lists cost more for many than for one, and which did not grow."""

    async def ask(names):
        found = {}
        for path, line in table.items():
            who, _, address = line.partition(" ")
            found[path] = await queries(asking[who], address.format(path=path, **names))
        return found

    few = await ask(await fill(0))
    for number in range(1, MANY):
        names = await fill(number)
    many = await ask(names)
    grown = {
        path: (few[path][0], many[path][0]) for path in table if few[path][0] < many[path][0]
    }
    short = {
        path: size for path in table if (size := _size(many[path][1])) < AT_MOST.get(path, MANY)
    }
    return grown, short


def _size(found):
    """Return how many things stand in an answer."""
    if isinstance(found, list):
        return len(found)
    return max(len(value) for value in found.values() if isinstance(value, list))
