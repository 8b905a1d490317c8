"""Who speaks (accounts), and who signs in (members)."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false, text, true
from sqlalchemy.orm import Mapped, mapped_column, validates

from fedi_k12.domain.search_query import name_key
from storage.tables.base import Base


class AccountRow(Base):
    """Somebody who speaks: a person, group, organization, service or server, here or elsewhere.

    `domain` is the host in the handle, empty for accounts of this server. `version` grows
    with every change that shows, so that rendered parts can be kept as long as it stands.
    """

    __tablename__ = "account"
    __table_args__ = (
        Index(
            "uq_account_local_username",
            "username_key",
            unique=True,
            sqlite_where=text("domain = ''"),
            postgresql_where=text("domain = ''"),
        ),
        Index(
            "ix_account_username_key_domain",
            "username_key",
            "domain",
            # By bytes: what begins alike stands together, which other orders do not promise.
            postgresql_ops={"username_key": "text_pattern_ops"},
        ),
        Index("ix_account_host", "host"),
        Index(
            "ix_account_indexable",
            "id",
            sqlite_where=text("indexable IS 1"),
            postgresql_where=text("indexable IS TRUE"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uri: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str | None]
    kind: Mapped[str] = mapped_column(default="Person")
    username: Mapped[str]
    username_key: Mapped[str]
    """The username in lower case: handles are found whatever their case."""
    domain: Mapped[str] = mapped_column(default="")
    host: Mapped[str] = mapped_column(default="")
    """The host of `uri`, empty for accounts of this server: what domain policy asks for."""
    handle_verified: Mapped[bool] = mapped_column(default=True)
    display_name: Mapped[str] = mapped_column(default="")
    name_key: Mapped[str] = mapped_column(default="", server_default="")
    """The display name as it is searched: kept by `_keep_name_key`, never written."""
    note: Mapped[str] = mapped_column(default="")
    """The self-description as safe HTML."""
    note_source: Mapped[str] = mapped_column(default="")
    """What the member wrote; empty for accounts of other servers."""
    fields: Mapped[list[Any]] = mapped_column(default=list)
    """[{"name": str, "value": safe HTML, "source": str, "verified_at": ISO date or null}]"""
    emojis: Mapped[list[Any]] = mapped_column(default=list)
    avatar_file: Mapped[str | None]
    avatar_remote_url: Mapped[str | None]
    avatar_alt: Mapped[str] = mapped_column(default="")
    header_file: Mapped[str | None]
    header_remote_url: Mapped[str | None]
    header_alt: Mapped[str] = mapped_column(default="")
    locked: Mapped[bool] = mapped_column(default=False)
    discoverable: Mapped[bool] = mapped_column(default=False)
    indexable: Mapped[bool] = mapped_column(default=False)
    searchable_by: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """Who finds its posts by their words: `public`, `followers`, `self`, or nothing said."""
    hide_collections: Mapped[bool] = mapped_column(default=True)
    """Show how many follow and are followed, but not who."""
    show_media: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Its page has a tab of pictures."""
    show_media_replies: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Pictures in replies are in that tab, too."""
    show_featured: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Its page shows whom and what it recommends."""
    memorial: Mapped[bool] = mapped_column(default=False)
    inbox: Mapped[str] = mapped_column(default="")
    shared_inbox: Mapped[str | None]
    outbox: Mapped[str | None]
    followers_uri: Mapped[str | None]
    following_uri: Mapped[str | None]
    featured_uri: Mapped[str | None]
    featured_tags_uri: Mapped[str | None]
    featured_collections_uri: Mapped[str | None]
    feature_policy: Mapped[dict[str, Any] | None]
    """Who may put it into collections, as its own server says; a `domain.approvals.Rule`."""
    also_known_as: Mapped[list[str]] = mapped_column(default=list)
    attribution_domains: Mapped[list[str]] = mapped_column(default=list)
    moved_to_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL")
    )
    """Where it went, once the other side confirms it."""
    moved_to_uri: Mapped[str | None]
    """Where its own document says that it went."""
    resembles_id: Mapped[int | None]
    """The official account of ours that this one of another server could be taken for."""
    label: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """What is said beside its name: `column`, `personal`, or nothing (`domain.offices.Label`).

    Kept by `services.offices`: whoever holds an office does not take it off.
    """
    office: Mapped[str] = mapped_column(default="", server_default="")
    """The office that its member holds."""
    moved_at: Mapped[datetime | None]
    """When it last moved: once a week at most."""
    followers_count: Mapped[int] = mapped_column(default=0)
    following_count: Mapped[int] = mapped_column(default=0)
    posts_count: Mapped[int] = mapped_column(default=0)
    last_post_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    """For accounts of other servers, the `updated` of their document."""
    fetched_at: Mapped[datetime | None]
    silenced_at: Mapped[datetime | None]
    silenced_with_host: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Silenced because its host is, and no longer than that."""
    sensitized_at: Mapped[datetime | None]
    """Since when all its pictures are shown only to those who ask for them."""
    suspended_at: Mapped[datetime | None]
    suspended_with_host: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Suspended because its host is, and no longer than that."""
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)

    @validates("display_name")
    def _keep_name_key(self, _name: str, display_name: str) -> str:
        self.name_key = name_key(display_name)
        return display_name

    @property
    def is_local(self) -> bool:
        """Whether the account lives on this server."""
        return not self.domain

    @property
    def acct(self) -> str:
        """The handle without its first @: `maya` here, `maya@lincoln.test` elsewhere."""
        return f"{self.username}@{self.domain}" if self.domain else self.username


