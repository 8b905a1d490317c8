"""Fair moderation of what is said to official accounts: rules, and the public log."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, String
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
