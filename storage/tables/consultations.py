"""Consultations of official accounts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class ConsultationRow(Base):
    """That an official account asks people, with the post that asks and the one that answers.

    Posts are no foreign keys: the row outlives them.
    """

    __tablename__ = "consultation"
    __table_args__ = (Index("ix_consultation_outcome_id", "outcome_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    post_id: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str]
    background: Mapped[str]
    """Markdown."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    outcome_id: Mapped[int | None]
    """The article of what was heard and decided."""
    closed_at: Mapped[datetime | None]
