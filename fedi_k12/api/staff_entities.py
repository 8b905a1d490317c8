"""What staff see, as the entities of Mastodon's admin API."""

import hashlib
from collections.abc import Mapping

from fedi_k12.api import render, roles
from fedi_k12.api.render import Entity
from fedi_k12.context import Context
from fedi_k12.domain.entry import EmailDomainBlock, NetworkBlock
from fedi_k12.domain.reports import StaffReport
from fedi_k12.domain.staff import StaffAccount
from fedi_k12.services.moderation import HostPolicy


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
        "invite_request": about.reason or None,
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


def domain_block(found: HostPolicy) -> Entity:
    """Return an Admin::DomainBlock."""
    return {
        "id": str(found.id),
        "domain": found.domain,
        "digest": hashlib.sha256(found.domain.encode()).hexdigest(),
        "created_at": render.moment(found.created_at),
        "severity": _SEVERITIES[found.severity],
        "reject_media": found.reject_media,
        "reject_reports": found.reject_reports,
        "private_comment": found.private_comment or None,
        "public_comment": found.public_comment or None,
        "obfuscate": found.obfuscate,
        "ground": found.ground or None,
    }


def domain_allow(found: HostPolicy) -> Entity:
    """Return an Admin::DomainAllow."""
    return {
        "id": str(found.id),
        "domain": found.domain,
        "created_at": render.moment(found.created_at),
    }


def email_domain_block(found: EmailDomainBlock) -> Entity:
    """Return an Admin::EmailDomainBlock; who tried is not counted here."""
    return {
        "id": str(found.id),
        "domain": found.domain,
        "created_at": render.moment(found.created_at),
        "history": [],
    }


def ip_block(found: NetworkBlock) -> Entity:
    """Return an Admin::IpBlock."""
    return {
        "id": str(found.id),
        "ip": found.network,
        "severity": found.severity,
        "comment": found.comment,
        "created_at": render.moment(found.created_at),
        "expires_at": render.moment(found.expires_at) if found.expires_at else None,
    }


_SEVERITIES = {"normal": "noop", "limit": "silence", "suspend": "suspend"}
