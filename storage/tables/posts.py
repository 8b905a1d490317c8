"""What is said: posts and their parts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class PostRow(Base):
    """A post, or a boost of one (`boost_of_id`).

    `visibility` is who may see it: `public`, `unlisted`, `followers`, `direct`. A
    `local_only` post never leaves this server. `version` grows with every change that shows,
    counts too. Deleted posts are gone; `TombstoneRow` remembers their ids.
    """

    __tablename__ = "post"
    __table_args__ = (
        Index("ix_post_account", "account_id", "id"),
        Index(
            "ix_post_reply",
            "in_reply_to_id",
            sqlite_where=text("in_reply_to_id IS NOT NULL"),
            postgresql_where=text("in_reply_to_id IS NOT NULL"),
        ),
        Index("ix_post_thread", "thread_id", "id"),
        Index(
            "ix_post_boost",
            "boost_of_id",
            sqlite_where=text("boost_of_id IS NOT NULL"),
            postgresql_where=text("boost_of_id IS NOT NULL"),
        ),
        Index(
            "uq_post_boost",
            "account_id",
            "boost_of_id",
            unique=True,
            sqlite_where=text("boost_of_id IS NOT NULL"),
            postgresql_where=text("boost_of_id IS NOT NULL"),
        ),
        Index(
            "ix_post_public",
            "id",
            sqlite_where=text("visibility = 'public' AND boost_of_id IS NULL"),
            postgresql_where=text("visibility = 'public' AND boost_of_id IS NULL"),
        ),
        Index(
            "ix_post_public_local",
            # The same in each entry: so SQLite sees how much better it is than the index above.
            "local",
            "id",
            sqlite_where=text("visibility = 'public' AND boost_of_id IS NULL AND local IS 1"),
            postgresql_where=text(
                "visibility = 'public' AND boost_of_id IS NULL AND local IS TRUE"
            ),
        ),
        # Of the few answers whose question is not here: counted as one among all posts, nothing
        # would be looked for by an index that nearly always says NULL.
        Index(
            "ix_post_missing_parent",
            "in_reply_to_uri",
            sqlite_where=text("in_reply_to_uri IS NOT NULL"),
            postgresql_where=text("in_reply_to_uri IS NOT NULL"),
        ),
        Index(
            "ix_post_group",
            "group_id",
            "id",
            sqlite_where=text("group_id IS NOT NULL"),
            postgresql_where=text("group_id IS NOT NULL"),
        ),
        Index(
            "ix_post_quote",
            "quote_of_id",
            sqlite_where=text("quote_of_id IS NOT NULL"),
            postgresql_where=text("quote_of_id IS NOT NULL"),
        ),
        Index(
            "ix_post_card_url",
            "card_url",
            sqlite_where=text("card_url IS NOT NULL"),
            postgresql_where=text("card_url IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uri: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str | None]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    local: Mapped[bool]
    kind: Mapped[str] = mapped_column(String(16), default="Note")
    visibility: Mapped[str] = mapped_column(String(16))
    local_only: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str] = mapped_column(default="")
    content: Mapped[str] = mapped_column(default="")
    """Safe HTML."""
    content_map: Mapped[dict[str, Any] | None]
    """Safe HTML by language, where the post was written in several."""
    source: Mapped[str | None]
    """What the member wrote; none for posts from elsewhere."""
    source_type: Mapped[str] = mapped_column(String(32), default="text/plain")
    summary: Mapped[str] = mapped_column(default="")
    """The content note (or an article's abstract) as plain text."""
    sensitive: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None] = mapped_column(String(35))
    in_reply_to_id: Mapped[int | None] = mapped_column(
        ForeignKey("post.id", ondelete="SET NULL")
    )
    in_reply_to_account_id: Mapped[int | None]
    in_reply_to_uri: Mapped[str | None]
    """Set while the post that it answers is not known here, or was deleted."""
    thread_id: Mapped[int]
    """The id of the thread's first post known here; its own for a first post."""
    context_uri: Mapped[str | None]
    """The `context` (FEP-7888) it came with: what it is only its own server can say."""
    conversation: Mapped[str | None]
    """The `conversation` it came with: a word of older servers, passed on as it is."""
    card_url: Mapped[str | None]
    """The page that it leads to (`CardRow`)."""
    searchable_by: Mapped[str | None] = mapped_column(String(16))
    """Who finds it by its words, as its own document says; None for as its author wishes."""
    boost_of_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    quote_of_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="SET NULL"))
    quote_of_uri: Mapped[str | None]
    """The id of what it quotes; stays when that is not known here, or gone."""
    quote_state: Mapped[str | None] = mapped_column(String(16))
    """How far the quote has come with the author of what is quoted (`domain.approvals`)."""
    reply_state: Mapped[str | None] = mapped_column(String(16))
    """`pending` or `rejected` for an answer that its addressee has not let in; `queued`."""
    waits_at: Mapped[int | None]
    """The official account at whose desk a `queued` answer waits, however deep it stands."""
    group_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    """The group that it was posted to, or stands in as an answer."""
    removed_at: Mapped[datetime | None]
    """When moderators of its group took it away: since then its author alone sees it."""
    hidden: Mapped[dict[str, Any] | None]
    """Under which rule it is hidden as an answer to an official account: number, words, own."""
    application_id: Mapped[int | None] = mapped_column(
        ForeignKey("app.id", ondelete="SET NULL")
    )
    author_member_id: Mapped[int | None]
    """The person who wrote it, also where the account is an official one."""
    posted_by: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """What posted it where nobody pressed a button then (`domain.feeds.PostedBy`)."""
    emojis: Mapped[list[Any]] = mapped_column(default=list)
    interaction_policy: Mapped[dict[str, Any] | None]
    extra: Mapped[dict[str, Any] | None]
    """What kinds other than notes carry: an event's times, an article's cover."""
    created_at: Mapped[datetime]
    """When its author published it."""
    received_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    pinned_at: Mapped[datetime | None]
    replies_count: Mapped[int] = mapped_column(default=0)
    boosts_count: Mapped[int] = mapped_column(default=0)
    favourites_count: Mapped[int] = mapped_column(default=0)
    quotes_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)


