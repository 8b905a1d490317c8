"""Whom a member wants to be told of, and who waits to be let through."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class NotificationPolicyRow(Base):
    """What becomes of notices from strangers; a member without a row has the defaults."""

    __tablename__ = "notification_policy"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    for_not_following: Mapped[str] = mapped_column(String(8))
    """`accept`, `filter` or `drop`, as the others."""
    for_not_followers: Mapped[str] = mapped_column(String(8))
    for_new_accounts: Mapped[str] = mapped_column(String(8))
    for_private_mentions: Mapped[str] = mapped_column(String(8))
    for_limited_accounts: Mapped[str] = mapped_column(String(8))


class NotificationRequestRow(Base):
    """That notices from an account were set aside, and wait for the member's word."""

    __tablename__ = "notification_request"
    __table_args__ = (
        UniqueConstraint("account_id", "from_id"),
        Index("ix_notification_request_page", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    from_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    last_post_id: Mapped[int | None] = mapped_column(
        ForeignKey("post.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class NotificationPermissionRow(Base):
    """That a member let an account through, whatever the policy says."""

    __tablename__ = "notification_permission"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    from_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime]
