"""Waking apps: one message to one push service, in the member's language."""

from datetime import timedelta
from http import HTTPStatus

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from fedi_k12.context import Context
from fedi_k12.domain.errors import ForbiddenError, NotFoundError
from fedi_k12.domain.jobs import SendPush
from fedi_k12.domain.notice_words import after_quiet, named, title
from fedi_k12.domain.notifications import NotificationView
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.push_jobs import SendSummary
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import short_text
from fedi_k12.domain.webpush import MAX_MESSAGE, Sealed, receiver, seal, seal_as_draft
from fedi_k12.guard import Answer, FetchError
from fedi_k12.services import acting, notifications, push
from fedi_k12.services.login import preferences_of
from storage import push as rows
from storage.tables import MemberRow, PushSubscriptionRow

LIFE = timedelta(hours=48)
"""As Mastodon: what nobody could be woken for within two days lets them sleep."""
BODY = 140
"""Characters of what is shown of a post."""
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}

_encode = msgspec.json.Encoder().encode
_log = structlog.get_logger("push")


async def send_push(ctx: Context, job: SendPush) -> None:
    """Wake one app for one notification; raise `FetchError` where to try again later.

    What was read, muted or deleted meanwhile wakes nobody. A push service that says the app is
    gone (404, 410) is believed: RFC 8030, 7.3.
    """
    async with ctx.read() as session:
        found = await _message(ctx, session, job)
    if found is None:
        return
    row, message = found
    answer = await ctx.http.post_to_service(
        row.endpoint, body=message.body, headers=_headers(ctx, row, message)
    )
    await _heed(ctx, row, answer)


async def send_summary(ctx: Context, job: SendSummary) -> None:
    """Wake one app once for what its member was told of in quiet hours.

    Raises `FetchError` where to try again later. What was deleted meanwhile is left out.
    """
    async with ctx.read() as session:
        known = await rows.with_member(session, job.subscription_id)
        if known is None:
            return
        row, member = known
        actor = await _actor(session, row, member)
        if actor is None:
            return
        ids = await push.kept_back(session, row, first_id=job.first_id)
        views = [view for number in ids if (view := await _one(session, actor, number))]
        if not views:
            return
        language = preferences_of(member).default_language or "en"
        newest = views[0]
        names = list(dict.fromkeys(short_text(view.account.name, 60) for view in views))
        heading, body = (
            (title(newest.kind, names[0], language), _body(newest))
            if len(views) == 1
            else (after_quiet(language), named(names, language))
        )
    message = _sealed(ctx, row, newest, language, heading, body)
    answer = await ctx.http.post_to_service(
        row.endpoint, body=message.body, headers=_headers(ctx, row, message)
    )
    await _heed(ctx, row, answer)


async def _actor(
    session: AsyncSession, row: PushSubscriptionRow, member: MemberRow
) -> Actor | None:
    """Return for whom an app is woken, None where they may not act for the account now."""
    try:
        return await acting.actor_of(session, member, row.account_id)
    except ForbiddenError:
        return None


async def _one(
    session: AsyncSession, actor: Actor, notification_id: int
) -> NotificationView | None:
    try:
        return await notifications.one(session, actor=actor, notification_id=notification_id)
    except NotFoundError:
        return None


async def _message(
    ctx: Context, session: AsyncSession, job: SendPush
) -> tuple[PushSubscriptionRow, Sealed] | None:
    known = await rows.with_member(session, job.subscription_id)
    if known is None:
        return None
    row, member = known
    actor = await _actor(session, row, member)
    if actor is None:
        return None
    view = await _one(session, actor, job.notification_id)
    if view is None or ctx.clock() - view.created_at > LIFE:
        return None
    language = preferences_of(member).default_language or "en"
    heading = title(view.kind, short_text(view.account.name, 60), language)
    return row, _sealed(ctx, row, view, language, heading, _body(view))


def _sealed(
    ctx: Context,
    row: PushSubscriptionRow,
    view: NotificationView,
    language: str,
    heading: str,
    body: str,
) -> Sealed:
    said = {
        "access_token": ctx.push_key.reveal(row.sealed_token).decode(),
        "preferred_locale": language,
        "notification_id": view.id,
        "notification_type": view.kind,
        "icon": ctx.addresses.avatar(view.account.id, view.account.version),
        "title": heading,
        "body": body,
    }
    to = receiver(p256dh=row.p256dh, auth=row.auth)
    message = _encode(said)
    if len(message) > MAX_MESSAGE:  # pragma: no cover - its parts are short
        message = _encode({**said, "body": ""})
    return (seal if row.standard else seal_as_draft)(message, to)


def _body(view: NotificationView) -> str:
    """Return what the notification shows besides who it is from: plain and short."""
    if view.post is None:
        return short_text(plain_text(view.account.note), BODY)
    shown = view.post.boost_of or view.post
    return short_text(shown.content_note or plain_text(shown.content), BODY)


def _headers(ctx: Context, row: PushSubscriptionRow, message: Sealed) -> dict[str, str]:
    settings, key = ctx.settings, ctx.push_key
    token = key.token(
        audience=str(URL(row.endpoint).origin()),
        subject=f"mailto:{settings.contact_email}"
        if settings.contact_email
        else settings.base_url,
        now=ctx.clock(),
    )
    headers = {
        **message.headers,
        "Content-Type": "application/octet-stream",
        "TTL": str(int(LIFE.total_seconds())),
        "Urgency": "normal",
    }
    if row.standard:
        headers["Authorization"] = f"vapid t={token},k={key.public}"
    else:
        headers["Authorization"] = f"WebPush {token}"
        headers["Crypto-Key"] += f";p256ecdsa={key.public}"
    return headers


async def _heed(ctx: Context, row: PushSubscriptionRow, answer: Answer) -> None:
    """Do what the push service's answer asks for."""
    if answer.status in GONE:
        await ctx.write(rows.remove, row.id)
    elif answer.status in LATER or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise FetchError(
            f"The push service answered {answer.status}.",
            reason="push",
            wait=answer.retry_after(ctx.clock()),
        )
    elif answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        _log.warning("push refused", status=answer.status, host=URL(row.endpoint).host)
