"""What official accounts said on X and Facebook, out of the archives of those."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class PastArchiveRow(Base):
    """An archive that somebody brought. The person is no foreign key: the row outlives them."""

    __tablename__ = "past_archive"
    __table_args__ = (Index("ix_past_archive_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("official.account_id", ondelete="CASCADE")
    )
    source: Mapped[str] = mapped_column(String(8))
    """`x` or `facebook`."""
    owner: Mapped[str] = mapped_column(default="")
    """Whose archive of X it says it is."""
    file_name: Mapped[str] = mapped_column(default="")
    file: Mapped[str] = mapped_column(default="")
    """Where its file lies until it has ended: a name in the folder of archives."""
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(8), default="new")
    """`new` until somebody has seen what is in it; then `running`, `done`, `stopped`."""
    total: Mapped[int]
    """Posts in it that can be taken."""
    done: Mapped[int] = mapped_column(default=0)
    """How many of them were looked at, in their order: where to go on."""
    taken: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How many were not taken, by `domain.archives.Left`."""
    first_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    member_id: Mapped[int | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class PastPostRow(Base):
    """What an account said once elsewhere: read here, never sent anywhere, never changed."""

    __tablename__ = "past_post"
    __table_args__ = (
        UniqueConstraint("account_id", "source", "key"),
        Index("ix_past_post_account_id_at", "account_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("official.account_id", ondelete="CASCADE")
    )
    archive_id: Mapped[int] = mapped_column(ForeignKey("past_archive.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    """When it was said."""
    text: Mapped[str]
    words: Mapped[str]
    """Its words as they are compared, each after a blank."""
    hidden_at: Mapped[datetime | None]
    """Since when it is no longer shown; the records keep it."""


class PastPictureRow(Base):
    """A picture of such a post, made safe."""

    __tablename__ = "past_picture"
    __table_args__ = (Index("ix_past_picture_post_id", "post_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("past_post.id", ondelete="CASCADE"))
    position: Mapped[int]
    file: Mapped[str] = mapped_column(index=True)
    preview_file: Mapped[str] = mapped_column(index=True)
    width: Mapped[int]
    height: Mapped[int]
    preview_width: Mapped[int]
    preview_height: Mapped[int]
    alt: Mapped[str] = mapped_column(default="")
