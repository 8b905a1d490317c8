"""What families ask to be taken down, and what became of it."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class TakeDownRow(Base):
    """That somebody without an account asks that a post or a picture be taken down.

    Nobody's name is asked for, and no child's. Posts and people are no foreign keys: the row
    outlives them.
    """

    __tablename__ = "take_down"
    __table_args__ = (Index("ix_take_down_state", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    """What lets whoever asked see how it stands."""
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """Until when it is to be hidden, or decided."""
    place: Mapped[str]
    """The address that was given, as it was typed."""
    who: Mapped[str] = mapped_column(String(16))
    """`parent`, `self` or `other`."""
    words: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    """Erased once the answer was sent."""
    locale: Mapped[str] = mapped_column(String(8))
    post_id: Mapped[int | None]
    post_uri: Mapped[str] = mapped_column(default="")
    author_id: Mapped[int | None]
    held_at: Mapped[datetime | None]
    """Since when the post is hidden; none while it is not."""
    hides: Mapped[bool] = mapped_column(default=False)
    """Whether the post is hidden by this case, not by another or by its group."""
    state: Mapped[str] = mapped_column(String(8), default="open")
    """`open`, `removed` or `kept`."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None]
    answer: Mapped[str] = mapped_column(default="")
    told: Mapped[bool] = mapped_column(default=False)
    """Whether other servers had it and are asked to delete it."""
    asked: Mapped[int | None]
    """So many servers were asked, once the log of deliveries is forgotten."""
    confirmed: Mapped[int | None]
