"""Alerts in an emergency: raised by one person at once, reviewed by another (R-53 to R-55).

An alert is told by an official account in a public post in all languages, which is pinned
while it lasts, as an announcement, by waking the members' apps, and in files that are shown
also where the store does not answer (`webui.alert_files`). A drill does the same, but no other
server is told, and only the apps of those who take part are woken.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.alert_jobs import EndAlert, RenderAlerts
from fedi_k12.domain.alerts import (
    AlertView,
    Level,
    check_area,
    check_end,
    check_words,
    fitting,
    told,
)
from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import id_for
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft
from fedi_k12.services import (
    alert_templates,
    announcements,
    moderation,
    notifications,
    officials,
    posts,
    reactions,
    whereabouts,
)
from fedi_k12.services.whereabouts import Arrival
from storage import alerts, featuring, jobs
from storage import posts as post_rows
from storage.tables import AlertRow, AlertTemplateRow

SHOWN, SHOWN_FOR = 50, timedelta(days=30)
"""So many alerts are in the feeds, and so long after they were raised."""
LISTED = 30
TWICE = timedelta(minutes=1)
MAX_NOTE = 500


class AlertDraft(Struct, frozen=True):
    """An alert as somebody raises it."""

    template_id: int
    account_id: int
    """The official account that tells it."""
    area: str
    minutes: int
    """So long it lasts, if nothing ends it earlier."""
    more: Mapping[str, str]
    """What is added to the template's text, by language."""
    drill: bool = False


class Desk(Struct, frozen=True):
    """What stands on the desk for alerts."""

    alerts: tuple[AlertView, ...]
    may_raise: bool
    member_id: int


async def raise_alert(
    session: AsyncSession,
    *,
    actor: Actor,
    draft: AlertDraft,
    follows_id: int | None = None,
    addresses: Addresses,
    now: datetime,
) -> int:
    """Raise an alert at once and return its id; a second person reviews it afterwards.

    `follows_id` is the alert that it updates, or ends with "all clear": of the same account,
    and as much a drill as that. Raises `ForbiddenError` for who was not given the right,
    `ConflictError` where something follows that alert already.
    """
    member_id = await _raiser(session, actor)
    template = await session.get(AlertTemplateRow, draft.template_id)
    if template is None or template.approved_at is None or template.retired_at is not None:
        raise InvalidError(
            "Choose a text that two people agreed on.", fields={"template": "is not approved"}
        )
    area, ends_at = check_area(draft.area), check_end(now, draft.minutes)
    former = await _followed(session, follows_id)
    drill = former.drill if former is not None else draft.drill
    account_id = former.account_id if former is not None else draft.account_id
    if not await officials.is_official(session, account_id):
        raise InvalidError(
            "Choose the official account that tells it.", fields={"account": "is not official"}
        )
    if former is None and (twice := await _just_raised(session, member_id, draft, area, now)):
        return twice
    texts = _texts(template, area, draft.more, drill=drill)
    speaker = Actor(
        account_id, member_id, delegation=Delegation(DelegateRole.AUTHOR, emergency=True)
    )
    post_id = await posts.publish(
        session,
        actor=speaker,
        draft=Draft(
            fitting(texts, posts.MAX_CHARACTERS),
            versions=texts,
            local_only=drill,
            in_reply_to_id=former.post_id if former is not None else None,
        ),
        addresses=addresses,
        now=now,
    )
    announced = await announcements.tell(
        session,
        text="\n\n".join(texts.values()),
        ends_at=ends_at,
        by=member_id,
        addresses=addresses,
        now=now,
    )
    alert_id = id_for(now)
    row = AlertRow(
        id=alert_id,
        chain_id=former.chain_id if former is not None else alert_id,
        follows_id=former.id if former is not None else None,
        template_id=template.id,
        level=template.level,
        drill=drill,
        account_id=account_id,
        area=area,
        texts=texts,
        starts_at=now,
        ends_at=ends_at,
        post_id=post_id,
        announcement_id=announced.id,
        raised_by=member_id,
        raised_at=now,
        review_note="",
    )
    session.add(row)
    await session.flush()
    await _begin(session, actor, speaker, row, former, now)
    return row.id


