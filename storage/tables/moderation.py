"""What moderators decide and have to decide: reports, severed follows, first contacts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class SeveranceRow(Base):
    """A suspension that ended follows; the follows are kept, so that it can be undone."""

    __tablename__ = "severance"
    __table_args__ = (Index("ix_severance_target", "kind", "target"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    """`host` or `account`: what was suspended."""
    target: Mapped[str]
    """The domain, or the id of the account."""
    name: Mapped[str]
    """What people read: the domain, or the handle."""
    follows: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class SeveredFollowRow(Base):
    """A follow as it was when a suspension ended it."""

    __tablename__ = "severed_follow"
    __table_args__ = (
        Index("ix_severed_follow_local", "local_account_id", "severance_id"),
        Index("ix_severed_follow_severance_id", "severance_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    severance_id: Mapped[int] = mapped_column(ForeignKey("severance.id", ondelete="CASCADE"))
    follower_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    target_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    local_account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    """The side of the two that lives here."""
    follower_local: Mapped[bool]
    uri: Mapped[str | None]
    accepted: Mapped[bool]
    show_boosts: Mapped[bool]
    notify: Mapped[bool]
    languages: Mapped[list[str] | None]
    followed_at: Mapped[datetime]
    restored_at: Mapped[datetime | None]


class ReportRow(Base):
    """That somebody, here or elsewhere, asks the moderators to look at an account."""

    __tablename__ = "report"
    __table_args__ = (
        Index("ix_report_open", "resolved_at", "id"),
        Index("ix_report_target", "target_id"),
        Index("ix_report_account", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    """Who reports; for a report from elsewhere, the account whose server sent it."""
    target_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    host: Mapped[str] = mapped_column(default="")
    """The server a report came from, empty for one of ours."""
    uri: Mapped[str | None] = mapped_column(index=True)
    """The id of the Flag: the one we were sent, or send."""
    post_ids: Mapped[list[Any]] = mapped_column(default=list)
    collection_ids: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    context_uris: Mapped[list[str]] = mapped_column(default=list)
    """What a Flag names besides: posts of others, or ones that are not here."""
    comment: Mapped[str] = mapped_column(default="")
    category: Mapped[str] = mapped_column(String(16), default="other")
    rule_ids: Mapped[list[Any]] = mapped_column(default=list)
    forward: Mapped[bool] = mapped_column(default=False)
    """The reporter asked that the other server be told."""
    forwarded_at: Mapped[datetime | None]
    assigned_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL")
    )
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime]


class ReportNoteRow(Base):
    """What a moderator noted about a report, for the other moderators."""

    __tablename__ = "report_note"
    __table_args__ = (Index("ix_report_note_report_id", "report_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL")
    )
    text: Mapped[str]
    created_at: Mapped[datetime]


class FirstContactRow(Base):
    """A registrable domain that spoke to us for the first time, and what was decided."""

    __tablename__ = "first_contact"
    __table_args__ = (Index("ix_first_contact_state", "state"),)

    domain: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(8))
    """`held`, `accepted` or `rejected`."""
    why: Mapped[str] = mapped_column(default="")
    left_out: Mapped[int] = mapped_column(default=0)
    """Letters beyond what is kept of a domain that waits."""
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class HeldRow(Base):
    """A letter of a domain that waits for a moderator: nothing of it is shown."""

    __tablename__ = "held"
    __table_args__ = (Index("ix_held_domain", "domain", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str]
    actor_uri: Mapped[str]
    kind: Mapped[str] = mapped_column(String(32))
    summary: Mapped[str] = mapped_column(default="")
    """The beginning of what it says, as plain words, for the moderator."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class RemoteFileRow(Base):
    """A file made of another server's: it can be made again, so it may be forgotten."""

    __tablename__ = "remote_file"
    __table_args__ = (Index("ix_remote_file_used_at", "used_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(index=True)
    size: Mapped[int]
    used_at: Mapped[datetime]
    created_at: Mapped[datetime]


class QuarantineRow(Base):
    """A file of another server that a check stopped: kept from everybody, for the staff."""

    __tablename__ = "quarantine"
    __table_args__ = (Index("ix_quarantine_url", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    host: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL")
    )
    sha256: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str]
    size: Mapped[int]
    held: Mapped[bool] = mapped_column(default=False)
    """Whether the bytes lie in the quarantine folder (legal hold)."""
    created_at: Mapped[datetime]


class EmailDomainBlockRow(Base):
    """A domain of e-mail addresses that nobody becomes a member with."""

    __tablename__ = "email_domain_block"

    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class IpBlockRow(Base):
    """A network from which one cannot become a member, or not come in at all."""

    __tablename__ = "ip_block"

    id: Mapped[int] = mapped_column(primary_key=True)
    network: Mapped[str] = mapped_column(unique=True)
    """In CIDR notation, its host bits zero."""
    severity: Mapped[str] = mapped_column(String(32))
    """`sign_up_requires_approval`, `sign_up_block` or `no_access`."""
    comment: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
