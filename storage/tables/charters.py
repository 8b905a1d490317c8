"""What official accounts are for, version by version."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class CharterRow(Base):
    """A version of the charter of an official account: `domain.charters`. The newest counts.

    Whoever wrote it is no foreign key: the row outlives them.
    """

    __tablename__ = "charter"
    __table_args__ = (UniqueConstraint("account_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("official.account_id", ondelete="CASCADE")
    )
    version: Mapped[int]
    goal: Mapped[str]
    audience: Mapped[str]
    speakers: Mapped[str]
    answered: Mapped[str]
    hours: Mapped[list[Any]]
    """For each day, Monday first: `["08:00", "15:30"]`, or null."""
    time_zone: Mapped[str] = mapped_column(String(64))
    forum: Mapped[str] = mapped_column(String(16))
    """`announcements` or `limited`."""
    approval: Mapped[str] = mapped_column(String(16))
    records_class: Mapped[str]
    languages: Mapped[list[str]]
    direct_messages: Mapped[bool]
    own_threads: Mapped[bool] = mapped_column(default=False, server_default=false())
    review_by: Mapped[date]
    """The last day on which it holds."""
    written_by: Mapped[int | None]
    """The member; none for the command line."""
    author: Mapped[str]
    """Their handle, as it was."""
    made_at: Mapped[datetime]
