"""What this server says of itself: its names, its words, its rules and its size."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.words import marked
from fedi_k12.services import moderation, views
from storage import accounts
from storage.tables import (
    AccountRow,
    MemberRow,
    PostRow,
    RuleRow,
    SiteRow,
)

DEFAULT_RULES = (
    marked("Write as you would speak with the family in the room."),
    marked("No child's name, face or story that others would recognise."),
    marked("Criticise ideas and decisions; leave people whole."),
    marked("Nothing to sell."),
)
DEFAULT_DESCRIPTION = marked(
    "A place for colleagues and families, run by the district on its own computers. No "
    "advertising, no trackers, nothing ranked: newest first, and it ends."
)
MAX_CHROMA = 0.11
"""The most colourful accent: beyond it text on it would be hard to read."""


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule of this server."""

    id: int
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class SiteView:
    """What the front page and the instance documents say."""

    title: str
    short_description: str
    description: str
    contact_email: str
    contact: AccountView | None
    rules: tuple[RuleView, ...]
    accent_hue: float
    accent_chroma: float


@dataclass(frozen=True, slots=True)
class SiteChanges:
    """What an admin wants to say differently; None leaves as it is."""

    title: str | None = None
    short_description: str | None = None
    description: str | None = None
    contact_email: str | None = None
    rules: tuple[str, ...] | None = None
    accent_hue: float | None = None
    accent_chroma: float | None = None


@dataclass(frozen=True, slots=True)
class SiteStats:
    """How big this server is."""

    members: int
    active_month: int
    active_half_year: int
    posts: int
    hosts: int


async def site(
    session: AsyncSession, *, name: str = "fedi-k12", contact_email: str = ""
) -> SiteView:
    """Return what this server says of itself; `name` and `contact_email` until it is set."""
    row = await session.get(SiteRow, "about")
    said: dict[str, Any] = row.value if row is not None else {}
    rules = list(await session.scalars(select(RuleRow).order_by(RuleRow.position)))
    owner = await session.scalar(
        select(MemberRow.account_id)
        .where(MemberRow.role == "owner")
        .order_by(MemberRow.id)
        .limit(1)
    )
    shown = (
        tuple(RuleView(rule.id, rule.text, rule.hint) for rule in rules)
        if rules or said.get("rules_set")
        else tuple(RuleView(at, text) for at, text in enumerate(DEFAULT_RULES, 1))
    )
    return SiteView(
        title=said.get("title") or name,
        short_description=said.get("short_description") or DEFAULT_DESCRIPTION,
        description=said.get("description") or DEFAULT_DESCRIPTION,
        contact_email=said.get("contact_email") or contact_email,
        contact=await views.account_view(session, owner) if owner is not None else None,
        rules=shown,
        accent_hue=float(said.get("accent_hue", 172)),
        accent_chroma=float(said.get("accent_chroma", 0.07)),
    )


async def save_site(
    session: AsyncSession, *, actor: Actor | None, changes: SiteChanges, now: datetime
) -> None:
    """Say something differently; `actor` is None for the operator at the command line."""
    if actor is not None:
        decision = decide(actor, Action.CHANGE_SITE)
        if not decision.allowed:
            raise ForbiddenError(decision.why)
    row = await session.get(SiteRow, "about")
    said: dict[str, Any] = dict(row.value) if row is not None else {}
    for name in ("title", "short_description", "description", "contact_email"):
        value = getattr(changes, name)
        if value is not None:
            said[name] = value.strip()
    if changes.accent_hue is not None:
        said["accent_hue"] = changes.accent_hue % 360
    if changes.accent_chroma is not None:
        said["accent_chroma"] = min(MAX_CHROMA, max(0.0, changes.accent_chroma))
    if changes.rules is not None:
        said["rules_set"] = True
        await session.execute(delete(RuleRow))
        texts = [text.strip() for text in changes.rules if text.strip()]
        session.add_all(
            RuleRow(id=new_id(), position=at, text=text) for at, text in enumerate(texts)
        )
    await _keep(session, "about", said)
    await moderation.audit(
        session, actor=actor, action="site changed", target=("site", "about"), now=now
    )


async def stats(session: AsyncSession, *, now: datetime) -> SiteStats:
    """Return how big this server is; meant for a read that may take long."""
    members = await session.scalar(
        select(func.count())
        .select_from(MemberRow)
        .where(MemberRow.disabled_at.is_(None), MemberRow.approved_at.is_not(None))
    )

    async def active(since: datetime) -> int:
        return (
            await session.scalar(
                select(func.count())
                .select_from(AccountRow)
                .where(AccountRow.domain == "", AccountRow.last_post_at > since)
            )
            or 0
        )

    posts = await session.scalar(
        select(func.sum(AccountRow.posts_count)).where(AccountRow.domain == "")
    )
    hosts = await session.scalar(
        select(func.count(AccountRow.host.distinct())).where(AccountRow.host != "")
    )
    return SiteStats(
        members=members or 0,
        active_month=await active(now - timedelta(days=30)),
        active_half_year=await active(now - timedelta(days=182)),
        posts=int(posts or 0),
        hosts=hosts or 0,
    )


async def peers(session: AsyncSession) -> list[str]:
    """Return the hosts that accounts known here live on."""
    rows = await session.scalars(
        select(AccountRow.host)
        .where(AccountRow.host != "")
        .distinct()
        .order_by(AccountRow.host)
        .limit(10_000)
    )
    return list(rows)


async def fix_names(session: AsyncSession, *, domain: str, handle_domain: str) -> None:
    """Hold the server to the names it began with: they are in every id it ever gave.

    Raises `InvalidError` if the store belongs to another name and has been used.
    """
    row = await session.get(SiteRow, "names")
    wanted = {"domain": domain, "handle_domain": handle_domain}
    if row is None or row.value == wanted:
        await _keep(session, "names", wanted)
        return
    used = await accounts.count_local(session) or await session.scalar(
        select(func.count()).select_from(PostRow)
    )
    if used:
        raise InvalidError(
            f"This store belongs to {row.value['domain']} (handles @…@"
            f"{row.value['handle_domain']}), but the settings say {domain} "
            f"(@…@{handle_domain}). Ids are for ever: set FEDI_K12_DOMAIN="
            f"{row.value['domain']} and FEDI_K12_HANDLE_DOMAIN={row.value['handle_domain']}, "
            "or use another data folder."
        )
    await session.execute(delete(AccountRow).where(AccountRow.domain == ""))
    await _keep(session, "names", wanted)


async def _keep(session: AsyncSession, name: str, value: dict[str, Any]) -> None:
    row = await session.get(SiteRow, name)
    if row is None:
        session.add(SiteRow(name=name, value=value))
    else:
        row.value = value
    await session.flush()


async def media_secret(session: AsyncSession) -> bytes:
    """Return the secret that seals addresses of other servers' files, made when first asked."""
    row = await session.get(SiteRow, "media_secret")
    if row is None:
        row = SiteRow(name="media_secret", value={"key": secrets.token_hex(32)})
        session.add(row)
        await session.flush()
    return bytes.fromhex(str(row.value["key"]))