async def end(session: AsyncSession, *, actor: Actor, alert_id: int, now: datetime) -> None:
    """End an alert before its time, without another that says so."""
    await _raiser(session, actor)
    row = await _row(session, alert_id)
    if row.over_at is None:
        await _end(session, row, now)
        await jobs.enqueue(session, RenderAlerts(), now=now)
        await _audit(session, actor, "alert ended", row, now)


async def review(
    session: AsyncSession, *, actor: Actor, alert_id: int, note: str = "", now: datetime
) -> None:
    """Record that a second person has looked at an alert that went out without them."""
    member_id = await alert_templates.demand_desk(session, actor)
    row = await _row(session, alert_id)
    if row.raised_by == member_id:
        raise ForbiddenError("You raised this. Another person reviews it.")
    note = note.replace("\0", "").strip()
    if len(note) > MAX_NOTE:
        raise InvalidError(
            f"Please say it in {MAX_NOTE} characters.", fields={"note": "is too long"}
        )
    if row.reviewed_at is not None:
        raise ConflictError("Somebody has reviewed this already.")
    row.reviewed_by, row.reviewed_at, row.review_note = member_id, now, note
    await _audit(session, actor, "alert reviewed", row, now)


async def end_alert(ctx: Context, job: EndAlert) -> None:
    """Job: end an alert whose time is over."""

    async def run(session: AsyncSession) -> None:
        row = await alerts.locked(session, job.alert_id)
        if row is not None and row.over_at is None:
            await _end(session, row, ctx.clock())
            await jobs.enqueue(session, RenderAlerts(), now=ctx.clock())

    await ctx.write(run)


async def desk(session: AsyncSession, *, actor: Actor) -> Desk:
    """Return what stands on the desk: the newest alerts, and all that wait for a review."""
    member_id = await alert_templates.demand_desk(session, actor)
    rows = {row.id: row for row in await alerts.unreviewed(session)}
    rows |= {row.id: row for row in await alerts.newest(session, limit=LISTED)}
    found = sorted(rows.values(), key=lambda row: row.raised_at, reverse=True)
    may = await alert_templates.may_raise(session, actor)
    return Desk(tuple(_view(row) for row in found), may, member_id)


async def one(session: AsyncSession, *, actor: Actor, alert_id: int) -> AlertView:
    """Return an alert, for who has the desk."""
    await alert_templates.demand_desk(session, actor)
    return _view(await _known(session, alert_id))


async def arrivals(
    session: AsyncSession, *, actor: Actor, alert_id: int
) -> tuple[Arrival, ...]:
    """Return what became of an alert at each server, for who has the desk (R-55)."""
    await alert_templates.demand_desk(session, actor)
    row = await _known(session, alert_id)
    post = await post_rows.by_id(session, row.post_id)
    if post is None:
        return ()
    found, _since = await whereabouts.arrivals(session, uri=post.uri)
    return found


async def published(session: AsyncSession, *, now: datetime) -> list[AlertView]:
    """Return the alerts that everybody is told of, the newest first."""
    rows = await alerts.shown(session, since=now - SHOWN_FOR, limit=SHOWN)
    return [_view(row) for row in rows]


async def changes(session: AsyncSession) -> int:
    """Return how often alerts were raised and ended: it only ever grows."""
    return await alerts.changes(session)


async def _followed(session: AsyncSession, follows_id: int | None) -> AlertRow | None:
    """Return the alert that another follows: the last of its chain."""
    if follows_id is None:
        return None
    row = await alerts.locked(session, follows_id)
    if row is None:
        raise NotFoundError("There is no such alert.")
    if await alerts.is_followed(session, row.id):
        raise ConflictError("Somebody has updated this alert already. Look at the newest.")
    return row


async def _just_raised(
    session: AsyncSession, member_id: int, draft: AlertDraft, area: str, now: datetime
) -> int | None:
    """Return the same alert raised a moment ago: a button pressed twice raises one."""
    found = await alerts.last_of(session, member_id)
    same = found is not None and (
        (found.template_id, found.account_id, found.area, found.drill, found.over_at)
        == (draft.template_id, draft.account_id, area, draft.drill, None)
    )
    return found.id if found is not None and same and now - found.raised_at < TWICE else None


