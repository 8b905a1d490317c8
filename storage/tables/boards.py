"""Boards, councils and committees whose members must not meet by answering one another."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class BoardRow(Base):
    """A public body, and who keeps its minutes."""

    __tablename__ = "board"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    clerk_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    """The account that is told where members meet in a thread."""
    warns: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]


class BoardMemberRow(Base):
    """That an account's owner sits on a board."""

    __tablename__ = "board_member"
    __table_args__ = (Index("ix_board_member_account_id", "account_id"),)

    board_id: Mapped[int] = mapped_column(
        ForeignKey("board.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
