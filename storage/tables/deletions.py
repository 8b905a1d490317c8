"""What official accounts deleted, and how many servers were asked to delete it, too."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class DeletionRow(Base):
    """A post of an official account that was deleted. The report outlives the delivery log."""

    __tablename__ = "deletion"
    __table_args__ = (Index("ix_deletion_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    """The post's."""
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    uri: Mapped[str]
    said: Mapped[str]
    """How it began, as plain words: for the team to know it by."""
    published_at: Mapped[datetime]
    deleted_at: Mapped[datetime]
    by: Mapped[str]
    """The handle of who deleted it, as it was."""
    told: Mapped[bool]
    """Whether other servers knew of it; else nobody had to be asked."""
    asked_at: Mapped[datetime | None]
    """When the request was made for each server; none while that is still to come."""
    asked: Mapped[int | None]
    """So many servers were asked, once that is final; until then the delivery log says it."""
    confirmed: Mapped[int | None]
