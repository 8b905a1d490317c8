"""Taking over lists of blocked servers: what would change is shown before anything does."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from msgspec import Struct
from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.blocklists import Entry, LeftOut, Parsed
from fedi_k12.domain.hosts import names_asked
from fedi_k12.domain.permissions import Actor
from fedi_k12.services.moderation import set_host_policy
from storage import hosts
from storage.tables import AccountRow, FollowRow, HostPolicyRow

Change = Literal["new", "changed", "same", "kept"]
"""`kept`: staff decided about it themselves, and no list undoes that."""


class Planned(Struct, frozen=True):
    """What a row of a list would do."""

    entry: Entry
    change: Change
    follows: int = 0
    """Follows that it would end."""
    members: int = 0


class Plan(Struct, frozen=True):
    """What a list would do; nothing has been done yet."""

    rows: tuple[Planned, ...]
    left_out: tuple[LeftOut, ...]
    follows: int
    members: int

    def to_do(self, *, sever: bool) -> list[Planned]:
        """Return the rows to apply: those that end follows only if that is wanted."""
        return [
            row
            for row in self.rows
            if row.change in {"new", "changed"} and (sever or not row.follows)
        ]


async def plan(session: AsyncSession, parsed: Parsed) -> Plan:
    """Return what a list would change here, and whom it would cost what."""
    known = {row.domain: row for row in await hosts.policies(session)}
    ties = await _ties(session)
    concerned: set[int] = set()
    total = 0
    rows = []
    for entry in parsed.entries:
        change = _change(entry, known.get(entry.domain))
        follows, members = 0, set[int]()
        if entry.severity == "suspend" and change in {"new", "changed"}:
            follows, members = ties.get(entry.domain, (0, set()))
            total += follows
            concerned |= members
        rows.append(Planned(entry, change, follows, len(members)))
    return Plan(tuple(rows), parsed.left_out, total, len(concerned))


async def apply(
    session: AsyncSession,
    *,
    actor: Actor | None,
    entry: Entry,
    source: str,
    ground: str = "",
    own_hosts: Collection[str],
    now: datetime,
) -> None:
    """Decide as a row of a list says; `source` is where the list came from.

    `ground`: the rule that all its servers break, needed where official accounts speak here.
    """
    await set_host_policy(
        session,
        actor=actor,
        domain=entry.domain,
        severity=entry.severity,
        reject_media=entry.reject_media,
        reject_reports=entry.reject_reports,
        obfuscate=entry.obfuscate,
        public_comment=entry.public_comment,
        source=source[:200],
        ground=ground,
        own_hosts=own_hosts,
        now=now,
    )


def _change(entry: Entry, row: HostPolicyRow | None) -> Change:
    if row is None:
        return "new"
    before = (row.severity, row.reject_media, row.reject_reports)
    if before == (entry.severity, entry.reject_media, entry.reject_reports):
        return "same"
    return "kept" if row.source == "staff" else "changed"


async def _ties(session: AsyncSession) -> dict[str, tuple[int, set[int]]]:
    """Return, by every domain they are under, the follows with servers and whose they are."""
    local = case(
        (FollowRow.follower_local.is_(True), FollowRow.follower_id), else_=FollowRow.target_id
    )
    other = case(
        (FollowRow.follower_local.is_(True), FollowRow.target_id), else_=FollowRow.follower_id
    )
    rows = await session.execute(
        select(AccountRow.host, local, func.count())
        .select_from(FollowRow)
        .join(AccountRow, AccountRow.id == other)
        .where(or_(AccountRow.domain != "", AccountRow.host != ""))
        .group_by(AccountRow.host, local)
    )
    found: dict[str, tuple[int, set[int]]] = {}
    for host, member, count in rows:
        for name in names_asked(host):
            so_far, members = found.get(name, (0, set()))
            found[name] = (so_far + int(count), members | {member})
    return found
