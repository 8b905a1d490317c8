"""What this server says of itself: its names, its words, its rules and its size."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.articles import markdown_html
from fedi_k12.domain.colour import MAX_CHROMA
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.events import zone_named
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.sanitise import own_article_html
from fedi_k12.domain.text import scan
from fedi_k12.domain.words import marked, words
from fedi_k12.services import moderation, views
from storage import accounts, officials
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
_PRIVACY = (
    (
        "",
        marked(
            "Whoever runs this server does so on computers of their own. There is no "
            "advertising, there are no trackers, and nothing is sold or given away."
        ),
    ),
    ("## ", marked("What is kept")),
    (
        "",
        marked(
            "What you write and upload, your e-mail address, and where you are signed in. Who "
            "reads what is not kept, but for the mark where you stopped."
        ),
    ),
    ("## ", marked("Who gets it")),
    (
        "",
        marked(
            "Posts go to the servers of those who follow or are named, as their writer chose. "
            "Letters are not sealed: those who run the servers at both ends could read them. "
            "What is written at work may be a public record."
        ),
    ),
    ("## ", marked("What you can do")),
    (
        "",
        marked(
            "Take everything along, change it, or delete your account, in your settings. Other "
            "servers are told to forget you, too; most do."
        ),
    ),
)
DEFAULT_PRIVACY = "\n\n".join(f"{mark}{text}" for mark, text in _PRIVACY)
"""What is true of every server of this kind, until an admin writes more."""
PRIVACY_SINCE = "2026-11-28T00:00:00.000Z"
Registrations = Literal["closed", "invite", "approval", "open"]
REGISTRATIONS: tuple[Registrations, ...] = ("closed", "invite", "approval", "open")
MAX_WORDS = {
    "title": 80,
    "short_description": 300,
    "contact_email": 254,
    "time_zone": 64,
    "district_tag": 50,
    "digest_account": 100,
}
_WORDS = (
    "title", "short_description", "description", "contact_email", "privacy", "terms",
    "registrations", "time_zone", "logo", "district_tag", "digest_account",
)  # fmt: skip
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
MAX_TEXT, MAX_RULE, MAX_RULES = 20_000, 500, 30
_SAID = {
    "title": "name",
    "short_description": "short description",
    "description": "description",
    "contact_email": "contact",
    "privacy": "privacy policy",
    "terms": "terms",
    "registrations": "who may join",
    "time_zone": "time zone",
    "district_tag": "tag of the district",
    "digest_account": "account of the digest",
    "logo": "logo",
    "accent_hue": "colour",
    "accent_chroma": "colour",
    "rules": "rules",
}


class RuleView(Struct, frozen=True):
    """A rule of this server."""

    id: int
    text: str
    hint: str = ""


class SiteView(Struct, frozen=True):
    """What the front page and the instance documents say."""

    title: str
    short_description: str
    description: str
    contact_email: str
    contact: AccountView | None
    rules: tuple[RuleView, ...]
    accent_hue: float
    accent_chroma: float
    logo: str = ""
    """The key of its file; empty where the server's own drawing stands for it."""
    privacy: str = ""
    """The privacy policy, in Markdown, as are description and terms."""
    privacy_since: str = PRIVACY_SINCE
    terms: str = ""
    """What members agree to besides the rules; empty where there is nothing."""
    terms_since: str = ""
    registrations: str = ""
    """Who may join, where an admin said so; empty for what the operator set."""
    time_zone: str = ""
    """The clock of the place (IANA), empty where nobody said."""
    district_tag: str = ""
    """The hashtag of the whole district without its #, empty where there is none."""
    digest_account: str = ""
    """The username of the official account that tells the day's digest; empty for none."""

    def may_join(self, usual: Registrations) -> Registrations:
        """Return who may become a member; `usual` is what the operator set."""
        return next((one for one in REGISTRATIONS if one == self.registrations), usual)


class RuleDraft(Struct, frozen=True):
    """A rule as somebody wants it; `id` is None for a new one."""

    text: str
    hint: str = ""
    id: int | None = None


class SiteChanges(Struct, frozen=True):
    """What an admin wants to say differently; None leaves as it is."""

    title: str | None = None
    short_description: str | None = None
    description: str | None = None
    contact_email: str | None = None
    rules: tuple[str, ...] | None = None
    accent_hue: float | None = None
    accent_chroma: float | None = None
    logo: str | None = None
    privacy: str | None = None
    terms: str | None = None
    registrations: str | None = None
    time_zone: str | None = None
    district_tag: str | None = None
    digest_account: str | None = None


class SiteStats(Struct, frozen=True):
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
    title = said.get("title") or name
    return SiteView(
        title=title,
        short_description=said.get("short_description") or DEFAULT_DESCRIPTION,
        description=said.get("description") or DEFAULT_DESCRIPTION,
        contact_email=said.get("contact_email") or contact_email,
        contact=await views.account_view(session, owner) if owner is not None else None,
        rules=shown,
        accent_hue=float(said.get("accent_hue", 172)),
        accent_chroma=float(said.get("accent_chroma", 0.07)),
        logo=said.get("logo", ""),
        privacy=said.get("privacy") or DEFAULT_PRIVACY,
        privacy_since=said.get("privacy_since") or PRIVACY_SINCE,
        terms=said.get("terms", ""),
        terms_since=said.get("terms_since", ""),
        registrations=said.get("registrations", ""),
        time_zone=said.get("time_zone", ""),
        district_tag=said.get("district_tag", ""),
        digest_account=said.get("digest_account", ""),
    )


