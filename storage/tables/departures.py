"""Members who leave the district."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class DepartureRow(Base):
    """That staff noted that a member leaves. It goes with the member."""

    __tablename__ = "departure"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), primary_key=True
    )
    noted_at: Mapped[datetime]
    noted_by: Mapped[int | None]
    """The member who noted it; none for the command line."""
    leaves_at: Mapped[datetime]
    """The end of the last day."""
    closes_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(default="")
    """The ground of a suspension, where it is sooner than members are promised."""
    told: Mapped[int] = mapped_column(default=0)
    """The last reminder that went out, as days before; 0 for none."""
    left_at: Mapped[datetime | None]
    """When what they could do here ended."""
