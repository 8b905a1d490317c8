"""The digest of each day, and the posts that may stand in it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class DigestRow(Base):
    """What happened on a day, told by an official account. The people are no foreign keys."""

    __tablename__ = "digest"
    __table_args__ = (
        CheckConstraint("approved_by IS NULL OR approved_by <> edited_by", name="two_people"),
        CheckConstraint("state <> 'out' OR approved_by IS NOT NULL", name="published_by_two"),
        UniqueConstraint("account_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    day: Mapped[str] = mapped_column(String(10), index=True)
    """The day that it tells of, by the clock of the place, as `2026-11-28`."""
    state: Mapped[str] = mapped_column(String(8))
    """`empty`, `open`, `waiting` or `out`."""
    version: Mapped[int] = mapped_column(default=1)
    """One more each time it is sent for approval."""
    gathered_at: Mapped[datetime]
    edited_by: Mapped[int | None]
    editor: Mapped[str] = mapped_column(default="")
    comment: Mapped[str] = mapped_column(default="")
    approved_by: Mapped[int | None]
    published_at: Mapped[datetime | None]
    article_id: Mapped[int | None]
    note_id: Mapped[int | None]


class DigestItemRow(Base):
    """A post that was gathered: what it said is a copy, and goes when the post does."""

    __tablename__ = "digest_item"
    __table_args__ = (
        UniqueConstraint("digest_id", "post_id"),
        Index("ix_digest_item_post_id", "post_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digest.id", ondelete="CASCADE"))
    post_id: Mapped[int]
    account_id: Mapped[int]
    handle: Mapped[str]
    name: Mapped[str]
    url: Mapped[str]
    said: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    """By which it is found: those of its name, of what was said, and of the line."""
    line: Mapped[str] = mapped_column(default="")
    position: Mapped[int]
    included: Mapped[bool]
    at: Mapped[datetime]
    """When it was posted."""
    media_id: Mapped[int | None]
    """The copy of its picture, in the article."""
    withdrawn_at: Mapped[datetime | None]
