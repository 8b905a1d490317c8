"""What members choose for themselves: how they write and how they read."""

from typing import Literal

from msgspec import Struct

from fedi_k12.domain.posts import Visibility


class Preferences(Struct, frozen=True):
    """One member's choices; a missing one has its default."""

    default_visibility: Visibility = Visibility.UNLISTED
    """The design's default is the quiet one: public by choice, not by habit."""
    default_sensitive: bool = False
    default_quote_policy: Literal["public", "ask", "followers", "nobody"] = "followers"
    default_reply_policy: Literal["public", "ask", "followers", "nobody"] = "ask"
    """Who may quote and answer, unless a post says otherwise (`domain.approvals`)."""
    default_language: str | None = None
    theme: Literal["system", "light", "dark"] = "system"
    contrast: Literal["normal", "more", "less"] = "normal"
    text: Literal["normal", "large"] = "normal"
    reading: Literal["book", "plain"] = "book"
    time_zone: str = ""
    quiet_hours: bool = True
    """Leave apps asleep from `quiet_from` to `quiet_until`, and on weekends."""
    quiet_from: str = "18:00"
    quiet_until: str = "07:00"
    quiet_weekends: bool = True
    expand_media: Literal["default", "show_all", "hide_all"] = "default"
    send_blocks: bool = False
    """Let other servers know of one's blocks; usually whoever is blocked is told nothing."""
    meant_public: bool = False
    """Was asked once whether a public post is meant for everybody, and said so."""
    expand_notes: bool = False
    """Show posts with a content note opened."""
    show_counts: bool = False
    """Show on pages how many recommended, passed on, follow: they do not, unless asked to."""
    page_language: str = ""
    """In which language pages are said (BCP 47); empty for what the browser asks for."""
