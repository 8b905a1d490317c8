"""Official accounts, and the people who act for them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class OfficialRow(Base):
    """That an account of this server speaks for a school, a team or the district.

    Nobody signs in to it.
    """

    __tablename__ = "official"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    """The member who made it official; none for the command line."""
    approval: Mapped[str] = mapped_column(String(16), default="all", server_default="all")
    """What needs a second person: `all`, `individuals`, `probationary` or `none`.

    As its newest charter says.
    """
    forum_mode: Mapped[str] = mapped_column(
        String(16), default="limited", server_default="limited"
    )
    """Whether answers of others are shown: `limited`, or `announcements`."""
    queue_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    """After so many an answer that waits for its words is shown by itself."""
    boosts_a_day: Mapped[int] = mapped_column(default=3, server_default="3")
    boosts_on: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """The day of the place on which it boosted last, as `2026-11-28`."""
    boosts: Mapped[int] = mapped_column(default=0, server_default="0")
    """So many went out on that day."""
    feeds_a_day: Mapped[int] = mapped_column(default=3, server_default="3")
    """So many posts a day come from its feeds."""
    fed_on: Mapped[str] = mapped_column(String(10), default="", server_default="")
    fed: Mapped[int] = mapped_column(default=0, server_default="0")


class DelegationRow(Base):
    """That a person acts, or acted, for an official account. What is over stays.

    The person is no foreign key: the row outlives them, which is what it is for.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        Index(
            "uq_delegation_account_id_member_id",
            "account_id",
            "member_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_delegation_member_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    member_id: Mapped[int]
    handle: Mapped[str]
    """The person's, as it was when they were delegated."""
    role: Mapped[str] = mapped_column(String(16))
    """`responder`, `author`, `approver` or `manager`."""
    probationary: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime]
    given_by: Mapped[int | None]
    """The member who delegated; none for the command line."""
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[int | None]
    pause_reason: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