class KeyRow(Base):
    """A key of an account: public for all, private for those of this server."""

    __tablename__ = "key"
    __table_args__ = (Index("ix_key_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    uri: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    """`rsa` or `ed25519`."""
    public_key: Mapped[str]
    """PEM (SubjectPublicKeyInfo)."""
    private_key: Mapped[str | None]
    """PEM (PKCS 8)."""
    asserts: Mapped[bool] = mapped_column(default=False)
    """Listed under `assertionMethod`: it may make proofs (FEP-521a)."""
    created_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]


class FacetRow(Base):
    """A school, a subject or a grade by which the directory finds an account of this server."""

    __tablename__ = "account_facet"
    __table_args__ = (Index("ix_account_facet_key", "kind", "key"),)

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    """`school`, `subject` or `grade`."""
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    """The word as it is compared (`domain.facets.key_of`)."""
    word: Mapped[str]


class MemberRow(Base):
    """A person who signs in here. What they say, they say through an account."""

    __tablename__ = "member"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    """The person's own account."""
    email: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    role: Mapped[str] = mapped_column(String(16), default="member")
    affiliation: Mapped[str] = mapped_column(String(16), default="staff")
    """`staff`, `family` or `neighbor`: what they said of themselves at sign-up."""
    locale: Mapped[str] = mapped_column(String(16), default="en")
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Keys of `domain.people.Preferences`; what is missing has its default."""
    invite_id: Mapped[int | None] = mapped_column(ForeignKey("invite.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    """Since when the address is known to be theirs; since sign-up where no mail is sent."""
    held_for_mail: Mapped[bool] = mapped_column(default=False)
    """Whether they come in only once they confirmed the address."""
    approved_at: Mapped[datetime | None]
    rules_accepted_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    staff_since: Mapped[datetime | None]
    """Since when those who run this place stand for it that they are staff; none: they do not.

    `affiliation` is what somebody says of themselves.
    """
    sign_up_reason: Mapped[str] = mapped_column(default="")
    """What they wrote to the moderators when they asked to join, until they are let in."""
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]


class InviteRow(Base):
    """A link by which people become members."""

    __tablename__ = "invite"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    created_by: Mapped[int | None]
    """The member who made it; none for one made on the command line."""
    role: Mapped[str] = mapped_column(String(16), default="member")
    note: Mapped[str] = mapped_column(default="")
    max_uses: Mapped[int | None]
    uses: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditRow(Base):
    """What staff, or the operator at the command line, did to whom."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_target", "target_kind", "target_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int | None]
    """The person; none for the command line."""
    account_id: Mapped[int | None]
    """The account the person acted for."""
    action: Mapped[str]
    target_kind: Mapped[str]
    target_id: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
