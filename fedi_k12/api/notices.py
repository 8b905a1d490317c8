"""Notices as entities, with the member's filters for notifications applied."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.api import render
from fedi_k12.api.collection_entities import collection_told, partial_account
from fedi_k12.api.fallbacks import Knows, fallback
from fedi_k12.context import Context
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.notifications import (
    NotificationGroup,
    NotificationPolicy,
    NotificationView,
    RequestView,
)
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import filters
from fedi_k12.services.filters import Match
from fedi_k12.services.notification_policy import Summary

Filtered = tuple[NotificationView, list[Match]]


async def filtered(
    ctx: Context,
    session: AsyncSession,
    found: Sequence[NotificationView],
    *,
    actor: Actor,
    hide: bool = True,
) -> list[Filtered]:
    """Return notices with the filters that fit their posts, without those that are hidden."""
    active = await filters.active(
        session, actor=actor, context="notifications", now=ctx.clock()
    )
    marked = [
        (one, filters.matches(active, one.post, viewer=actor) if one.post is not None else [])
        for one in found
    ]
    return [(one, hits) for one, hits in marked if not (hide and filters.hides(hits))]


def notice(
    ctx: Context, view: NotificationView, matches: Sequence[Match], app: Knows | None = None
) -> render.Entity:
    """Return a Notification whose status says why it is filtered.

    What the `app` does not know comes with words that it can show.
    """
    entity = {
        **render.notification(ctx, view),
        **collection_told(ctx, view),
        **fallback(ctx, view, app),
    }
    if view.post is not None:
        entity["status"] = render.status(ctx, view.post, matches=matches)
    return entity


def group(ctx: Context, view: NotificationGroup, app: Knows | None) -> render.Entity:
    """Return a NotificationGroup; the newest id is a number, as apps decode it."""
    newest = view.notice
    entity: render.Entity = {
        "group_key": view.key,
        "notifications_count": view.count,
        "type": newest.kind,
        "most_recent_notification_id": newest.id,
        "page_min_id": str(view.oldest_id),
        "page_max_id": str(newest.id),
        "latest_page_notification_at": render.moment(newest.created_at),
        "sample_account_ids": [str(account.id) for account in view.accounts],
        **render.told_besides(ctx, newest),
        **collection_told(ctx, newest),
        **fallback(ctx, newest, app),
    }
    if newest.post is not None:
        entity["status_id"] = str(newest.post.id)
    return entity


def grouped_results(
    ctx: Context,
    groups: Sequence[NotificationGroup],
    matches: dict[int, list[Match]],
    *,
    partial: bool = False,
    app: Knows | None = None,
) -> render.Entity:
    """Return GroupedNotificationsResults: each account and post once, beside the groups.

    Where `partial` ones do, only the first account of each group is whole.
    """
    accounts: dict[int, AccountView] = {}
    avatars: dict[int, AccountView] = {}
    for one in groups:
        for place, view in enumerate(one.accounts):
            if partial and place:
                avatars.setdefault(view.id, view)
            else:
                accounts.setdefault(view.id, view)
    posts = {one.notice.post.id: one.notice.post for one in groups if one.notice.post}
    results: render.Entity = {
        "accounts": render.accounts(ctx, list(accounts.values())),
        "statuses": [
            render.status(ctx, view, matches=matches.get(view.id, ()))
            for view in posts.values()
        ],
        "notification_groups": [group(ctx, one, app) for one in groups],
    }
    if partial:
        results["partial_accounts"] = [
            partial_account(render.account(ctx, view))
            for number, view in avatars.items()
            if number not in accounts
        ]
    return results


def request_entity(ctx: Context, view: RequestView) -> render.Entity:
    """Return a NotificationRequest; its count is a text, as apps decode it."""
    return {
        "id": str(view.id),
        "created_at": render.moment(view.created_at),
        "updated_at": render.moment(view.updated_at),
        "account": render.account(ctx, view.account),
        "notifications_count": str(view.notifications_count),
        "last_status": render.status(ctx, view.last_post) if view.last_post else None,
    }


def policy_entity(policy: NotificationPolicy, waiting: Summary) -> render.Entity:
    """Return a NotificationPolicy."""
    return {
        "for_not_following": policy.for_not_following,
        "for_not_followers": policy.for_not_followers,
        "for_new_accounts": policy.for_new_accounts,
        "for_private_mentions": policy.for_private_mentions,
        "for_limited_accounts": policy.for_limited_accounts,
        "summary": _summary(waiting),
    }


def v1_policy_entity(policy: NotificationPolicy, waiting: Summary) -> render.Entity:
    """Return a NotificationPolicy of the older form, which knows yes and no only."""
    return {
        "filter_not_following": policy.for_not_following != "accept",
        "filter_not_followers": policy.for_not_followers != "accept",
        "filter_new_accounts": policy.for_new_accounts != "accept",
        "filter_private_mentions": policy.for_private_mentions != "accept",
        "summary": _summary(waiting),
    }


def _summary(waiting: Summary) -> render.Entity:
    return {
        "pending_requests_count": waiting.requests,
        "pending_notifications_count": waiting.notifications,
    }
