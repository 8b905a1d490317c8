"""Events and who comes to them. The words of an event are those of its post."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class EventRow(Base):
    """What makes a post an event: `domain.events.EventDetails`, and how it is going."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_ends_at", "ends_at", "starts_at"),)

    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True
    )
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    show_end: Mapped[bool] = mapped_column(default=True)
    time_zone: Mapped[str] = mapped_column(default="")
    zone_assumed: Mapped[bool] = mapped_column(default=False)
    floating: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(16), default="scheduled")
    join_mode: Mapped[str] = mapped_column(String(16), default="free")
    join_url: Mapped[str] = mapped_column(default="")
    capacity: Mapped[int | None]
    waitlist: Mapped[bool] = mapped_column(default=False)
    places: Mapped[list[Any]] = mapped_column(default=list)
    online_urls: Mapped[list[str]] = mapped_column(default=list)
    website: Mapped[str] = mapped_column(default="")
    categories: Mapped[list[str]] = mapped_column(default=list)
    organizers: Mapped[list[str] | None]
    """None where they are withheld on purpose."""
    answerers: Mapped[list[str]] = mapped_column(default=list)
    remaining: Mapped[int | None]
    participants: Mapped[int | None]
    going_count: Mapped[int] = mapped_column(default=0)
    """How many have a place at an event of ours; changed only with the row locked."""
    sequence: Mapped[int] = mapped_column(default=0)
    """Grows with each change that guests are told of (iCalendar's SEQUENCE)."""
    remind: Mapped[bool] = mapped_column(default=False)
    reminded_at: Mapped[datetime | None]


class AttendanceRow(Base):
    """How it stands between an account and an event: `domain.events.Attending`."""

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("post_id", "account_id"),
        Index("ix_attendance_account_id", "account_id"),
        Index("ix_attendance_uri", "uri"),
        Index("ix_attendance_queue", "post_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(16))
    uri: Mapped[str | None]
    """The id of the activity that asked: a Join, or an Accept of the event itself."""
    asked_by: Mapped[str] = mapped_column(String(16), default="Join")
    """The type of that activity."""
    message: Mapped[str] = mapped_column(default="")
    """Plain text."""
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
