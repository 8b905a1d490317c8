"""Where posts of ours went: the hosts they were sent to, kept for a while."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class SentRow(Base):
    """An activity about a post of ours, and the hosts it was owed to.

    One row for each activity, not for each delivery: what still waits or was given up stands
    among the deliveries, and a host that is not there has taken it, but for those in `refused`.
    """

    __tablename__ = "sent"

    activity_id: Mapped[int] = mapped_column(primary_key=True)
    """Of an activity whose row is gone once the last delivery is done."""
    object_key: Mapped[str] = mapped_column(index=True)
    hosts: Mapped[list[str]]
    refused: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """By host: the HTTP status with which it wants no more, 0 where we sent nothing."""
    created_at: Mapped[datetime] = mapped_column(index=True)