async def _raiser(session: AsyncSession, actor: Actor) -> int:
    if actor.member_id is None or not await alert_templates.may_raise(session, actor):
        raise ForbiddenError(
            "To raise an alert, one needs to be given the right by an administrator."
        )
    return actor.member_id


async def _known(session: AsyncSession, alert_id: int) -> AlertRow:
    row = await session.get(AlertRow, alert_id)
    if row is None:
        raise NotFoundError("There is no such alert.")
    return row


async def _row(session: AsyncSession, alert_id: int) -> AlertRow:
    """Return an alert that nobody else changes meanwhile."""
    row = await alerts.locked(session, alert_id)
    if row is None:
        raise NotFoundError("There is no such alert.")
    return row


def _texts(
    template: AlertTemplateRow, area: str, more: Mapping[str, str], *, drill: bool
) -> dict[str, str]:
    """Return what is told in each language of a template, in English first."""
    level = Level(template.level)
    return {
        tag: told(
            level,
            area,
            str(words),
            check_words(more.get(tag, ""), f"more_{tag}"),
            tag,
            drill=drill,
        )
        for tag, words in sorted(template.texts.items(), key=lambda one: one[0] != "en")
    }


async def _begin(
    session: AsyncSession,
    actor: Actor,
    speaker: Actor,
    row: AlertRow,
    former: AlertRow | None,
    now: datetime,
) -> None:
    """Let an alert take the place of the one before it, and tell of it."""
    if former is not None and former.over_at is None:
        await _end(session, former, now)
    await _make_room(session, speaker)
    await reactions.pin(session, actor=speaker, post_id=row.post_id, now=now)
    await _tell(session, row, now=now)
    await _audit(session, actor, "alert raised", row, now)
    await jobs.enqueue(session, EndAlert(row.id), now=now, due_at=row.ends_at)


async def _end(session: AsyncSession, row: AlertRow, now: datetime) -> None:
    """End an alert: nothing is pinned and announced of it any more."""
    row.over_at = min(now, row.ends_at)
    await session.flush()
    await announcements.stop(session, announcement_id=row.announcement_id, now=now)
    post = await post_rows.by_id(session, row.post_id)
    if post is not None and post.pinned_at is not None:
        await reactions.unpin(session, actor=Actor(row.account_id), post_id=post.id, now=now)


async def _make_room(session: AsyncSession, speaker: Actor) -> None:
    """Let the oldest pinned post go where there is no room for another."""
    pinned = await featuring.pinned(session, speaker.account_id)
    if len(pinned) >= reactions.MAX_PINS:
        oldest = min(pinned, key=lambda row: (row.pinned_at is None, row.pinned_at))
        oldest.pinned_at = None
        await session.flush()


async def _tell(session: AsyncSession, row: AlertRow, *, now: datetime) -> None:
    """Wake the members' apps, and have the files written."""
    told_to = (
        await alerts.taking_part(session, row.account_id)
        if row.drill
        else await alerts.audience(session)
    )
    await notifications.alarm(
        session, account_ids=told_to, from_id=row.account_id, post_id=row.post_id, now=now
    )
    await jobs.enqueue(session, RenderAlerts(), now=now)


def _view(row: AlertRow) -> AlertView:
    return AlertView(
        row.id,
        row.chain_id,
        row.follows_id,
        Level(row.level),
        row.drill,
        row.account_id,
        row.area,
        {str(tag): str(words) for tag, words in row.texts.items()},
        row.starts_at,
        row.ends_at,
        row.over_at,
        row.post_id,
        row.raised_by,
        row.raised_at,
        row.reviewed_at,
    )


async def _audit(
    session: AsyncSession, actor: Actor, action: str, row: AlertRow, now: datetime
) -> None:
    await session.flush()
    await moderation.audit(
        session,
        actor=actor,
        action=action,
        target=("alert", str(row.id)),
        detail={"level": row.level, "area": row.area, "drill": row.drill},
        now=now,
    )
