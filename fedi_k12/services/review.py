"""The yearly self-review of how official accounts were used (S-49).

It is counted anew from what is kept anyhow, with as many statements for a hundred accounts as
for one. Once a year is over its public figures are kept as they were, and an article about it
is begun: a draft of the account that tells of the district, which nobody but people publishes.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import add

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.boosts import begin_of
from fedi_k12.domain.conduct import OF_THE_PLACE, Guide
from fedi_k12.domain.desk import OPEN
from fedi_k12.domain.errors import ForbiddenError, NotFoundError
from fedi_k12.domain.forum import OWN
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.review import (
    MEASURES,
    WITHIN,
    AccountReview,
    Figures,
    GroundCount,
    Report,
    Review,
    article,
    median_minutes,
    title,
)
from fedi_k12.services import digest_reading, site
from storage import review as rows
from storage.review import Counts, Span
from storage.tables import AccountRow, CharterRow, DraftRow, YearReviewRow

PAGE = "/about/accountability"
Cases = Sequence[tuple[int, str, datetime, datetime | None]]


async def public(session: AsyncSession, *, year: int | None, now: datetime) -> Review:
    """Return what everybody may read of a year; of the one that goes on where none is named.

    Raises `NotFoundError` for a year that nothing is kept of.
    """
    today = now.astimezone(await site.zone(session)).date()
    if year is None or year == today.year:
        return (await _counted(session, today.year, now=now)).review
    row = await rows.kept(session, year)
    if row is None:
        raise NotFoundError("Nothing is kept of that year.")
    return msgspec.convert(row.review, Review)


async def years(session: AsyncSession) -> list[int]:
    """Return the years whose figures are kept, the newest first."""
    return await rows.years(session)


async def report(
    session: AsyncSession, *, actor: Actor, year: int | None, now: datetime
) -> Report:
    """Return the full report of this year or an earlier one, counted now, to administrators.

    It names who has yet to do something. Raises `ForbiddenError` for everybody else, and
    `NotFoundError` for a year in which no official account spoke.
    """
    decision = decide(actor, Action.MAKE_OFFICIALS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
    today = now.astimezone(await site.zone(session)).date()
    known = [today.year, *(one for one in await rows.years(session) if one != today.year)]
    if year is not None and year not in known:
        raise NotFoundError("Nothing is kept of that year.")
    found = await _counted(session, year or today.year, now=now)
    return replace(found, years=tuple(known))


async def look_back(
    session: AsyncSession, /, *, addresses: Addresses, now: datetime
) -> int | None:
    """Keep the figures of the year that is over and begin the article about it, once.

    Return the year, None where there was nothing to do. The article is a draft of the account
    that tells the digests: whoever writes for it finds it there, changes it, and sends it the
    way of all its posts.
    """
    year = now.astimezone(await site.zone(session)).year - 1
    if await rows.kept(session, year) is not None:
        return None
    found = (await _counted(session, year, now=now)).review
    if not found.figures.accounts:
        return None
    teller = await digest_reading.teller(session)
    draft_id = None
    if teller is not None:
        draft_id = new_id()
        said = {
            "title": title(year),
            "text": article(found, f"{addresses.base_url}{PAGE}?year={year}"),
            "who": "public",
            "language": "en",
        }
        session.add(
            DraftRow(
                id=draft_id,
                account_id=teller,
                member_id=None,
                words=said,
                created_at=now,
                updated_at=now,
            )
        )
    kept = msgspec.to_builtins(found)
    session.add(YearReviewRow(year=year, review=kept, draft_id=draft_id, made_at=now))
    await session.flush()
    return year


async def _counted(session: AsyncSession, year: int, *, now: datetime) -> Report:
    zone = await site.zone(session)
    end = begin_of(date(year + 1, 1, 1), zone)
    span = Span(begin_of(date(year, 1, 1), zone), end)
    today = now.astimezone(zone).date()
    official = await rows.speaking(session, before=end)
    ids = [row.id for row in official]
    cases = await rows.cases(session, ids, span)
    found = await _accounts(session, official, span, cases, today=today, now=now)
    until = min(today, date(year, 12, 31))
    review = Review(
        year,
        until,
        complete=end <= now.astimezone(UTC),
        figures=reduce(add, (one.figures for one in found), Figures()),
        median_minutes=median_minutes(_waits(cases)),
        grounds=tuple(
            GroundCount(number, said, code.startswith(OWN), acts, appealed, overturned)
            for number, said, code, acts, appealed, overturned in await rows.grounds(
                session, sorted(MEASURES), span
            )
        ),
    )
    return Report(review, tuple(found), (year,))


async def _accounts(
    session: AsyncSession,
    official: Sequence[AccountRow],
    span: Span,
    cases: Cases,
    *,
    today: date,
    now: datetime,
) -> list[AccountReview]:
    ids = [row.id for row in official]
    charters = await rows.charters(session, ids)
    unread, acting, holders = await _people(session, ids, now=now)
    pictures = await rows.pictures(session, ids, span)
    sent = await rows.submissions(session, ids, span)
    at_once = await rows.emergencies(session, ids, span)
    gone = await rows.deleted(session, ids, span)
    told = await rows.digests(session, ids, span)
    found = []
    for row in official:
        own = [one for one in cases if one[0] == row.id]
        waits = _waits(own)
        figures = Figures(
            accounts=1,
            charters=_holds(charters.get(row.id), today),
            delegates=acting[row.id],
            accepted=acting[row.id] - len(unread[row.id]),
            holding=len(holders[row.id]),
            **_named(pictures, row.id, "pictures", "described"),
            asked=len(own),
            answered=len(waits),
            quickly=sum(wait <= WITHIN.total_seconds() for wait in waits),
            closed=sum(first is None and state not in OPEN for _, state, _, first in own),
            waiting=sum(first is None and state in OPEN for _, state, _, first in own),
            **_named(sent, row.id, "sent", "approved", "returned", "withdrawn"),
            **_named(at_once, row.id, "emergencies", "reviewed"),
            **_named(gone, row.id, "deleted"),
            **_named(told, row.id, "digests"),
        )
        charter = charters.get(row.id)
        found.append(
            AccountReview(
                row.id,
                row.username,
                row.display_name or row.username,
                figures,
                median_minutes(waits),
                charter.review_by if charter is not None else None,
                tuple(unread[row.id]),
                tuple(sorted(holders[row.id])),
            )
        )
    return found


async def _people(
    session: AsyncSession, ids: Sequence[int], *, now: datetime
) -> tuple[dict[int, list[str]], dict[int, int], dict[int, set[str]]]:
    """Return who did not accept the guide, how many act, and who holds what they should not."""
    own = await rows.guides(session, ids)
    guides = {
        number: Guide(number, own[number].version, own[number].texts)
        if number in own
        else Guide(number, 0, OF_THE_PLACE)
        for number in ids
    }
    digests = {number: guide.digest for number, guide in guides.items()}
    accepted = await rows.acceptances(session, ids)
    unread: dict[int, list[str]] = {number: [] for number in ids}
    acting = dict.fromkeys(ids, 0)
    holders: dict[int, set[str]] = {number: set() for number in ids}
    for row, there in await rows.delegations(session, ids):
        number = row.account_id
        if not there:
            holders[number].add(row.handle)
            continue
        if row.paused_at is not None:
            continue
        acting[number] += 1
        if (number, row.member_id, guides[number].version, digests[number]) not in accepted:
            unread[number].append(row.handle)
    for number, handle in await rows.left_open(session, ids, now=now):
        holders[number].add(handle)
    return unread, acting, holders


def _waits(cases: Cases) -> list[float]:
    """Return the seconds until the first answer of each case that has one."""
    spans: list[timedelta] = [first - came for _, _, came, first in cases if first is not None]
    return [one.total_seconds() for one in spans]


def _holds(charter: CharterRow | None, today: date) -> int:
    return int(charter is not None and today <= charter.review_by)


def _named(counts: Counts, number: int, *names: str) -> Mapping[str, int]:
    return dict(zip(names, counts.get(number, [0] * len(names)), strict=True))
