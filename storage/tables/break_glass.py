"""What a manager published alone in an emergency, and who looked at it afterwards."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class BreakGlassRow(Base):
    """What an official account said, or says of itself, at once. The row outlives people."""

    __tablename__ = "break_glass"
    __table_args__ = (
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> member_id", name="two_people"),
        UniqueConstraint("post_id"),
        Index("ix_break_glass_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    post_id: Mapped[int | None]
    """None where it was the profile that changed."""
    member_id: Mapped[int]
    handle: Mapped[str]
    """Whoever published it, as they were called."""
    reason: Mapped[str]
    text: Mapped[str]
    """As it was written."""
    at: Mapped[datetime]
    reviewed_by: Mapped[int | None]
    reviewer: Mapped[str] = mapped_column(default="")
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str] = mapped_column(default="")
