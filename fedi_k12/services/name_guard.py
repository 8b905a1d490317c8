"""Names, rooms and numbers in what an official account is to say, put before people (R-32).

All of it is decided here, by rules of the house and by what this server knows; nothing of a
text is sent out to be judged.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.guards import Asked, Noticed, noticed, persons_in_tags
from storage import officials
from storage.tables import AccountRow


async def to_look_at(session: AsyncSession, *said: str) -> list[Noticed]:
    """Return what somebody looks at again before these words are published.

    Spared are the names of people who have an account here, who are adults and speak for
    themselves, and of official accounts, whose names are those of schools.
    """
    text = "\n".join(said)
    found = noticed(text)
    names = {one.words for one in found if one.kind is Asked.NAME}
    if names:
        statement = select(AccountRow.display_name).where(
            AccountRow.domain == "",
            AccountRow.deleted_at.is_(None),
            AccountRow.display_name.in_(names),
        )
        spared = [*await session.scalars(statement)]
        spared += [row.display_name for row in await officials.all_of_them(session)]
        found = noticed(text, spared=spared)
    return [*found, *persons_in_tags(text)]
