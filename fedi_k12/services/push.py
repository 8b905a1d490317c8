"""Apps that want to be woken by a push service: https://docs.joinmastodon.org/methods/push/."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.jobs import SendPush
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.preferences import Preferences
from fedi_k12.domain.push_jobs import SendSummary
from fedi_k12.domain.quiet import QuietHours, hour_of, quiet_until, zone_of
from fedi_k12.domain.urls import parse_remote_url
from fedi_k12.domain.webpush import ServerKey, new_secret, receiver
from fedi_k12.services.login import preferences_of
from storage import jobs
from storage import push as rows
from storage.tables import PushSubscriptionRow, SiteRow

ALERTS = (
    "mention",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "quote",
    "quoted_update",
    "admin.sign_up",
    "admin.report",
)
POLICIES = ("all", "followed", "follower", "none")
"""From whom: everybody, whom the member follows, who follows the member, nobody."""

_Wanted = tuple[PushSubscriptionRow, Mapping[str, Any]]


class PushView(Struct, frozen=True):
    """What an app is woken for."""

    id: int
    endpoint: str
    standard: bool
    policy: str
    alerts: Mapping[str, bool]


class PushDraft(Struct, frozen=True):
    """Where an app can be woken, with its keys, as it spells them."""

    endpoint: str
    p256dh: str
    auth: str
    standard: bool
    """Understands RFC 8291; the draft of 2017 otherwise."""


async def server_secret(session: AsyncSession) -> int:
    """Return the secret by which push services know this server, made when first asked."""
    row = await session.get(SiteRow, "push_secret")
    if row is None:
        row = SiteRow(name="push_secret", value={"key": f"{new_secret():064x}"})
        session.add(row)
        await session.flush()
    return int(str(row.value["key"]), 16)


async def subscribe(
    session: AsyncSession,
    *,
    actor: Actor,
    token_id: int,
    token: str,
    draft: PushDraft,
    alerts: Mapping[str, bool],
    policy: str | None,
    key: ServerKey,
    now: datetime,
) -> PushView:
    """Have the app with this token woken from now on; replaces what it asked for before."""
    if parse_remote_url(draft.endpoint).scheme not in {"https", "http"}:
        raise InvalidError("Validation failed: Endpoint is invalid")
    receiver(p256dh=draft.p256dh, auth=draft.auth)
    known = await rows.of_token(session, token_id)
    if known is not None:
        await session.delete(known)
        await session.flush()
    row = PushSubscriptionRow(
        token_id=token_id,
        account_id=actor.account_id,
        endpoint=draft.endpoint,
        p256dh=draft.p256dh,
        auth=draft.auth,
        standard=draft.standard,
        policy=_policy(policy) if policy else "all",
        alerts=_alerts(alerts),
        # The message has to name the token (that is how apps with several accounts know whom
        # it is for), of which otherwise only a hash is kept.
        sealed_token=key.hide(token.encode(), salt=secrets.token_bytes(12)),
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return _view(row)


async def subscription(session: AsyncSession, *, token_id: int) -> PushView:
    """Return what the app with this token is woken for, or raise `NotFoundError`."""
    return _view(await _own(session, token_id))


async def change(
    session: AsyncSession, *, token_id: int, alerts: Mapping[str, bool], policy: str | None
) -> PushView:
    """Have the app woken for other things; where it is reached stays."""
    row = await _own(session, token_id)
    row.alerts = _alerts(alerts)
    if policy:
        row.policy = _policy(policy)
    await session.flush()
    return _view(row)


async def unsubscribe(session: AsyncSession, *, token_id: int) -> None:
    """Let the app sleep."""
    row = await rows.of_token(session, token_id)
    if row is not None:
        await session.delete(row)


async def wake(
    session: AsyncSession, told: Sequence[Mapping[str, Any]], *, now: datetime
) -> None:
    """Have apps woken for these rows of notifications, as their members chose.

    In a member's quiet hours they are woken once, when these are over.
    """
    told = [row for row in told if row["kind"] in ALERTS and not row["filtered"]]
    if not told:
        return
    found: dict[int, list[PushSubscriptionRow]] = {}
    for one in await rows.of_accounts(session, {row["account_id"] for row in told}):
        found.setdefault(one.account_id, []).append(one)
    wanted = [
        (one, row)
        for row in told
        for one in found.get(row["account_id"], ())
        if one.alerts.get(row["kind"])
    ]
    if not wanted:
        return
    following = await _followings(session, wanted)
    allowed = [(one, row) for one, row in wanted if _allows(one.policy, row, following)]
    quiet = await _quiet(session, [one for one, _row in allowed], now=now)
    await jobs.enqueue_many(
        session,
        [SendPush(one.id, row["id"]) for one, row in allowed if one.id not in quiet],
        now=now,
    )
    for one, row in allowed:
        if (until := quiet.get(one.id)) is not None:
            # One for each quiet: the first notice makes it, the others find it there.
            key = f"quiet:{one.id}:{int(until.timestamp())}"
            await jobs.enqueue_once(
                session, SendSummary(one.id, row["id"]), key=key, now=now, due_at=until
            )


async def wake_now(
    session: AsyncSession, told: Sequence[Mapping[str, Any]], *, now: datetime
) -> None:
    """Have all apps of these members woken at once: an emergency waits for no quiet hours.

    Neither for what an app was asked to be woken for (H9, R-54).
    """
    notices = {row["account_id"]: row["id"] for row in told}
    found = await rows.of_accounts(session, notices)
    await jobs.enqueue_many(
        session, [SendPush(one.id, notices[one.account_id]) for one in found], now=now
    )


async def kept_back(
    session: AsyncSession, subscription: PushSubscriptionRow, *, first_id: int
) -> list[int]:
    """Return the notifications since `first_id` that an app wants to hear of, newest first."""
    kinds = [kind for kind in ALERTS if subscription.alerts.get(kind)]
    told = await rows.told_since(session, subscription.account_id, first_id, kinds)
    wanted = [
        (subscription, {"id": row.id, "account_id": row.account_id, "from_id": row.from_id})
        for row in told
    ]
    following = await _followings(session, wanted)
    return [row["id"] for one, row in wanted if _allows(one.policy, row, following)]


async def _followings(session: AsyncSession, wanted: Sequence[_Wanted]) -> set[tuple[int, int]]:
    pairs = [
        pair
        for one, row in wanted
        if one.policy in {"followed", "follower"}
        for pair in _pairs(row)
    ]
    return await rows.followings(session, pairs) if pairs else set()


async def _quiet(
    session: AsyncSession, found: Sequence[PushSubscriptionRow], *, now: datetime
) -> dict[int, datetime]:
    """Return until when which apps are left asleep; a place and a clock have to be known."""
    members = await rows.members_of(session, {one.token_id for one in found}) if found else {}
    if not members:
        return {}
    about = await session.get(SiteRow, "about")
    usual = str(about.value.get("time_zone", "")) if about is not None else ""
    quiet = {}
    for one in found:
        member = members.get(one.token_id)
        chosen = preferences_of(member) if member is not None else Preferences()
        until = _until(chosen, usual, now)
        if until is not None:
            quiet[one.id] = until
    return quiet


def _until(chosen: Preferences, usual: str, now: datetime) -> datetime | None:
    begin, end = hour_of(chosen.quiet_from), hour_of(chosen.quiet_until)
    zone = zone_of(chosen.time_zone or usual)
    if not chosen.quiet_hours or zone is None or begin is None or end is None:
        return None
    return quiet_until(now, zone, QuietHours(begin, end, chosen.quiet_weekends))


def _pairs(row: Mapping[str, Any]) -> tuple[tuple[int, int], tuple[int, int]]:
    return (row["account_id"], row["from_id"]), (row["from_id"], row["account_id"])


def _allows(policy: str, row: Mapping[str, Any], following: set[tuple[int, int]]) -> bool:
    followed, follower = _pairs(row)
    return (
        policy == "all"
        or (policy == "followed" and followed in following)
        or (policy == "follower" and follower in following)
    )


def _policy(name: str) -> str:
    name = "follower" if name == "followers" else name
    if name not in POLICIES:
        raise InvalidError(f"Validation failed: Policy must be one of {', '.join(POLICIES)}")
    return name


def _alerts(given: Mapping[str, bool]) -> dict[str, Any]:
    return {name: given.get(name, False) for name in ALERTS}


async def _own(session: AsyncSession, token_id: int) -> PushSubscriptionRow:
    row = await rows.of_token(session, token_id)
    if row is None:
        raise NotFoundError("Record not found")
    return row


def _view(row: PushSubscriptionRow) -> PushView:
    alerts = {name: bool(row.alerts.get(name)) for name in ALERTS}
    return PushView(row.id, row.endpoint, row.standard, row.policy, alerts)
