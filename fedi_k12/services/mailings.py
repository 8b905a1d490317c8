"""The letters by e-mail that members chose: choosing, ending, and what one tells.

Nobody gets any unless they chose it, and nothing is sent where there is nothing to tell.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id, new_token
from fedi_k12.domain.mail_jobs import FindDueLetters, SendMailing
from fedi_k12.domain.mailings import Every, Kind, is_due, is_quiet, quiet_of
from fedi_k12.domain.notifications import KINDS, OWN_KINDS, NotificationView
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.services import acting, login, notifications, site
from storage import jobs, mailings, staff
from storage import reports as report_rows
from storage.tables import MailingRow, MemberRow

MOST = 40
"""So many notices a letter tells of; what is more waits on the page."""
AT_ONCE = 500
_TOLD = tuple(kind for kind in (*KINDS, *OWN_KINDS) if kind != "status")
"""All but what those one follows posted: that waits where one reads."""


class LetterHead(Struct, frozen=True):
    """To whom a letter goes, and how it ends."""

    to: str
    username: str
    locale: str
    """The language that the member reads pages in; empty where they never chose one."""
    zone: str
    key: str
    every: Every


class NoticeLetter(Struct, frozen=True):
    """What came since the last letter and was not read."""

    head: LetterHead
    notices: Sequence[NotificationView]
    more: bool
    last_id: int


class DeskLetter(Struct, frozen=True):
    """How much waits at the moderators' desk."""

    head: LetterHead
    reports: int
    members: int


async def chosen(session: AsyncSession, *, actor: Actor) -> dict[Kind, Every]:
    """Return which letters the person gets, and how often."""
    rows = await mailings.of_member(session, actor.member_id or 0)
    return {kind: Every(rows[kind].every) if kind in rows else Every.NONE for kind in Kind}


async def choose(
    session: AsyncSession, *, actor: Actor, kind: Kind, every: str, now: datetime
) -> None:
    """Have letters of a kind sent from now on, or none any more."""
    if every not in set(Every):
        raise InvalidError("Choose one of these.", fields={"every": "is not in the list"})
    if actor.member_id is None:
        raise ForbiddenError("Nobody signs in to that account here.")
    if kind is Kind.DESK and not decide(actor, Action.HANDLE_REPORTS).allowed:
        raise ForbiddenError("These letters are for those who look after the place.")
    # One at a time for each member.
    member = await session.get(MemberRow, actor.member_id, with_for_update=True)
    row = (await mailings.of_member(session, actor.member_id)).get(kind)
    if every == Every.NONE:
        if row is not None:
            await session.delete(row)
        return
    if row is not None:
        row.every = every
        return
    if member is None or member.confirmed_at is None or not member.email:
        raise ForbiddenError("Confirm your e-mail address first.")
    session.add(
        MailingRow(
            id=new_id(),
            member_id=actor.member_id,
            kind=kind.value,
            every=every,
            key=new_token(),
            told_id=new_id(),
            sent_at=now,
        )
    )


async def kind_of(session: AsyncSession, *, key: str) -> Kind:
    """Return which letters a key ends; raises `NotFoundError` where they ended already."""
    row = await mailings.by_key(session, key)
    if row is None:
        raise NotFoundError("These letters have ended already.")
    return Kind(row.kind)


async def kind_by_id(session: AsyncSession, *, mailing_id: int) -> Kind | None:
    """Return which letters these are, None where they ended."""
    row = await session.get(MailingRow, mailing_id)
    return Kind(row.kind) if row is not None else None


async def stop(session: AsyncSession, *, key: str) -> None:
    """End the letters of this key; nothing where they ended already."""
    row = await mailings.by_key(session, key)
    if row is not None:
        await session.delete(row)


async def find_due(ctx: Context, job: FindDueLetters) -> None:
    """Job: have those letters written that are due; nothing where no mail is sent."""
    del job
    if not ctx.settings.smtp_url:
        return
    after = 0
    while True:
        last = await ctx.write(_find_some, after=after, now=ctx.clock())
        if last is None:
            return
        after = last


async def notice_letter(
    session: AsyncSession, *, mailing_id: int, now: datetime
) -> NoticeLetter | None:
    """Return what a letter about notifications tells; None where it tells nothing now.

    That is so in the quiet hours of the member, too: the next letter tells it then.
    """
    found = await head_of(session, mailing_id=mailing_id, now=now)
    if found is None:
        return None
    row, member, head = found
    actor = await acting.actor_of(session, member, member.account_id)
    marks = await notifications.markers(session, actor=actor, timelines=["notifications"])
    read = marks["notifications"].last_read_id if marks else 0
    page = await notifications.page(
        session,
        actor=actor,
        page=PageRequest(limit=MOST, since_id=max(row.told_id, read)),
        types=_TOLD,
    )
    if not page.items:
        return None
    return NoticeLetter(head, page.items, len(page.items) >= MOST, page.items[0].id)


async def desk_letter(
    session: AsyncSession, *, mailing_id: int, now: datetime
) -> DeskLetter | None:
    """Return what a letter about the moderators' desk tells; None where nothing waits there.

    Nor for who looks after the place no more, or in their quiet hours.
    """
    found = await head_of(session, mailing_id=mailing_id, now=now)
    if found is None:
        return None
    _row, member, head = found
    actor = await acting.actor_of(session, member, member.account_id)
    reports = members = 0
    if decide(actor, Action.HANDLE_REPORTS).allowed:
        reports = await report_rows.count_open(session)
    if decide(actor, Action.REVIEW_MEMBERS).allowed:
        members = await staff.waiting(session)
    return DeskLetter(head, reports, members) if reports or members else None


async def note_told(session: AsyncSession, *, mailing_id: int, last_id: int) -> None:
    """Note how far a letter told, so that none tells it again."""
    row = await session.get(MailingRow, mailing_id)
    if row is not None:
        row.told_id = max(row.told_id, last_id)


async def head_of(
    session: AsyncSession, *, mailing_id: int, now: datetime
) -> tuple[MailingRow, MemberRow, LetterHead] | None:
    """Return to whom a letter goes; None in their quiet hours, and where nobody wants it."""
    found = await mailings.one(session, mailing_id)
    if found is None:
        return None
    row, member, account = found
    preferences = login.preferences_of(member)
    zone, quiet = quiet_of(preferences, (await site.site(session)).time_zone)
    if is_quiet(now, zone, quiet):
        # The next letter tells what this one would have told.
        return None
    locale = preferences.page_language or member.locale
    head = LetterHead(
        member.email or "", account.username, locale, zone.key, row.key, Every(row.every)
    )
    return row, member, head


async def _find_some(session: AsyncSession, *, after: int, now: datetime) -> int | None:
    rows = await mailings.all_chosen(session, after=after, limit=AT_ONCE)
    usual = (await site.site(session)).time_zone if rows else ""
    due = []
    for row, member in rows:
        zone, quiet = quiet_of(login.preferences_of(member), usual)
        if is_due(Every(row.every), last=row.sent_at, now=now, zone=zone, quiet=quiet):
            row.sent_at = now
            due.append(SendMailing(row.id, cause=f"{row.kind}-{new_id()}"))
    await jobs.enqueue_many(session, due, now=now)
    return rows[-1][0].id if len(rows) == AT_ONCE else None
