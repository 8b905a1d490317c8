"""Alerts in an emergency, what they are made of, and who may raise them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class AlertRaiserRow(Base):
    """That a member may raise alerts alone."""

    __tablename__ = "alert_raiser"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), primary_key=True
    )
    given_by: Mapped[int | None]
    """The member; none for the command line."""
    given_at: Mapped[datetime]


class AlertTemplateRow(Base):
    """What is told at a level, written by one person and approved by another.

    Whoever changes it writes a new one, which is approved anew. The people are no foreign
    keys: the row outlives them.
    """

    __tablename__ = "alert_template"
    __table_args__ = (
        CheckConstraint("approved_by IS NULL OR approved_by <> written_by", name="two_people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str] = mapped_column(String(16))
    name: Mapped[str]
    texts: Mapped[dict[str, Any]]
    """By language tag."""
    written_by: Mapped[int]
    written_at: Mapped[datetime]
    approved_by: Mapped[int | None]
    approved_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    replaces_id: Mapped[int | None]
    """The template that it is instead of, once it is approved."""


class AlertRow(Base):
    """An alert that was raised. An update follows one other, and nothing else follows it."""

    __tablename__ = "alert"
    __table_args__ = (
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> raised_by", name="two_people"),
        UniqueConstraint("follows_id"),
        Index("ix_alert_over_at", "over_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    chain_id: Mapped[int] = mapped_column(index=True)
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"))
    template_id: Mapped[int] = mapped_column(ForeignKey("alert_template.id"))
    level: Mapped[str] = mapped_column(String(16))
    drill: Mapped[bool]
    account_id: Mapped[int]
    """The official account that tells it."""
    area: Mapped[str]
    texts: Mapped[dict[str, Any]]
    """As it was told, by language tag."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    over_at: Mapped[datetime | None]
    post_id: Mapped[int]
    announcement_id: Mapped[int]
    raised_by: Mapped[int]
    raised_at: Mapped[datetime]
    reviewed_by: Mapped[int | None]
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str] = mapped_column(default="")
