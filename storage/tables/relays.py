"""Servers that pass public posts on to one another."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class RelayRow(Base):
    """A relay that this server takes part in, or asked to (FEP-ae0c)."""

    __tablename__ = "relay"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(unique=True)
    """What staff entered: an inbox (Mastodon's kind) or an actor (LitePub's kind)."""
    style: Mapped[str] = mapped_column(String(8))
    """`mastodon` or `litepub`."""
    inbox: Mapped[str]
    host: Mapped[str] = mapped_column(index=True)
    actor_uri: Mapped[str | None]
    """Who answered, or was asked."""
    state: Mapped[str] = mapped_column(String(8), default="pending")
    """`pending`, `accepted` or `rejected`."""
    follow_uri: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
