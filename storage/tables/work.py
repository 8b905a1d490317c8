"""What is to be done, and what is known of the servers it is done with."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base

TODO, DOING, FAILED = 0, 1, 2
"""States of a job or delivery; one that is done is deleted."""


class JobRow(Base):
    """A job that waits, runs or has failed for good."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_due", "lane", "state", "due_at", "id"),
        Index(
            "ix_job_about",
            "about",
            "id",
            sqlite_where=text("about IS NOT NULL"),
            postgresql_where=text("about IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(String(8), default="default")
    """`inbox` for what arrives (taken in batches), `default` for the rest."""
    kind: Mapped[str] = mapped_column(String(48))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    """The job as JSON."""
    about: Mapped[str | None]
    """What it tells others of, where jobs about one thing must keep their order."""
    state: Mapped[int] = mapped_column(SmallInteger, default=TODO)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
    worker: Mapped[int | None] = mapped_column(Integer)
    """The number of the process that has taken it, where there are several."""
    dedupe_key: Mapped[str | None] = mapped_column(unique=True)
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]


class ActivityRow(Base):
    """The bytes of an activity that goes out, kept once for all its deliveries."""

    __tablename__ = "activity"

    id: Mapped[int] = mapped_column(primary_key=True)
    uri: Mapped[str] = mapped_column(index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    """Who sends, and with whose key it is signed."""
    key_id: Mapped[int | None]
    """The key that signs it first, where it is not the account's newest."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    object_key: Mapped[str]
    """Deliveries of one object to one inbox keep their order."""
    priority: Mapped[int] = mapped_column(SmallInteger, default=3)
    created_at: Mapped[datetime]


class DeliveryRow(Base):
    """One activity still owed to one inbox, or given up (`FAILED`)."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_due", "state", "priority", "due_at", "id"),
        Index("ix_delivery_order", "inbox", "object_key", "id"),
        Index("ix_delivery_host", "host", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(
        ForeignKey("activity.id", ondelete="CASCADE"), index=True
    )
    inbox: Mapped[str]
    host: Mapped[str]
    object_key: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger, default=3)
    """0 direct, 1 reply, 2 follow or accept, 3 post, 4 like, 5 delete."""
    state: Mapped[int] = mapped_column(SmallInteger, default=TODO)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
    worker: Mapped[int | None] = mapped_column(Integer)
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]


class HostRow(Base):
    """What experience taught about another server."""

    __tablename__ = "host"

    name: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]
    last_received_at: Mapped[datetime | None]
    last_delivered_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    """Failures in a row; any success, or anything verified from there, clears them."""
    failing_since: Mapped[datetime | None]
    failing_days: Mapped[int] = mapped_column(default=0)
    last_failing_day: Mapped[str | None] = mapped_column(String(10))
    retry_at: Mapped[datetime | None]
    """The circuit breaker: nothing is sent before."""
    unavailable_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    """Since when staff let nothing be sent there, until they say otherwise."""
    clock_skew: Mapped[int] = mapped_column(default=0)
    """Seconds their clock is ahead of ours."""
    capabilities: Mapped[dict[str, Any]] = mapped_column(default=dict)


class HostPolicyRow(Base):
    """What staff decided about a host and its subdomains."""

    __tablename__ = "host_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(unique=True)
    severity: Mapped[str] = mapped_column(String(8))
    """`allow`, `normal`, `limit` or `suspend`."""
    reject_media: Mapped[bool] = mapped_column(default=False)
    reject_reports: Mapped[bool] = mapped_column(default=False)
    no_followers_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    direction: Mapped[str] = mapped_column(String(4), default="both", server_default="both")
    obfuscate: Mapped[bool] = mapped_column(default=False)
    public_comment: Mapped[str] = mapped_column(default="")
    private_comment: Mapped[str] = mapped_column(default="")
    ground: Mapped[str] = mapped_column(String(24), default="", server_default="")
    """Which of `domain.forum.Ground` it is decided on; empty where none was asked for."""
    source: Mapped[str] = mapped_column(default="staff")
    created_by: Mapped[int | None]
    created_at: Mapped[datetime]


class SeenRow(Base):
    """An activity id that has been taken in: the second time it is not done again."""

    __tablename__ = "seen"
    __table_args__ = (Index("ix_seen_at", "at"), {"sqlite_with_rowid": False})

    uri: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str]
    at: Mapped[datetime]


class SiteRow(Base):
    """Something this server knows of itself: fixed names, a title, secrets it made."""

    __tablename__ = "site"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]


class RuleRow(Base):
    """A rule of this server."""

    __tablename__ = "rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int]
    text: Mapped[str]
    hint: Mapped[str] = mapped_column(default="")


class EmojiRow(Base):
    """A custom emoji, of this server (`domain` empty) or learnt from another."""

    __tablename__ = "emoji"
    __table_args__ = (Index("uq_emoji_shortcode_domain", "shortcode", "domain", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    shortcode: Mapped[str]
    domain: Mapped[str] = mapped_column(default="")
    uri: Mapped[str | None]
    file: Mapped[str | None]
    remote_url: Mapped[str | None]
    visible: Mapped[bool] = mapped_column(default=True)
    category: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime]
