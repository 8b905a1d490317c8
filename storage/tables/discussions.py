"""Discussions of official accounts, whose points come out by a clock."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class DiscussionRow(Base):
    """A discussion. Its posts and people are no foreign keys: the row outlives them."""

    __tablename__ = "discussion"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    member_id: Mapped[int]
    """Who planned it, and in whose hands its points come out."""
    post_id: Mapped[int] = mapped_column(unique=True)
    """The article that announces it."""
    title: Mapped[str]
    tag: Mapped[str]
    language: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When its transcript was made, or sent for approval."""
    transcript_id: Mapped[int | None]


class DiscussionPointRow(Base):
    """A point of a discussion."""

    __tablename__ = "discussion_point"

    discussion_id: Mapped[int] = mapped_column(
        ForeignKey("discussion.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    due_at: Mapped[datetime]
    post_id: Mapped[int | None]
    refused: Mapped[str] = mapped_column(default="")
    """Why it did not come out."""
