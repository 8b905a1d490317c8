"""By what people and apps come in: apps, tokens, sessions. Secrets are stored hashed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class AppRow(Base):
    """A client program that registered itself (RFC 6749, Mastodon's `POST /api/v1/apps`)."""

    __tablename__ = "app"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(unique=True)
    client_secret_hash: Mapped[str]
    name: Mapped[str]
    website: Mapped[str | None]
    redirect_uris: Mapped[list[str]] = mapped_column(default=list)
    scopes: Mapped[str] = mapped_column(default="read")
    created_at: Mapped[datetime]


class GrantRow(Base):
    """An authorization code: single-use, short-lived."""

    __tablename__ = "oauth_grant"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    app_id: Mapped[int] = mapped_column(ForeignKey("app.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    redirect_uri: Mapped[str]
    scopes: Mapped[str]
    code_challenge: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasswordLinkRow(Base):
    """That a member asked for a new password; one row for each, so one link at a time."""

    __tablename__ = "password_link"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    hash: Mapped[str | None] = mapped_column(unique=True)
    """Of the secret in the link, which is made as the letter is sent; empty until then."""
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class EmailLinkRow(Base):
    """That a member is to confirm an address; one row for each, so one link at a time."""

    __tablename__ = "email_link"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    email: Mapped[str]
    """The address that the letter goes to; the member's own only once it is confirmed."""
    hash: Mapped[str | None] = mapped_column(unique=True)
    """Of the secret in the link, which is made as the letter is sent; empty until then."""
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class TokenRow(Base):
    """An access token. Names the person and the account acted for; an app's own has neither."""

    __tablename__ = "token"
    __table_args__ = (Index("ix_token_member_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    app_id: Mapped[int] = mapped_column(ForeignKey("app.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    grant_id: Mapped[int | None]
    """The code it was got for: a code used twice takes its token along (RFC 6749 4.1.2)."""
    scopes: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class PushSubscriptionRow(Base):
    """Where an app that holds a token can be woken, and for what."""

    __tablename__ = "push_subscription"

    # Apps decode it as a number of 32 bits.
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    token_id: Mapped[int] = mapped_column(
        ForeignKey("token.id", ondelete="CASCADE"), unique=True
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    endpoint: Mapped[str]
    p256dh: Mapped[str]
    auth: Mapped[str]
    standard: Mapped[bool]
    """The app reads RFC 8291; the draft of 2017 otherwise."""
    policy: Mapped[str] = mapped_column(String(8))
    alerts: Mapped[dict[str, Any]]
    sealed_token: Mapped[bytes] = mapped_column(LargeBinary)
    """The token itself, which messages have to name, hidden by the server's push key."""
    created_at: Mapped[datetime]


class SessionRow(Base):
    """A browser that is signed in. Names the person and the account acted for."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_member_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    csrf: Mapped[str]
    client: Mapped[str] = mapped_column(default="")
    """The browser's name, so that its owner can tell sessions apart."""
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
