"""What staff tell everybody, and whom members recommend on their pages."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class AnnouncementRow(Base):
    """Something that staff tell everybody here."""

    __tablename__ = "announcement"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    content: Mapped[str]
    """Safe HTML."""
    starts_at: Mapped[datetime | None]
    """When what is announced begins, and below ends; afterwards nobody is told."""
    ends_at: Mapped[datetime | None]
    all_day: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[int | None]
    """The member; none for the command line."""
    published_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class AnnouncementReadRow(Base):
    """That an account has read an announcement."""

    __tablename__ = "announcement_read"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    announcement_id: Mapped[int] = mapped_column(
        ForeignKey("announcement.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class AnnouncementReactionRow(Base):
    """The emoji that an account gave an announcement."""

    __tablename__ = "announcement_reaction"

    announcement_id: Mapped[int] = mapped_column(
        ForeignKey("announcement.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]


class EndorsementRow(Base):
    """That a member recommends an account on their page."""

    __tablename__ = "endorsement"
    __table_args__ = (
        UniqueConstraint("account_id", "target_id"),
        Index("ix_endorsement_page", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    target_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
