"""How much an official account talks, and how much it answers (S-18)."""

from datetime import datetime, timedelta

from msgspec import Struct

WINDOW = timedelta(days=30)


class Balance(Struct, frozen=True):
    """What an official account said and was asked in `WINDOW`, in figures of its own alone."""

    since: datetime
    until: datetime
    own_posts: int
    """Posts that answer nobody, and what goes on with them."""
    boosts: int
    replies_to_staff: int
    """Answers to staff of this server and to its official accounts."""
    replies_to_families: int
    """Answers to everybody else, here and elsewhere."""
    asked: int
    """Cases of the response desk that came."""
    unanswered: int
    """Of these, those that wait for an answer now."""

    @property
    def replies(self) -> int:
        """All answers."""
        return self.replies_to_staff + self.replies_to_families

    @property
    def said(self) -> int:
        """All that it published."""
        return self.own_posts + self.boosts + self.replies

    @property
    def per_hundred(self) -> int | None:
        """Of a hundred things it published, so many were answers; None for silence."""
        return round(100 * self.replies / self.said) if self.said else None
