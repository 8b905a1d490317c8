"""Pages that posts lead to."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class CardRow(Base):
    """A page that posts lead to, in short; fetched once for all of them."""

    __tablename__ = "card"

    url: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    state: Mapped[str] = mapped_column(String(8), default="due")
    """`due` until it was looked at, then `ready`, or `none` where there is nothing to show."""
    title: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    image: Mapped[str | None]
    """Its picture's address; it is served from here."""
    image_alt: Mapped[str] = mapped_column(default="")
    site: Mapped[str] = mapped_column(default="")
    author_name: Mapped[str] = mapped_column(default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    """The account that the page names as its author; shown while the account agrees."""
    language: Mapped[str | None] = mapped_column(String(35))
    fetched_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
