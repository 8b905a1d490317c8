"""What accounts are to one another and to posts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class FollowRow(Base):
    """A follow or, while `accepted` is false, a request to follow."""

    __tablename__ = "follow"
    __table_args__ = (
        UniqueConstraint("follower_id", "target_id"),
        Index("ix_follow_target", "target_id", "accepted", "follower_local"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    follower_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    target_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    follower_local: Mapped[bool]
    uri: Mapped[str | None] = mapped_column(index=True)
    """The id of the Follow activity."""
    asked_by: Mapped[str] = mapped_column(String(8), default="Follow", server_default="Follow")
    """The type of that activity: groups may be joined with a Join, too."""
    accepted: Mapped[bool] = mapped_column(default=False)
    show_boosts: Mapped[bool] = mapped_column(default=True)
    notify: Mapped[bool] = mapped_column(default=False)
    languages: Mapped[list[str] | None]
    created_at: Mapped[datetime]


class BlockRow(Base):
    """That an account wants nothing to do with another."""

    __tablename__ = "block"
    __table_args__ = (UniqueConstraint("account_id", "target_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    target_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    uri: Mapped[str | None]
    created_at: Mapped[datetime]


class MuteRow(Base):
    """That an account does not want to read another."""

    __tablename__ = "mute"
    __table_args__ = (UniqueConstraint("account_id", "target_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    target_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    notifications: Mapped[bool] = mapped_column(default=True)
    """Notifications of theirs are hidden too."""
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class DomainMuteRow(Base):
    """A whole host that an account wants nothing from (the API calls it a domain block)."""

    __tablename__ = "domain_mute"
    __table_args__ = (UniqueConstraint("account_id", "domain"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    domain: Mapped[str]
    created_at: Mapped[datetime]


class ThreadMuteRow(Base):
    """A thread that an account no longer wants to hear of."""

    __tablename__ = "thread_mute"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    thread_id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class AccountNoteRow(Base):
    """What an account noted for itself about another."""

    __tablename__ = "account_note"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    target_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    comment: Mapped[str]


class FavouriteRow(Base):
    """A Like."""

    __tablename__ = "favourite"
    __table_args__ = (UniqueConstraint("account_id", "post_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    uri: Mapped[str | None] = mapped_column(index=True)
    by_emoji: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Given with an emoji, and gone when the last one of the account is taken back."""
    created_at: Mapped[datetime]


class EmojiReactionRow(Base):
    """An emoji that an account gave a post (FEP-c0e0). Each also counts as a favourite."""

    __tablename__ = "emoji_reaction"
    __table_args__ = (UniqueConstraint("account_id", "post_id", "emoji"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    emoji: Mapped[str]
    """The character, or the shortcode of a custom one, with `@host` where it is another's."""
    url: Mapped[str | None]
    """The picture of a custom one: a path of ours, or another server's address."""
    uri: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[datetime]


class BookmarkRow(Base):
    """A post kept for later; nobody else knows."""

    __tablename__ = "bookmark"
    __table_args__ = (UniqueConstraint("account_id", "post_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    note: Mapped[str] = mapped_column(default="", server_default="")
    tags: Mapped[str] = mapped_column(default="", server_default="")
    """As those of a link."""
    created_at: Mapped[datetime]


class LinkRow(Base):
    """A page of the web that an account keeps, for nobody else."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("account_id", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    url: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    tags: Mapped[str] = mapped_column(default="")
    """Each between spaces, as ` clay kiln `: one is found by what stands in it."""
    created_at: Mapped[datetime]
    """When it was kept, here or where it was brought from."""


class FollowedTagRow(Base):
    """A hashtag whose public posts an account wants at home."""

    __tablename__ = "followed_tag"
    __table_args__ = (UniqueConstraint("account_id", "tag_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]


class ListRow(Base):
    """A member's own list of accounts."""

    __tablename__ = "list"
    __table_args__ = (Index("ix_list_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    title: Mapped[str]
    replies_policy: Mapped[str] = mapped_column(String(16), default="list")
    exclusive: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class ListMemberRow(Base):
    """That an account is on a list."""

    __tablename__ = "list_member"
    __table_args__ = (UniqueConstraint("list_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("list.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )


class FilterRow(Base):
    """Words or posts that a member wants hidden or warned of."""

    __tablename__ = "filter"
    __table_args__ = (Index("ix_filter_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    title: Mapped[str]
    contexts: Mapped[list[str]] = mapped_column(default=list)
    action: Mapped[str] = mapped_column(String(8), default="warn")
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class FilterKeywordRow(Base):
    """A word of a filter."""

    __tablename__ = "filter_keyword"
    __table_args__ = (Index("ix_filter_keyword_filter_id", "filter_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    filter_id: Mapped[int] = mapped_column(ForeignKey("filter.id", ondelete="CASCADE"))
    keyword: Mapped[str]
    whole_word: Mapped[bool] = mapped_column(default=True)


class FilterPostRow(Base):
    """A post of a filter."""

    __tablename__ = "filter_post"
    __table_args__ = (UniqueConstraint("filter_id", "post_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    filter_id: Mapped[int] = mapped_column(ForeignKey("filter.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)


class NotificationRow(Base):
    """Something an account is told of."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_account", "account_id", "id"),
        UniqueConstraint("account_id", "kind", "from_id", "post_id"),
        Index("ix_notification_post_id", "post_id"),
        Index("ix_notification_group", "account_id", "group_key", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(24))
    """As in Mastodon's API: mention, status, reblog, follow, follow_request, favourite, …"""
    from_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    group_key: Mapped[str | None]
    filtered: Mapped[bool] = mapped_column(default=False)
    detail: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class MarkerRow(Base):
    """How far a member has read a timeline."""

    __tablename__ = "marker"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    timeline: Mapped[str] = mapped_column(String(16), primary_key=True)
    last_read_id: Mapped[int]
    version: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]
