"""Other servers' pictures that stand in texts here."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class PictureRow(Base):
    """A picture of another server that a text, a link card or an emoji shows.

    Only what stands here is ever fetched: the address that serves it is no open door.
    """

    __tablename__ = "picture"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Made of the address (`fedi_k12.domain.pictures`)."""
    url: Mapped[str]
    host: Mapped[str] = mapped_column(index=True)
    """The server whose post or account shows it: what staff decided about it holds."""
    small: Mapped[bool] = mapped_column(default=False)
    """An emoji: kept small, and still."""
    file: Mapped[str | None]
    size: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
