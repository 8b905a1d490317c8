"""Hashtags that the district owns: their actors, who looks after them, what was taken off."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class OwnedTagRow(Base):
    """That a hashtag is the district's, and the account that passes on what is said with it."""

    __tablename__ = "owned_tag"

    tag_id: Mapped[int] = mapped_column(
        ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), unique=True
    )
    description: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    """The member who made it the district's; none for the command line."""
    ended_at: Mapped[datetime | None]
    """Since when it is no longer the district's: its account stays and says nothing."""


class TagStewardRow(Base):
    """That a person looks after a hashtag of the district."""

    __tablename__ = "tag_steward"
    __table_args__ = (Index("ix_tag_steward_account_id", "account_id"),)

    tag_id: Mapped[int] = mapped_column(
        ForeignKey("owned_tag.tag_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


class TagRemovalRow(Base):
    """That a post was taken off the page of a hashtag, and under which rule."""

    __tablename__ = "tag_removal"
    __table_args__ = (Index("ix_tag_removal_post_id", "post_id"),)

    tag_id: Mapped[int] = mapped_column(
        ForeignKey("owned_tag.tag_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    rule_code: Mapped[str] = mapped_column(String(32))
    rule_number: Mapped[int]
    rule: Mapped[str]
    """The rule in words, as it was then."""
    at: Mapped[datetime]
    by: Mapped[int | None]
    """The member who did it."""
