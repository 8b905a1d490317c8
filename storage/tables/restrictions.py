"""Answers to official accounts that wait at the desk, and whose answers wait for a time."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class RestrictionRow(Base):
    """That a person's answers to an official account wait at its desk until a day.

    There is no column for anything but answers. Posts and people are no foreign keys: the row
    outlives them.
    """

    __tablename__ = "restriction"
    __table_args__ = (
        CheckConstraint("approved_by IS NULL OR approved_by <> asked_by", name="two_people"),
        CheckConstraint(
            "(approved_by IS NULL) = (ends_at IS NULL)", name="approved_before_it_holds"
        ),
        CheckConstraint(
            "decided_by IS NULL OR (decided_by <> asked_by AND decided_by <> approved_by)",
            name="another_decides",
        ),
        CheckConstraint("(decision = '') = (decided_by IS NULL)", name="decided_by_somebody"),
        Index(
            "uq_restriction_account_id_person_id",
            "account_id",
            "person_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    person_id: Mapped[int]
    """The account whose answers wait."""
    handle: Mapped[str]
    """Theirs, as it was."""
    post_id: Mapped[int]
    post_uri: Mapped[str]
    """The answer that led to it."""
    rule_code: Mapped[str]
    rule_number: Mapped[int]
    rule: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    """What the person is told besides the rule."""
    days: Mapped[int]
    asked_by: Mapped[int]
    asked_at: Mapped[datetime]
    approved_by: Mapped[int | None]
    began_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    told: Mapped[str] = mapped_column(String(8), default="")
    """How the person was told: `notice`, `letter`, or empty for who could not be reached."""
    key_hash: Mapped[str | None] = mapped_column(String(64))
    """Of what lets a person of another server appeal, who cannot sign in here."""
    appealed_at: Mapped[datetime | None]
    appeal: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(String(12), default="")
    """Of the appeal: empty, `upheld` or `overturned`."""
    answer: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str] = mapped_column(String(12), default="")
    """`time`, `lifted`, `appeal`, `refused` or `withdrawn`; empty while it waits or holds."""


class QueuedAnswerRow(Base):
    """That an answer to an official account waits at its desk before others see it.

    Nothing that waits is dropped: it is shown by somebody, or by itself at `until`.
    """

    __tablename__ = "queued_answer"
    __table_args__ = (
        Index("ix_queued_answer_account_id", "account_id", "ended_at", "queued_at"),
        Index("ix_queued_answer_restriction_id", "restriction_id"),
    )

    post_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    cause: Mapped[str] = mapped_column(String(12))
    """`restriction` or `filter`."""
    detail: Mapped[str] = mapped_column(default="")
    """The words that matched."""
    restriction_id: Mapped[int | None]
    queued_at: Mapped[datetime]
    until: Mapped[datetime]
    """When it is shown by itself."""
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(12), default="")
    """`shown`, `hidden` under a rule, `itself`, `ended` with its restriction, or `gone`."""
