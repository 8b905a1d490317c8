"""Why a server is blocked or limited, and that everybody can read it (R-49).

Who silences a server silences all who speak to official accounts from there, so where such
accounts are here the ground comes from the fixed list, and the public log tells it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.forum import Stated, fixed, for_server
from fedi_k12.domain.hosts import Severity, obfuscated
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.public_log import Act, Category
from fedi_k12.services import public_log
from storage import officials
from storage.tables import HostPolicyRow

_ACTS = {"suspend": Act.SERVER_BLOCKED, "limit": Act.SERVER_LIMITED}


async def needs_ground(session: AsyncSession) -> bool:
    """Return whether a decision against a server needs a ground: official accounts are here."""
    return await officials.any_of_them(session)


async def stated(session: AsyncSession, severity: Severity, code: str) -> Stated | None:
    """Return the ground of a decision, None where none is needed and none is given.

    Raises `InvalidError` where one is needed, or is not of the list.
    """
    if severity not in _ACTS or not (code.strip() or await needs_ground(session)):
        return None
    return fixed(for_server(code))


async def tell(
    session: AsyncSession,
    actor: Actor | None,
    row: HostPolicyRow,
    rule: Stated | None,
    *,
    now: datetime,
) -> None:
    """Tell in the public log that a server is blocked or limited."""
    act = _ACTS.get(row.severity)
    if act is not None:
        await _add(session, actor, act, _shown(row), rule, now=now)


async def tell_freed(
    session: AsyncSession, actor: Actor | None, row: HostPolicyRow, *, now: datetime
) -> None:
    """Tell in the public log that such a decision is taken back."""
    if row.severity in _ACTS:
        await _add(session, actor, Act.SERVER_FREED, _shown(row), None, now=now)


async def tell_kept_out(
    session: AsyncSession,
    actor: Actor | None,
    domains: Sequence[str],
    code: str,
    *,
    now: datetime,
) -> None:
    """Tell in the public log that servers never heard before are not heard."""
    rule = await stated(session, "suspend", code)
    for domain in domains:
        await _add(session, actor, Act.SERVER_KEPT_OUT, domain, rule, now=now)


def _shown(row: HostPolicyRow) -> str:
    return obfuscated(row.domain) if row.obfuscate else row.domain


async def _add(
    session: AsyncSession,
    actor: Actor | None,
    act: Act,
    name: str,
    rule: Stated | None,
    *,
    now: datetime,
) -> None:
    await public_log.add(
        session, actor=actor, act=act, category=Category.SERVER, name=name, rule=rule, now=now
    )
