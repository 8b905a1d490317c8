"""Groups, here and elsewhere: what they want, who looks after them, what was decided."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class GroupRow(Base):
    """What an account of the kind `Group` is besides: how it is joined and looked after."""

    __tablename__ = "group_profile"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    rules: Mapped[str] = mapped_column(default="")
    """Plain text, one rule a line."""
    restricted: Mapped[bool] = mapped_column(default=False)
    """Only moderators begin posts; everybody may answer."""
    private: Mapped[bool] = mapped_column(default=False)
    """Only members read it, and it never leaves this server."""
    moderators_uri: Mapped[str | None]
    """The list of moderators, for groups elsewhere."""
    moderators_at: Mapped[datetime | None]
    """When that list was last fetched."""


class GroupModeratorRow(Base):
    """That an account looks after a group; `account_uri` counts, known here or not."""

    __tablename__ = "group_moderator"

    group_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    account_uri: Mapped[str] = mapped_column(primary_key=True, index=True)
    created_at: Mapped[datetime]


class GroupBanRow(Base):
    """That an account may not take part in a group, for a time or for good."""

    __tablename__ = "group_ban"

    group_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    reason: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class GroupPostRow(Base):
    """What moderators decided about a post in their group."""

    __tablename__ = "group_post"
    __table_args__ = (Index("ix_group_post_group_id", "group_id"),)

    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True
    )
    group_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    pinned_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    """Since when nobody answers below it any more."""


class GroupLogRow(Base):
    """What a moderator of a group did, and why: kept for the others who look after it."""

    __tablename__ = "group_log"
    __table_args__ = (Index("ix_group_log_group_id", "group_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    moderator_uri: Mapped[str]
    action: Mapped[str] = mapped_column(String(16))
    """A value of `domain.groups.Act`."""
    target_uri: Mapped[str]
    """The post or account that it was done to."""
    words: Mapped[str] = mapped_column(default="")
    """How the post began, or who the account is, as it was then."""
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
