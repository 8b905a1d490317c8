"""Jobs that wake apps later than at once."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class SendSummary:
    """Wake an app once, after quiet hours, for all that its member was told of meanwhile."""

    lane: ClassVar[str] = "push"
    subscription_id: int
    first_id: int
    """The first notification that was kept back."""
