"""What must happen later because of alerts: see `domain.jobs`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndAlert:
    """End an alert whose time is over."""

    alert_id: int


@dataclass(frozen=True, slots=True)
class RenderAlerts:
    """Write the files that are shown also where the store does not answer."""
