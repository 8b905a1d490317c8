"""Fair moderation of what is said to official accounts: rules, and the public log."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class ForumRuleRow(Base):
    """A rule in this place's own words; it holds once a second person approved it."""

    __tablename__ = "forum_rule"
    __table_args__ = (
        CheckConstraint("approved_by IS NULL OR approved_by <> written_by", name="two_people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int | None] = mapped_column(unique=True)
    """Given when it is approved, and never again to another."""
    text: Mapped[str]
    written_by: Mapped[int]
    written_at: Mapped[datetime]
    approved_by: Mapped[int | None]
    approved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class PublicActRow(Base):
    """A line of the public log. It names no person: nobody could be found by it later."""

    __tablename__ = "public_act"
    __table_args__ = (Index("ix_public_act_case_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(32))
    category: Mapped[str] = mapped_column(String(16))
    name: Mapped[str]
    account: Mapped[str] = mapped_column(default="")
    rule_code: Mapped[str] = mapped_column(default="")
    rule_number: Mapped[int | None]
    rule: Mapped[str] = mapped_column(default="")
    until: Mapped[datetime | None]
    role: Mapped[str] = mapped_column(String(16))
    appeal: Mapped[str] = mapped_column(String(12), default="")
    case_id: Mapped[int | None]
    """What the line is about, so that the result of an appeal finds it."""


class LogKeyRow(Base):
    """The key of a year's pseudonyms; forgotten a year later, so that they lead nowhere."""

    __tablename__ = "log_key"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class HiddenAnswerRow(Base):
    """That an answer to an official account was hidden under a rule. It stays in any case.

    Posts and people are no foreign keys: the row outlives them.
    """

    __tablename__ = "hidden_answer"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> hidden_by", name="two_people"),
        CheckConstraint("(decision = '') = (decided_by IS NULL)", name="decided_by_somebody"),
        Index(
            "uq_hidden_answer_post_id",
            "post_id",
            unique=True,
            sqlite_where=text("shown_at IS NULL"),
            postgresql_where=text("shown_at IS NULL"),
        ),
        Index("ix_hidden_answer_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int]
    post_uri: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    author_id: Mapped[int]
    """The account that wrote it."""
    rule_code: Mapped[str]
    rule_number: Mapped[int]
    rule: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    """What its author is told besides the rule."""
    hidden_by: Mapped[int]
    """The member who hid it, whichever account they acted for."""
    hidden_at: Mapped[datetime]
    told: Mapped[str] = mapped_column(String(8), default="")
    """How its author was told: `notice`, `letter`, or empty for who could not be reached."""
    key_hash: Mapped[str | None] = mapped_column(String(64))
    """Of what lets an author of another server appeal, who cannot sign in here."""
    appealed_at: Mapped[datetime | None]
    appeal: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(String(12), default="")
    """Of the appeal: empty, `upheld` or `overturned`."""
    answer: Mapped[str] = mapped_column(default="")
    """What its author is told about the decision."""
    shown_at: Mapped[datetime | None]
    """When it was shown again."""


class ForumChangeRow(Base):
    """That another forum mode was asked for, and whether a second person approved it."""

    __tablename__ = "forum_change"
    __table_args__ = (
        CheckConstraint("approved_by IS NULL OR approved_by <> asked_by", name="two_people"),
        Index(
            "uq_forum_change_account_id",
            "account_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    mode: Mapped[str] = mapped_column(String(16))
    asked_by: Mapped[int]
    asked_at: Mapped[datetime]
    approved_by: Mapped[int | None]
    approved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was approved, withdrawn, or another was asked for."""
