"""What waits for a second person before an official account says it, step by step."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class SubmissionRow(Base):
    """Something that was sent for approval. It stays, however it ended.

    The people are no foreign keys: the row outlives them.
    """

    __tablename__ = "submission"
    __table_args__ = (
        CheckConstraint(
            "approved_by IS NULL OR approved_by <> author_member_id", name="two_people"
        ),
        CheckConstraint(
            "state NOT IN ('approved', 'published') OR approved_by IS NOT NULL",
            name="published_by_two",
        ),
        UniqueConstraint("account_id", "author_member_id", "idempotency_key"),
        Index("ix_submission_account_id_state", "account_id", "state"),
        Index("ix_submission_scheduled_id", "scheduled_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    author_member_id: Mapped[int]
    author: Mapped[str]
    """Their handle, as it was."""
    kind: Mapped[str] = mapped_column(String(16))
    """As `domain.submissions.Paper` names it."""
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    """`waiting`, `returned`, `approved`, `published` or `withdrawn`."""
    version: Mapped[int] = mapped_column(default=1)
    """One more with each correction: who approves says which one they read."""
    target_id: Mapped[int | None]
    """The post that is changed or passed on."""
    scheduled_id: Mapped[int | None]
    """The scheduled post that may be published once this is approved."""
    post_id: Mapped[int | None]
    """What came of it."""
    draft: Mapped[dict[str, Any] | None]
    """`domain.posts.Draft` as JSON; none for a boost."""
    detail: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str | None]
    approved_by: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SubmissionStepRow(Base):
    """What somebody did with something that waits, and how it read then."""

    __tablename__ = "submission_step"
    __table_args__ = (Index("ix_submission_step_submission_id", "submission_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    member_id: Mapped[int]
    handle: Mapped[str]
    did: Mapped[str] = mapped_column(String(16))
    """`sent`, `corrected`, `returned`, `approved` or `withdrawn`."""
    comment: Mapped[str] = mapped_column(default="")
    draft: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]


class PictureCheckRow(Base):
    """That somebody looked at the pictures of a post before it was published.

    Whom they are about in one word, and who looked; no name of anybody in them.
    """

    __tablename__ = "picture_check"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    focus: Mapped[str] = mapped_column(String(16))
    """`nobody`, `group` or `individual`."""
    member_id: Mapped[int]
    at: Mapped[datetime]
