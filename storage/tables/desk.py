"""The response desk: what reached official accounts, and what became of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class CaseRow(Base):
    """What one account asks of an official account in one thread.

    People and posts are no foreign keys: the row outlives them.
    """

    __tablename__ = "desk_case"
    __table_args__ = (
        UniqueConstraint("account_id", "person_id", "thread_id"),
        Index("ix_desk_case_account_id_state", "account_id", "state", "waiting_since"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("official.account_id"))
    person_id: Mapped[int]
    """The account that asks."""
    handle: Mapped[str]
    """Theirs, as it was."""
    thread_id: Mapped[int]
    """The thread as it was when the first of it came."""
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    """`waiting`, `assigned`, `answered` or `closed`."""
    waiting_since: Mapped[datetime]
    assigned_to: Mapped[int | None]
    """The member."""
    assigned_handle: Mapped[str] = mapped_column(default="")
    answer_id: Mapped[int | None]
    """The post that answered it last."""
    answered_handle: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(16), default="")
    remark: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class CaseMessageRow(Base):
    """A post that belongs to a case."""

    __tablename__ = "desk_message"
    __table_args__ = (Index("ix_desk_message_post_id", "post_id"),)

    case_id: Mapped[int] = mapped_column(
        ForeignKey("desk_case.id", ondelete="CASCADE"), primary_key=True
    )
    post_id: Mapped[int] = mapped_column(primary_key=True)
    arrived_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    """When its author deleted it."""


class CaseStepRow(Base):
    """What became of a case."""

    __tablename__ = "desk_step"
    __table_args__ = (Index("ix_desk_step_case_id", "case_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id", ondelete="CASCADE"))
    did: Mapped[str] = mapped_column(String(16))
    handle: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