async def zone(session: AsyncSession) -> ZoneInfo:
    """Return the clock of the place; UTC where nobody said."""
    row = await session.get(SiteRow, "about")
    named = zone_named(row.value.get("time_zone", "")) if row is not None else None
    return named or ZoneInfo("UTC")


def html_of(text: str) -> str:
    """Return a text of this server (Markdown) as safe HTML."""
    return own_article_html(markdown_html(text))


async def may_join(session: AsyncSession, *, usual: Registrations) -> Registrations:
    """Return who may become a member now; `usual` is what the operator set."""
    row = await session.get(SiteRow, "about")
    said = row.value.get("registrations") if row is not None else None
    return next((one for one in REGISTRATIONS if one == said), usual)


async def district_tag(session: AsyncSession) -> str:
    """Return the hashtag of the whole district without its #, empty where there is none."""
    row = await session.get(SiteRow, "about")
    return str(row.value.get("district_tag", "")) if row is not None else ""


async def save_site(
    session: AsyncSession, *, actor: Actor | None, changes: SiteChanges, now: datetime
) -> None:
    """Say something differently; `actor` is None for the operator at the command line.

    Raises `InvalidError` by field for what is too long or cannot be. What changed is noted in
    the log of what staff did.
    """
    _allow(actor)
    row = await session.get(SiteRow, "about")
    before: dict[str, Any] = dict(row.value) if row is not None else {}
    said = dict(before)
    await _check_teller(session, changes.digest_account)
    for name in _WORDS:
        value = getattr(changes, name)
        if value is not None:
            said[name] = _checked(name, value.strip())
    for name in ("privacy", "terms"):
        if said.get(name, "") != before.get(name, ""):
            said[f"{name}_since"] = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if changes.accent_hue is not None:
        said["accent_hue"] = changes.accent_hue % 360
    if changes.accent_chroma is not None:
        said["accent_chroma"] = min(MAX_CHROMA, max(0.0, changes.accent_chroma))
    await _keep(session, "about", said)
    changed = [
        word for name, word in _SAID.items() if said.get(name, "") != before.get(name, "")
    ]
    if changes.rules is not None:
        drafts = [RuleDraft(text) for text in changes.rules]
        await save_rules(session, actor=actor, rules=drafts, now=now)
    if changed:
        await _note(session, actor, changed, now=now)


async def save_rules(
    session: AsyncSession, *, actor: Actor | None, rules: Sequence[RuleDraft], now: datetime
) -> None:
    """Have these rules, in this order; those without words go, the others keep their ids."""
    _allow(actor)
    wanted = [rule for rule in rules if rule.text.strip()]
    if len(wanted) > MAX_RULES:
        raise InvalidError(words("%(most)s rules are the most.", most=MAX_RULES))
    known = {row.id: row for row in await session.scalars(select(RuleRow))}
    before = [(row.text, row.hint) for row in sorted(known.values(), key=_position)]
    for at, rule in enumerate(wanted):
        row = known.pop(rule.id, None) if rule.id is not None else None
        if row is None:
            row = RuleRow(id=new_id())
            session.add(row)
        row.position = at
        row.text, row.hint = _checked("rule", rule.text.strip()), _checked("rule", rule.hint)
    for row in known.values():
        await session.delete(row)
    about = await session.get(SiteRow, "about")
    await _keep(session, "about", {**(about.value if about else {}), "rules_set": True})
    if before != [(rule.text.strip(), rule.hint.strip()) for rule in wanted]:
        await _note(session, actor, ["rules"], now=now)


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


async def _check_teller(session: AsyncSession, username: str | None) -> None:
    row = await accounts.local_by_username(session, username.strip()) if username else None
    if username and (row is None or not await officials.official_among(session, [row.id])):
        sentence = marked("That is no official account of this place.")
        raise InvalidError(sentence, fields={"digest_account": sentence})


def _allow(actor: Actor | None) -> None:
    decision = decide(actor, Action.CHANGE_SITE) if actor is not None else None
    if decision is not None and not decision.allowed:
        raise ForbiddenError(decision.why)


def _position(row: RuleRow) -> int:
    return row.position


def _checked(name: str, value: str) -> str:
    """Return a text that can be said, or raise `InvalidError` naming its field."""
    value = value.strip()
    most = MAX_RULE if name == "rule" else MAX_WORDS.get(name, MAX_TEXT)
    if len(value) > most:
        sentence = words("That is too long: %(most)s characters are the most.", most=most)
        raise InvalidError(sentence, fields={name: sentence})
    if name == "registrations" and value and value not in REGISTRATIONS:
        raise InvalidError("Choose one of the ways to join.", fields={name: "is none"})
    if name == "district_tag" and value:
        tag = value.lstrip("#")
        if scan(f"#{tag}", content_type="text/plain").hashtags != (tag,):
            sentence = words("A tag is one word of letters and digits, such as psd70.")
            raise InvalidError(sentence, fields={name: sentence})
        return tag
    if name == "contact_email" and value and not _ADDRESS.fullmatch(value):
        sentence = words("That is no e-mail address. One looks like office@lincoln.example.")
        raise InvalidError(sentence, fields={name: sentence})
    return value


async def _note(
    session: AsyncSession, actor: Actor | None, changed: Sequence[str], *, now: datetime
) -> None:
    await moderation.audit(
        session,
        actor=actor,
        action="site changed",
        target=("site", "about"),
        detail={"comment": ", ".join(dict.fromkeys(changed))},
        now=now,
    )


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
