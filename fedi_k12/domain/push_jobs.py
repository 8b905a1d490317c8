"""Jobs that wake apps later than at once."""

from typing import ClassVar

from msgspec import Struct


class SendSummary(Struct, frozen=True):
    """Wake an app once, after quiet hours, for all that its member was told of meanwhile."""

    lane: ClassVar[str] = "push"
    subscription_id: int
    first_id: int
    """The first notification that was kept back."""
