"""Official accounts that are a class of one school year."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class ClassroomRow(Base):
    """That an official account is a classroom, until the end of its school year."""

    __tablename__ = "classroom"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("official.account_id", ondelete="CASCADE"), primary_key=True
    )
    local_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    ends_on: Mapped[date]
    """The last day, by the clock of the place."""
    told_at: Mapped[datetime | None]
    """When everybody was told that it ends on that day."""
    archived_at: Mapped[datetime | None]
