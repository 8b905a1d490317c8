"""Accounts to follow together, as somebody recommends them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class CollectionRow(Base):
    """A collection of accounts that a member made."""

    __tablename__ = "collection"
    __table_args__ = (Index("ix_collection_account_id", "account_id", "id"),)

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
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CollectionItemRow(Base):
    """That an account is in a collection, and what it says to that."""

    __tablename__ = "collection_item"
    __table_args__ = (
        UniqueConstraint("collection_id", "account_id"),
        Index("ix_collection_item_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
