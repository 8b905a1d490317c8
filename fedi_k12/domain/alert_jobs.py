"""What must happen later because of alerts: see `domain.jobs`."""

from msgspec import Struct


class EndAlert(Struct, frozen=True):
    """End an alert whose time is over."""

    alert_id: int


class RenderAlerts(Struct, frozen=True):
    """Write the files that are shown also where the store does not answer."""
