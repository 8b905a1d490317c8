"""The public log of moderation: what is added to it, and what everybody reads (R-51)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.forum import OWN, Stated
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.public_log import Act, Category, Line, acting_role, pseudonym
from storage import forum
from storage.tables import AccountRow, PublicActRow

PAGE = 100


async def add(
    session: AsyncSession,
    *,
    actor: Actor | None,
    act: Act,
    category: Category,
    name: str,
    rule: Stated | None = None,
    account: str = "",
    until: datetime | None = None,
    case_id: int | None = None,
    role: str = "",
    now: datetime,
) -> None:
    """Add a line, in the transaction of what it tells. `role`: where nobody in person acts."""
    session.add(
        PublicActRow(
            id=new_id(),
            at=now,
            act=act.value,
            category=category.value,
            name=name,
            account=account,
            rule_code=rule.code if rule is not None else "",
            rule_number=rule.number if rule is not None else None,
            rule=rule.words if rule is not None else "",
            until=until,
            role=role or acting_role(actor),
            appeal="",
            case_id=case_id,
        )
    )
    await session.flush()


async def person(
    session: AsyncSession, account: AccountRow, *, now: datetime
) -> tuple[Category, str]:
    """Return how a person stands in the log this year: by category, under a pseudonym."""
    key = await forum.key_of(session, now)
    category = Category.PERSON_HERE if account.is_local else Category.PERSON_ELSEWHERE
    return category, pseudonym(key, account.uri)


async def page(
    session: AsyncSession, *, limit: int = PAGE, max_id: int | None = None
) -> list[Line]:
    """Return lines of the log, the newest first. It is for everybody."""
    return [
        Line(
            row.id,
            row.at,
            Act(row.act),
            Category(row.category),
            row.name,
            row.account,
            row.rule_number,
            row.rule,
            row.until,
            row.role,
            row.appeal,
            row.rule_code.startswith(OWN),
        )
        for row in await forum.lines(session, limit=limit, max_id=max_id)
    ]
