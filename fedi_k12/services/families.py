"""Official accounts by e-mail, for families without an account (R-59).

An address and a language, and nothing else about anybody. Letters begin with a yes by a link,
end with one click, and an address that none reached for 13 months is erased. Whoever asks is
told the same, whether the address is known or not.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import hash_token, new_id, new_token
from fedi_k12.domain.mail_jobs import (
    FindDueLetters,
    SendFamilyConfirmation,
    SendFamilyLetter,
)
from fedi_k12.domain.mailings import MORNING
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.people import normalise_email
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView, Visibility
from fedi_k12.services import class_rules, site, timelines, views
from storage import families, jobs
from storage.tables import FamilyMailRow

LIFE = timedelta(days=2)
"""So long a link to say yes works; an address without a yes is kept no longer."""
PAUSE = timedelta(hours=12)
"""Who asks again within this gets no second letter."""
MOST_ASKED = 5
"""So many accounts' letters are confirmed to one address in a day: nobody floods another's."""
KEPT = timedelta(days=396)
"""Thirteen months without a delivery, and an address is erased (R-59)."""
MOST = 40
"""So many posts stand in a letter; what is more waits on the page."""
AT_ONCE = 500
GONE = "This link does not work any more. Ask for another."
_DAY = timedelta(days=1)


class FamilyLink(Struct, frozen=True):
    """What a letter that asks for a yes is made of."""

    to: str
    locale: str
    name: str
    """Of the official account."""
    token: str


class FamilyLetter(Struct, frozen=True):
    """What an official account said to everybody, for one address."""

    to: str
    locale: str
    account: AccountView
    posts: Sequence[PostView]
    """The earliest first."""
    key: str


async def ask(
    session: AsyncSession, *, account_id: int, email: str, locale: str, now: datetime
) -> None:
    """Have a link sent to an address; once it says yes, letters begin.

    Nothing comes back, so that nobody learns by asking who gets what. Raises `InvalidError`
    for what is no address, `NotFoundError` for an account that is not official.
    """
    address = normalise_email(email)
    await _official(session, account_id)
    row = await families.of_address(session, account_id, address)
    if row is not None and (row.confirmed_at is not None or now - row.asked_at < PAUSE):
        return
    if await families.asked_since(session, address, now - _DAY) >= MOST_ASKED:
        return
    if row is None:
        made = {"id": new_id(), "account_id": account_id, "email": address}
        more = {"key": new_token(), "locale": locale, "asked_at": now}
        await families.remember(session, made | more)
        row = await families.of_address(session, account_id, address)
        if row is None or row.id != made["id"]:
            return
    row.locale, row.asked_at, row.hash = locale, now, None
    job = SendFamilyConfirmation(row.id, cause=f"family-{new_id()}")
    await jobs.enqueue(session, job, now=now)


async def issue(session: AsyncSession, *, mail_id: int, now: datetime) -> FamilyLink | None:
    """Make the link for a letter that is about to be sent; None where nobody waits for it."""
    row = await session.get(FamilyMailRow, mail_id)
    if row is None or row.confirmed_at is not None or now - row.asked_at > LIFE:
        return None
    account = await _official(session, row.account_id)
    token = new_token()
    row.hash = hash_token(token)
    return FamilyLink(row.email, row.locale, account.name, token)


async def asked(session: AsyncSession, *, token: str, now: datetime) -> AccountView:
    """Return whose posts a link asks for; raises `NotFoundError` for one that is over."""
    row = await families.by_hash(session, hash_token(token))
    if row is None or now - row.asked_at > LIFE:
        raise NotFoundError(GONE)
    return await _official(session, row.account_id)


async def confirm(session: AsyncSession, *, token: str, now: datetime) -> bool:
    """Let letters begin, with what is said from today on; the link is used up.

    Returns whether they do: for a class its teacher has to let the family in first.
    """
    row = await families.by_hash(session, hash_token(token))
    if row is None or now - row.asked_at > LIFE:
        raise NotFoundError(GONE)
    zone = await site.zone(session)
    row.hash, row.confirmed_at, row.delivered_at = None, now, now
    if await class_rules.of(session, row.account_id) is not None:
        # Letters of a class begin once its teacher let the family in (S-41).
        return False
    row.told_until = now.astimezone(zone).date() - _DAY
    return True


async def whose(session: AsyncSession, *, key: str) -> AccountView:
    """Return whose letters a key ends; raises `NotFoundError` where they ended already."""
    row = await families.by_key(session, key)
    if row is None:
        raise NotFoundError("These letters have ended already.")
    return await views.account_view(session, row.account_id)


async def stop(session: AsyncSession, *, key: str) -> None:
    """End letters, and erase the address; nothing where they ended already."""
    row = await families.by_key(session, key)
    if row is not None:
        await session.delete(row)


async def count(session: AsyncSession, *, account_id: int) -> int:
    """Return to how many addresses an account's posts go: all that anybody is told of them."""
    return await families.count(session, account_id)


