"""What staff see, as the entities of Mastodon's admin API."""

from collections.abc import Mapping

from fedi_k12.api import render, roles
from fedi_k12.api.render import Entity
from fedi_k12.context import Context
from fedi_k12.domain.reports import StaffReport
from fedi_k12.domain.staff import StaffAccount


def account(ctx: Context, about: StaffAccount) -> Entity:
    """Return an Admin::Account; from where members come is not kept here, so it has no `ip`."""
    view = about.view
    entity: Entity = {
        "id": str(view.id),
        "username": view.username,
        "domain": view.domain or None,
        "created_at": render.moment(about.created_at),
        "email": about.email,
        "ip": None,
        "ips": [],
        "role": roles.role(about.role) if about.role is not None else None,
        "confirmed": about.confirmed,
        "approved": about.approved,
        "disabled": about.disabled,
        "silenced": about.silenced,
        "sensitized": about.sensitized,
        "suspended": about.suspended,
        "locale": about.locale,
        "invite_request": None,
        "account": render.account(ctx, view),
    }
    if about.invited_by is not None:
        entity["invited_by_account_id"] = str(about.invited_by)
    return entity


def report(ctx: Context, found: StaffReport, rules: Mapping[int, Entity]) -> Entity:
    """Return an Admin::Report; `rules` are this server's, by id."""
    return {
        "id": str(found.id),
        "action_taken": found.resolved_at is not None,
        "action_taken_at": render.moment(found.resolved_at) if found.resolved_at else None,
        "category": found.category,
        "comment": found.comment,
        "forwarded": found.forwarded,
        "created_at": render.moment(found.created_at),
        "updated_at": render.moment(found.updated_at),
        "account": account(ctx, found.reporter),
        "target_account": account(ctx, found.target),
        "assigned_account": account(ctx, found.assigned) if found.assigned else None,
        "action_taken_by_account": (
            account(ctx, found.resolved_by) if found.resolved_by else None
        ),
        "statuses": [render.status(ctx, view) for view in found.posts],
        "rules": [rules[number] for number in found.rule_ids if number in rules],
    }
