"""Accounts to follow together, as somebody recommends them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class CollectionRow(Base):
    """A collection of accounts that somebody made, here or elsewhere."""

    __tablename__ = "collection"
    __table_args__ = (
        Index("ix_collection_account_id", "account_id", "id"),
        Index("ix_collection_url", "url"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    uri: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    tag: Mapped[str] = mapped_column(default="")
    """The hashtag that says what it is about, as it was written; empty for none."""
    language: Mapped[str | None] = mapped_column(String(35))
    sensitive: Mapped[bool] = mapped_column(default=False)
    discoverable: Mapped[bool] = mapped_column(default=True)
    """Shown on its maker's profile; otherwise to whoever has the address."""
    url: Mapped[str | None]
    """Its page on the server that it is of; none for those made here."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    """When it was last fetched from its server."""


class CollectionItemRow(Base):
    """That an account is in a collection, and what it says to that."""

    __tablename__ = "collection_item"
    __table_args__ = (
        UniqueConstraint("collection_id", "account_id"),
        Index("ix_collection_item_account_id", "account_id"),
        Index("ix_collection_item_request_uri", "request_uri"),
        Index("ix_collection_item_stamp_uri", "stamp_uri"),
        Index("ix_collection_item_checked_at", "checked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    uri: Mapped[str | None]
    """Its id as the server of the collection lists it; none while that does not."""
    request_uri: Mapped[str | None]
    """The id of the activity that asked, theirs or ours."""
    stamp_uri: Mapped[str | None]
    """The account's word that it may be there: a document on its own server."""
    checked_at: Mapped[datetime | None]
    """When a stamp of another server was last looked at."""
