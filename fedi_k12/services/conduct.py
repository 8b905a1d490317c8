"""The guide by which one writes for an official account: written, read, accepted (S-45).

That somebody accepted it is asked where a person and an account become an `Actor`
(`services.acting`), each time: a new version holds everybody's next post back.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.conduct import Acceptance, Guide, Register, checked
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import acting, officials, records
from storage import accounts, conduct
from storage.tables import AccountRow, GuideAcceptanceRow, GuideRow


async def read(session: AsyncSession, *, actor: Actor, account_id: int) -> Guide:
    """Return the guide that holds for an account, to who acts for it and to administrators.

    Raises `NotFoundError` where there is no such official account, `ForbiddenError` for others.
    """
    if not await officials.is_official(session, account_id):
        raise NotFoundError("There is no such official account.")
    inside = actor.delegation is not None and actor.account_id == account_id
    if not inside and not await officials.may_keep(session, actor, account_id):
        raise ForbiddenError("Only who acts for this account reads its guide.")
    return await acting.guide_of(session, account_id)


async def write(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    texts: Mapping[str, str],
    now: datetime,
) -> Guide:
    """Put a new version in force: everybody who acts for the account is asked again.

    By a manager, an administrator or the operator. Raises `InvalidError` naming the field.
    """
    account = await officials.kept(session, actor, account_id)
    said = checked(texts)
    former = await acting.guide_of(session, account_id)
    if said == dict(former.texts):
        raise InvalidError("Nothing is different from what holds now.")
    row = GuideRow(
        id=new_id(),
        account_id=account_id,
        version=former.version + 1,
        texts=said,
        written_by=actor.member_id if actor else None,
        author=await _handle(session, actor),
        made_at=now,
    )
    session.add(row)
    await session.flush()
    detail: dict[str, object] = {"version": row.version, "texts": said}
    await _note(session, actor, account, "guide written", detail, now)
    return await acting.guide_of(session, account_id)


async def accept(
    session: AsyncSession,
    *,
    actor: Actor,
    account_id: int,
    digest: str,
    now: datetime,
) -> None:
    """Keep that the person accepts the guide whose text they read, named by its digest.

    Raises `InvalidError` where another text holds meanwhile, `ForbiddenError` for who does not
    act for the account.
    """
    if actor.delegation is None or actor.account_id != account_id or actor.member_id is None:
        raise ForbiddenError("Only who acts for this account accepts its guide.")
    guide = await acting.guide_of(session, account_id)
    if guide.digest != digest:
        raise InvalidError("The guide was changed meanwhile. Read it again.")
    if await conduct.acceptance(
        session, account_id, actor.member_id, guide.version, guide.digest
    ):
        return
    session.add(
        GuideAcceptanceRow(
            id=new_id(),
            account_id=account_id,
            member_id=actor.member_id,
            handle=await _handle(session, actor),
            version=guide.version,
            digest=guide.digest,
            at=now,
        )
    )
    await session.flush()
    account = await accounts.by_id(session, account_id)
    if account is not None:
        detail: dict[str, object] = {"version": guide.version, "digest": guide.digest}
        await _note(session, actor, account, "guide accepted", detail, now)


async def register(session: AsyncSession, *, actor: Actor | None, account_id: int) -> Register:
    """Return who accepted which version when, to managers, administrators and the operator."""
    await officials.kept(session, actor, account_id)
    guide = await acting.guide_of(session, account_id)
    return Register(
        guide,
        tuple(
            Acceptance(row.handle, row.version, row.digest, row.at)
            for row in await conduct.acceptances(session, account_id)
        ),
        tuple(await conduct.still_to_accept(session, account_id, guide.version, guide.digest)),
    )


async def _handle(session: AsyncSession, actor: Actor | None) -> str:
    if actor is None or actor.member_id is None:
        return ""
    number = await acting.own_account(session, member_id=actor.member_id)
    person = await accounts.by_id(session, number)
    return person.acct if person is not None else ""


async def _note(
    session: AsyncSession,
    actor: Actor | None,
    account: AccountRow,
    kind: str,
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    await records.note(
        session,
        kind=kind,
        actor=actor,
        concerned=[account.id],
        object_id=f"{account.url or account.uri}/guide",
        now=now,
        detail=detail,
    )