async def forget_unreached(session: AsyncSession, *, now: datetime) -> None:
    """Erase addresses that nobody confirmed, and those that no letter reached for long."""
    await families.sweep(session, asked_before=now - LIFE, delivered_before=now - KEPT)


async def find_due(ctx: Context, job: FindDueLetters) -> None:
    """Job: in the morning of the place, have yesterday's letters written; none for nothing."""
    del job
    if not ctx.settings.smtp_url:
        return
    now = ctx.clock()
    async with ctx.read() as session:
        zone = await site.zone(session)
        here = now.astimezone(zone)
        if here.time() < MORNING:
            return
        yesterday = here.date() - _DAY
        waiting = await families.waiting(session, yesterday)
    for account_id, told in waiting:
        while await ctx.write(
            _pass_on, account_id=account_id, told=told, until=yesterday, zone=zone, now=now
        ):
            pass


async def letter(
    session: AsyncSession, *, mail_id: int, first: date, last: date
) -> FamilyLetter | None:
    """Return the letter for an address about these days; None where there is nothing now."""
    row = await session.get(FamilyMailRow, mail_id)
    if row is None or row.confirmed_at is None or row.told_until is None:
        return None
    zone = await site.zone(session)
    posts = await _said(session, row.account_id, first, last, zone)
    if not posts:
        return None
    account = await views.account_view(session, row.account_id)
    return FamilyLetter(row.email, row.locale, account, posts, row.key)


async def note_delivered(session: AsyncSession, *, mail_id: int, now: datetime) -> None:
    """Note that the mail server took a letter: the address is in use."""
    row = await session.get(FamilyMailRow, mail_id)
    if row is not None:
        row.delivered_at = now


async def _pass_on(
    session: AsyncSession,
    *,
    account_id: int,
    told: date,
    until: date,
    zone: ZoneInfo,
    now: datetime,
) -> bool:
    """Have some letters written; return whether there may be more to write."""
    rows = await families.to_tell(session, account_id, told, limit=AT_ONCE)
    first = told + _DAY
    if rows and await _said(session, account_id, first, until, zone):
        await jobs.enqueue_many(
            session,
            [
                SendFamilyLetter(
                    row.id, first.isoformat(), until.isoformat(), cause=f"families-{new_id()}"
                )
                for row in rows
            ],
            now=now,
        )
    for row in rows:
        row.told_until = until
    return len(rows) == AT_ONCE


async def _said(
    session: AsyncSession, account_id: int, first: date, last: date, zone: ZoneInfo
) -> list[PostView]:
    """Return what an account said to everybody on these days, the earliest first.

    What a class says is for its followers, and for the families that its teacher let in.
    """
    room = await class_rules.of(session, account_id)
    wanted = Visibility.PUBLIC if room is None else Visibility.FOLLOWERS
    begin = datetime.combine(first, time(), zone)
    end = datetime.combine(last + _DAY, time(), zone)
    found: list[PostView] = []
    page = PageRequest(limit=MOST)
    while len(found) < MOST:
        some = await timelines.of_account(
            session,
            account_id=account_id,
            viewer=None if room is None else Actor(account_id),
            page=page,
            exclude_replies=True,
            exclude_boosts=True,
        )
        found += [
            post
            for post in some.items
            if begin <= post.created_at < end
            and post.visibility is wanted
            and (room is not None or not post.local_only)
        ]
        if some.oldest is None or not some.items or some.items[-1].created_at < begin:
            break
        page = PageRequest(limit=MOST, max_id=some.oldest)
    return found[:MOST][::-1]


async def _official(session: AsyncSession, account_id: int) -> AccountView:
    account = await views.account_view(session, account_id)
    room = await class_rules.of(session, account_id)
    over = room is not None and room.archived_at is not None
    if not account.official or not account.is_local or account.suspended or over:
        raise NotFoundError("There is nothing here that you may see.")
    return account
