"""Apps and their tokens: OAuth 2 as Mastodon's clients use it (RFC 6749, RFC 7636)."""

import base64
import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from msgspec import Struct
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import DomainError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import hash_token, new_id, new_token
from fedi_k12.domain.news import AccessEnded
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.scopes import all_covered, in_order, parse_scopes
from fedi_k12.services import acting
from storage import accounts, officials
from storage.db import tell_after_commit
from storage.tables import AppRow, DelegationRow, GrantRow, MemberRow, TokenRow

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
CODE_LIFE = timedelta(minutes=10)
MAX_REDIRECTS = 20
MAX_NAME, MAX_ADDRESS = 200, 2000
_FORBIDDEN_SCHEMES = ("javascript:", "data:", "vbscript:", "file:", "blob:", "about:")


class OAuthError(DomainError):
    """A refusal in the words of RFC 6749, section 5.2."""

    def __init__(self, code: str, sentence: str, *, status: int = 400) -> None:
        super().__init__(sentence)
        self.code = code
        self.status = status


class RegisteredApp(Struct, frozen=True):
    """An app; `client_secret` is known only at its registration."""

    id: int
    client_id: str
    name: str
    website: str | None
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    client_secret: str = ""


class IssuedToken(Struct, frozen=True):
    """A token just given out: the only time that its text is known."""

    access_token: str
    scopes: str
    created_at: datetime


class TokenInfo(Struct, frozen=True):
    """Whom a token stands for: an app's own has no actor."""

    actor: Actor | None
    scopes: frozenset[str]
    app_id: int
    token_id: int
    last_used_at: datetime | None = None


