"""Letters, as each of those who write and get them has them; posts to come, and drafts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class LetterRow(Base):
    """That an account of this server wrote a direct post, or is addressed by it."""

    __tablename__ = "letter"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's form

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ConversationRow(Base):
    """How far a member has read the letters of a thread, or put them away."""

    __tablename__ = "conversation"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    thread_id: Mapped[int] = mapped_column(primary_key=True)
    read_up_to: Mapped[int] = mapped_column(default=0)
    """The id of the last letter that was read."""
    hidden_up_to: Mapped[int] = mapped_column(default=0)
    """The id of the last letter that was put away; a newer one brings the thread back."""


class ScheduledRow(Base):
    """A post that is to be published later."""

    __tablename__ = "scheduled_post"
    __table_args__ = (Index("ix_scheduled_post_account", "account_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    member_id: Mapped[int | None]
    """The person who wrote it."""
    draft: Mapped[dict[str, Any]]
    """`domain.posts.Draft` as JSON."""
    idempotency_key: Mapped[str | None]
    due_at: Mapped[datetime]
    refused: Mapped[str] = mapped_column(default="")
    """Why it could not be published when it was due; empty for one that waits."""
    created_at: Mapped[datetime]


class DraftRow(Base):
    """What a member began to write and keeps for themselves."""

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_account", "account_id", "updated_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    member_id: Mapped[int | None]
    """The person who wrote it."""
    words: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What was typed and chosen, by the names of the form's fields."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class DraftMediaRow(Base):
    """That an upload waits in a draft: it is kept as long as the draft is."""

    __tablename__ = "draft_media"

    draft_id: Mapped[int] = mapped_column(
        ForeignKey("draft.id", ondelete="CASCADE"), primary_key=True
    )
    media_id: Mapped[int] = mapped_column(
        ForeignKey("media.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)
