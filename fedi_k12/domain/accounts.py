"""An account as it is shown."""

from datetime import date, datetime

from msgspec import Struct

from fedi_k12.domain.approvals import Rule, Verdict


class ProfileField(Struct, frozen=True):
    """A line of the table on a profile; `value` is safe HTML."""

    name: str
    value: str
    source: str = ""
    verified_at: str | None = None


class EmojiView(Struct, frozen=True):
    """A custom emoji that stands in a text as `:shortcode:`; `url` is one of ours."""

    shortcode: str
    url: str


class AccountView(Struct, frozen=True):
    """An account, here or elsewhere, as anybody may see it."""

    id: int
    uri: str
    url: str
    """The page that people open: on its own server."""
    kind: str
    username: str
    domain: str
    """Empty for accounts of this server."""
    display_name: str
    note: str
    """Safe HTML."""
    created_at: datetime
    note_source: str = ""
    fields: tuple[ProfileField, ...] = ()
    emojis: tuple[EmojiView, ...] = ()
    avatar_alt: str = ""
    has_avatar: bool = False
    header_alt: str = ""
    has_header: bool = False
    locked: bool = False
    discoverable: bool = False
    indexable: bool = False
    searchable_by: str = ""
    hide_collections: bool = True
    show_media: bool = True
    show_media_replies: bool = True
    show_featured: bool = True
    memorial: bool = False
    suspended: bool = False
    limited: bool = False
    sensitized: bool = False
    """Its pictures are shown to those only who ask for them: moderators decided so."""
    handle_verified: bool = True
    moved_to: "AccountView | None" = None
    resembles: "AccountView | None" = None
    """The official account of here that one of another server could be taken for."""
    followers_count: int = 0
    following_count: int = 0
    posts_count: int = 0
    last_post_on: date | None = None
    version: int = 0
    official: bool = False
    """It speaks for a school, a team or the district: made so by an administrator of here."""
    automatic: bool = False
    """It has feeds, and says nothing besides what comes from them."""
    label: str = ""
    """What stands beside its name, as a sentence: a column, or an official's personal account.

    Whoever holds an office, or acts for an official account, does not take it off.
    """
    column: bool = False
    """It is the column of who holds an office."""
    added: tuple[ProfileField, ...] = ()
    """What this place says of it, after its own lines; nobody takes that away from it."""
    featuring: Rule | None = None
    """Who may put it into collections; None where it says nothing of that."""
    featured_by_viewer: Verdict | None = None
    """Whether whoever looks may; None where nobody looks, or it says nothing of that."""

    @property
    def acct(self) -> str:
        """The handle without its first @: `maya` here, `maya@lincoln.test` elsewhere."""
        return f"{self.username}@{self.domain}" if self.domain else self.username

    @property
    def name(self) -> str:
        """The display name, or the username of an account that has none."""
        return self.display_name or self.username

    @property
    def is_local(self) -> bool:
        """Whether the account lives on this server."""
        return not self.domain

    @property
    def is_bot(self) -> bool:
        """Whether a program speaks."""
        return self.automatic or self.kind in {"Service", "Application"}

    @property
    def is_group(self) -> bool:
        """Whether it is a group."""
        return self.kind == "Group"


class Relationship(Struct, frozen=True):
    """What two accounts are to each other, seen from the first."""

    target_id: int
    following: bool = False
    requested: bool = False
    showing_boosts: bool = False
    notifying: bool = False
    languages: tuple[str, ...] | None = None
    followed_by: bool = False
    requested_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    muting_expires_at: datetime | None = None
    domain_blocking: bool = False
    endorsed: bool = False
    note: str = ""
