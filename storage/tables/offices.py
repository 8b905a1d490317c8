"""Offices that members hold."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class OfficeRow(Base):
    """That a member holds, or held, an office. What is over stays."""

    __tablename__ = "office"
    __table_args__ = (
        Index(
            "uq_office_account_id",
            "account_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_office_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    """The member's own account."""
    title: Mapped[str]
    label: Mapped[str] = mapped_column(String(16))
    """`column` or `personal`."""
    since: Mapped[datetime]
    last_day: Mapped[date | None]
    """The last day of the term, if one was named."""
    given_by: Mapped[int | None]
    """The member who gave it; none for the command line."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
