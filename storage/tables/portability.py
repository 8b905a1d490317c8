"""What members bring along from elsewhere, line by line, until it is done."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class ImportRow(Base):
    """A file that a member wants taken over."""

    __tablename__ = "import"
    __table_args__ = (Index("ix_import_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    overwrite: Mapped[bool] = mapped_column(default=False)
    """What is not in the file ends."""
    state: Mapped[str] = mapped_column(String(16), default="new")
    """`new` until the member has seen what it does; then `running`, `done`, `stopped`."""
    file_name: Mapped[str] = mapped_column(default="")
    piece: Mapped[int] = mapped_column(default=0)
    """How many pieces were done: a job that comes twice is known by its number."""
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ImportLineRow(Base):
    """One thing to do for an import."""

    __tablename__ = "import_line"
    __table_args__ = (Index("ix_import_line_import_id", "import_id", "state", "host"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import.id", ondelete="CASCADE"))
    action: Mapped[str] = mapped_column(String(8))
    """`add`, or `remove` for what is not in the file."""
    host: Mapped[str]
    """The server that may have to be asked, so that none is asked too often."""
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The other fields of `domain.portability.Entry`; `cells` of a row nobody understood."""
    state: Mapped[str] = mapped_column(String(8), default="todo")
    """`todo`, `done` or `failed`."""
    reason: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
