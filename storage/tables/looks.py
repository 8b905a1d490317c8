"""Who looked at what only a member and the staff may know of the member."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class LookRow(Base):
    """That somebody of the staff, or the operator, saw such data of a member on a day.

    Once for each day: how often a page was opened within it tells nobody anything.
    """

    __tablename__ = "look"
    __table_args__ = (UniqueConstraint("member_id", "day", "what", "by_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    day: Mapped[str] = mapped_column(String(10))
    """As in 2026-11-28 (UTC)."""
    what: Mapped[str] = mapped_column(String(8))
    """`account`, `posts` or `export`: a `Seen`."""
    by_key: Mapped[str] = mapped_column(String(24))
    """The id of the member who looked; empty for the command line."""
    by_name: Mapped[str]
    """The short name of who looked, as it was then."""
    at: Mapped[datetime]
