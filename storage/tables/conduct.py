"""How one writes for official accounts, version by version, and who accepted it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class GuideRow(Base):
    """A version of the guide of an official account. The newest counts.

    Whoever wrote it is no foreign key: the row outlives them.
    """

    __tablename__ = "conduct_guide"
    __table_args__ = (UniqueConstraint("account_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("official.account_id", ondelete="CASCADE")
    )
    version: Mapped[int]
    texts: Mapped[dict[str, Any]]
    """By language tag."""
    written_by: Mapped[int | None]
    """The member; none for the command line."""
    author: Mapped[str]
    """Their handle, as it was."""
    made_at: Mapped[datetime]


class GuideAcceptanceRow(Base):
    """That a person accepted a version of a guide. The person is no foreign key."""

    __tablename__ = "conduct_acceptance"
    __table_args__ = (UniqueConstraint("account_id", "member_id", "version", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("official.account_id", ondelete="CASCADE")
    )
    member_id: Mapped[int]
    handle: Mapped[str]
    """As it was."""
    version: Mapped[int]
    """0 for the guide of the place."""
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what was accepted, in hexadecimal."""
    at: Mapped[datetime]