async def register_app(
    session: AsyncSession,
    *,
    name: str,
    redirect_uris: list[str],
    scopes: str = "",
    website: str | None = None,
    now: datetime,
) -> RegisteredApp:
    """Register an app; any scheme of its own may be redirected to, but no script."""
    if not name.strip():
        raise InvalidError("Validation failed: Application Name can't be blank")
    if len(name) > MAX_NAME:
        raise InvalidError("Validation failed: Application Name is too long")
    cleaned = [uri.strip() for uri in redirect_uris if uri.strip()]
    if not cleaned or len(cleaned) > MAX_REDIRECTS:
        raise InvalidError("Validation failed: Redirect URI can't be blank")
    for uri in cleaned:
        check_redirect(uri)
    secret = new_token()
    row = AppRow(
        id=new_id(),
        client_id=new_token(),
        client_secret_hash=hash_token(secret),
        name=name.strip(),
        website=_website(website),
        redirect_uris=cleaned,
        scopes=in_order(parse_scopes(scopes)),
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return _app(row, secret)


def check_redirect(uri: str) -> None:
    """Refuse an address that nobody should be sent to with a code."""
    plain = "".join(uri.split()).lower()
    if len(uri) > MAX_ADDRESS or ":" not in plain or plain.startswith(_FORBIDDEN_SCHEMES):
        raise InvalidError("Validation failed: Redirect URI must be an absolute URI.")
    if any(ord(character) < 33 for character in uri) or "#" in uri:  # noqa: PLR2004 - controls
        raise InvalidError("Validation failed: Redirect URI cannot be used.")


async def app_by_client_id(session: AsyncSession, client_id: str) -> RegisteredApp | None:
    """Return the app with this public id."""
    row = await session.scalar(select(AppRow).where(AppRow.client_id == client_id))
    return None if row is None else _app(row)


async def app_by_id(session: AsyncSession, app_id: int) -> RegisteredApp | None:
    """Return the app with this id."""
    row = await session.get(AppRow, app_id)
    return None if row is None else _app(row)


async def grant_code(
    session: AsyncSession,
    *,
    app_id: int,
    actor: Actor,
    redirect_uri: str,
    scopes: frozenset[str],
    code_challenge: str | None,
    now: datetime,
) -> str:
    """Return a code that the app may change for a token once, within ten minutes."""
    code = new_token()
    session.add(
        GrantRow(
            id=new_id(),
            code_hash=hash_token(code),
            app_id=app_id,
            member_id=actor.member_id,
            account_id=actor.account_id,
            redirect_uri=redirect_uri,
            scopes=in_order(scopes),
            code_challenge=code_challenge,
            created_at=now,
            expires_at=now + CODE_LIFE,
        )
    )
    return code


async def redeem_code(
    session: AsyncSession,
    *,
    client_id: str,
    client_secret: str,
    code: str,
    redirect_uri: str,
    code_verifier: str | None,
    now: datetime,
) -> IssuedToken | None:
    """Change a code for a token, or return None where the code was used before.

    A code used twice was stolen from somebody: its token is revoked in this very write
    (RFC 6749, 4.1.2), which is why this is no error to be rolled back. Everything else that
    does not fit raises `OAuthError`.
    """
    app = await _authenticated(session, client_id, client_secret)
    grant = await session.scalar(select(GrantRow).where(GrantRow.code_hash == hash_token(code)))
    invalid = OAuthError(
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the "
        "redirection URI used in the authorization request, or was issued to another client.",
    )
    if grant is None or grant.app_id != app.id:
        raise invalid
    if grant.used_at is not None:
        await session.execute(
            update(TokenRow)
            .where(TokenRow.grant_id == grant.id, TokenRow.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        tell_after_commit(session, AccessEnded(member_id=grant.member_id))
        return None
    if grant.expires_at <= now or grant.redirect_uri != redirect_uri:
        raise invalid
    if grant.code_challenge is not None and not _verified(grant.code_challenge, code_verifier):
        raise invalid
    grant.used_at = now
    return await _issue(
        session,
        app_id=app.id,
        member_id=grant.member_id,
        account_id=grant.account_id,
        scopes=grant.scopes,
        grant_id=grant.id,
        now=now,
    )


async def client_token(
    session: AsyncSession, *, client_id: str, client_secret: str, scopes: str, now: datetime
) -> IssuedToken:
    """Return a token of an app's own, which stands for nobody."""
    app = await _authenticated(session, client_id, client_secret)
    wanted = _wanted(scopes, frozenset(app.scopes.split()))
    return await _issue(
        session,
        app_id=app.id,
        member_id=None,
        account_id=None,
        scopes=in_order(wanted),
        grant_id=None,
        now=now,
    )


async def create_token(
    session: AsyncSession, *, username: str, scopes: str, app_name: str, now: datetime
) -> str:
    """Return a token for a member, made by the operator at the command line."""
    found = await accounts.member_named(session, username)
    if found is None:
        raise NotFoundError(f"There is no member called {username} here.")
    account, member = found
    app = await register_app(
        session, name=app_name, redirect_uris=[OUT_OF_BAND], scopes=scopes, now=now
    )
    issued = await _issue(
        session,
        app_id=app.id,
        member_id=member.id,
        account_id=account.id,
        scopes=in_order(parse_scopes(scopes)),
        grant_id=None,
        now=now,
    )
    return issued.access_token


async def token_of_app(
    session: AsyncSession,
    *,
    app_id: int,
    member_id: int,
    account_id: int,
    scopes: frozenset[str],
    now: datetime,
) -> IssuedToken:
    """Return a token for somebody whom an app has just made a member."""
    return await _issue(
        session,
        app_id=app_id,
        member_id=member_id,
        account_id=account_id,
        scopes=in_order(scopes),
        grant_id=None,
        now=now,
    )


async def let_in_before(
    session: AsyncSession, *, app_id: int, actor: Actor, scopes: frozenset[str]
) -> bool:
    """Return whether the actor let this app in already, for all of these scopes at least."""
    rows = await session.scalars(
        select(TokenRow.scopes).where(
            TokenRow.app_id == app_id,
            TokenRow.member_id == actor.member_id,
            TokenRow.account_id == actor.account_id,
            TokenRow.revoked_at.is_(None),
        )
    )
    return any(all_covered(frozenset(given.split()), scopes) for given in rows)


def registered_redirect(uri: str, registered: tuple[str, ...]) -> bool:
    """Return whether an app may lead to `uri`: what it registered, letter by letter.

    At this very machine any port will do, since a program there takes whatever port is free
    (RFC 8252, 7.3).
    """
    if uri in registered:
        return True
    plain = _without_port(uri)
    return plain is not None and any(plain == _without_port(one) for one in registered)


def _without_port(uri: str) -> tuple[str, str, str] | None:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    own = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if not own or parts.username is not None or port == 0:
        return None
    return parts.hostname or "", parts.path or "/", parts.query


_STANDS_FOR = (
    select(TokenRow, MemberRow)
    .outerjoin(MemberRow, MemberRow.id == TokenRow.member_id)
    .where(TokenRow.hash == bindparam("hash"), TokenRow.revoked_at.is_(None))
)


async def token_for(
    session: AsyncSession, *, token_hash: str, held: bool = False, now: datetime
) -> TokenInfo | None:
    """Return whom a token stands for, or None where it is not (or no longer) one.

    `held` lets in who did not confirm their e-mail address yet, or waits for a moderator.
    """
    del now
    found = (await session.execute(_STANDS_FOR, {"hash": token_hash})).one_or_none()
    if found is None:
        return None
    row: TokenRow = found[0]
    member: MemberRow | None = found[1]
    scopes = frozenset(row.scopes.split())
    if row.member_id is None or row.account_id is None:
        return TokenInfo(None, scopes, row.app_id, row.id)
    if member is None or member.disabled_at is not None:
        raise ForbiddenError("Your login is currently disabled")
    if member.held_for_mail and not held:
        raise ForbiddenError("Your login is missing a confirmed e-mail address")
    if member.approved_at is None and not held:
        raise ForbiddenError("Your login is currently pending approval")
    actor = await acting.actor_of(session, member, row.account_id)
    return TokenInfo(actor, scopes, row.app_id, row.id, row.last_used_at)


async def still_good(session: AsyncSession, token_ids: Collection[int]) -> set[int]:
    """Return which of these tokens still let somebody in."""
    return set(
        await session.scalars(
            select(TokenRow.id)
            .join(MemberRow, MemberRow.id == TokenRow.member_id)
            .outerjoin(
                DelegationRow,
                (DelegationRow.account_id == TokenRow.account_id)
                & (DelegationRow.member_id == TokenRow.member_id)
                & officials.stands(),
            )
            .where(
                TokenRow.id.in_(token_ids),
                (TokenRow.account_id == MemberRow.account_id) | DelegationRow.id.is_not(None),
                TokenRow.revoked_at.is_(None),
                MemberRow.disabled_at.is_(None),
                MemberRow.approved_at.is_not(None),
            )
        )
    )


async def revoke(
    session: AsyncSession, *, client_id: str, client_secret: str, token: str, now: datetime
) -> None:
    """Take a token back (RFC 7009); another app's raises `OAuthError`."""
    app = await _authenticated(session, client_id, client_secret)
    row = await session.scalar(select(TokenRow).where(TokenRow.hash == hash_token(token)))
    if row is None:
        return
    if row.app_id != app.id:
        raise OAuthError(
            "unauthorized_client", "You are not authorized to revoke this token", status=403
        )
    row.revoked_at = row.revoked_at or now
    tell_after_commit(session, AccessEnded(token_id=row.id))


def _wanted(scopes: str, registered: frozenset[str]) -> frozenset[str]:
    try:
        wanted = parse_scopes(scopes)
    except InvalidError as error:
        raise OAuthError("invalid_scope", str(error)) from error
    if not all_covered(registered, wanted):
        raise OAuthError(
            "invalid_scope", "The requested scope is invalid, unknown, or malformed."
        )
    return wanted


async def _authenticated(session: AsyncSession, client_id: str, secret: str) -> AppRow:
    row = await session.scalar(select(AppRow).where(AppRow.client_id == client_id))
    if row is None or not secrets.compare_digest(row.client_secret_hash, hash_token(secret)):
        raise OAuthError(
            "invalid_client",
            "Client authentication failed due to unknown client, no client authentication "
            "included, or unsupported authentication method.",
            status=401,
        )
    return row


async def _issue(
    session: AsyncSession,
    *,
    app_id: int,
    member_id: int | None,
    account_id: int | None,
    scopes: str,
    grant_id: int | None,
    now: datetime,
) -> IssuedToken:
    token = new_token()
    session.add(
        TokenRow(
            id=new_id(),
            hash=hash_token(token),
            app_id=app_id,
            member_id=member_id,
            account_id=account_id,
            grant_id=grant_id,
            scopes=scopes,
            created_at=now,
        )
    )
    await session.flush()
    return IssuedToken(token, scopes, now)


def _verified(challenge: str, verifier: str | None) -> bool:
    """Return whether the verifier is the challenge's (RFC 7636, 4.6; S256 only)."""
    if not verifier:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return secrets.compare_digest(made, challenge.encode())


def _website(text: str | None) -> str | None:
    address = (text or "").strip()
    return address if address.startswith(("https://", "http://")) else None


def _app(row: AppRow, secret: str = "") -> RegisteredApp:
    return RegisteredApp(
        row.id,
        row.client_id,
        row.name,
        row.website,
        tuple(row.redirect_uris),
        frozenset(row.scopes.split()),
        secret,
    )