class PostEditRow(Base):
    """How a post read before an edit."""

    __tablename__ = "post_edit"
    __table_args__ = (Index("ix_post_edit_post_id", "post_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    member_id: Mapped[int | None]
    content: Mapped[str]
    source: Mapped[str | None]
    summary: Mapped[str]
    sensitive: Mapped[bool]
    media: Mapped[list[Any]] = mapped_column(default=list)
    poll_options: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    """When it began to read so."""


class TombstoneRow(Base):
    """The id of something deleted: answered 410 if ours, refused if it comes again."""

    __tablename__ = "tombstone"

    uri: Mapped[str] = mapped_column(primary_key=True)
    account_uri: Mapped[str]
    former_type: Mapped[str] = mapped_column(String(32))
    deleted_at: Mapped[datetime]
    local: Mapped[bool] = mapped_column(default=False)
    """Ours stay for good; others' are forgotten after a day (federation: delete first)."""
    visibility: Mapped[str] = mapped_column(String(16), default="public")
    """A deleted direct letter must not be told from one that never was."""


class MentionRow(Base):
    """That a post names an account."""

    __tablename__ = "mention"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)
    silent: Mapped[bool] = mapped_column(default=False)
    hidden: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Addressed without being named in the text: may see it, is not told of it."""


class TagRow(Base):
    """A hashtag; `name` is its key (NFKC, casefolded), `display` as first written."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    display: Mapped[str]
    plain: Mapped[str] = mapped_column(default="", server_default="", index=True)
    """The name without accents."""
    created_at: Mapped[datetime]


class PostTagRow(Base):
    """That a post carries a hashtag."""

    __tablename__ = "post_tag"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's form

    tag_id: Mapped[int] = mapped_column(
        ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True
    )
    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class MediaRow(Base):
    """A picture, film or sound: uploaded here (`file`) or named by another server."""

    __tablename__ = "media"
    __table_args__ = (
        Index("ix_media_post_id", "post_id", "position"),
        Index(
            "ix_media_loose",
            "created_at",
            sqlite_where=text("post_id IS NULL"),
            postgresql_where=text("post_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="SET NULL"))
    scheduled_id: Mapped[int | None]
    submission_id: Mapped[int | None]
    """What waits for a second person and is to carry it."""
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(8))
    """`image`, `gifv`, `video`, `audio` or `unknown`."""
    state: Mapped[str] = mapped_column(String(16), default="ready")
    """`ready`, `processing` or `failed`."""
    mime_type: Mapped[str] = mapped_column(default="")
    file: Mapped[str | None]
    """The key under which the blob store keeps it: a content hash with an ending."""
    preview_file: Mapped[str | None]
    remote_url: Mapped[str | None]
    preview_remote_url: Mapped[str | None]
    alt: Mapped[str] = mapped_column(default="")
    credit: Mapped[str] = mapped_column(default="")
    license_url: Mapped[str | None]
    blurhash: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    preview_width: Mapped[int | None]
    preview_height: Mapped[int | None]
    focus_x: Mapped[float] = mapped_column(default=0.0)
    focus_y: Mapped[float] = mapped_column(default=0.0)
    duration: Mapped[float | None]
    details: Mapped[dict[str, Any] | None]
    """What is said of a film or sound besides: `frame_rate`, `bitrate`, `audio_encode` …"""
    size: Mapped[int] = mapped_column(default=0)
    """Bytes."""
    raw_file: Mapped[str | None]
    """The upload as it came, until it is made safe. Nobody is handed that."""
    failure: Mapped[str] = mapped_column(default="", server_default="")
    """Why it was refused, for who sent it."""
    captions_file: Mapped[str | None]
    """What is said in a film, as WebVTT."""
    captions_language: Mapped[str | None]
    created_at: Mapped[datetime]


class PollRow(Base):
    """The question a post asks; its options are `PollOptionRow`s."""

    __tablename__ = "poll"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), unique=True)
    multiple: Mapped[bool] = mapped_column(default=False)
    hide_totals: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    voters_count: Mapped[int | None]
    fetched_at: Mapped[datetime | None]
    results_due: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Somebody voted since the results were last sent; a job will send them."""
    results_at: Mapped[datetime | None]
    """When the results were last sent."""
    ended_at: Mapped[datetime | None]
    """When its author and those who voted were told that it is closed."""
    crowd_host: Mapped[str | None]
    """The one other server that most of many votes came from."""


class PollOptionRow(Base):
    """One answer of a poll."""

    __tablename__ = "poll_option"

    poll_id: Mapped[int] = mapped_column(
        ForeignKey("poll.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    votes_count: Mapped[int] = mapped_column(default=0)


class PollVoteRow(Base):
    """One account's choice of one answer."""

    __tablename__ = "poll_vote"

    poll_id: Mapped[int] = mapped_column(
        ForeignKey("poll.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    uri: Mapped[str | None]
    created_at: Mapped[datetime]


class HomeEntryRow(Base):
    """That a post stands in somebody's home timeline; written when the post is."""

    __tablename__ = "home_entry"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's form

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class IdempotencyRow(Base):
    """Which post an app's Idempotency-Key made, so that a retry makes no second one."""

    __tablename__ = "idempotency"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    post_id: Mapped[int]
    created_at: Mapped[datetime]
