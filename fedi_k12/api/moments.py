"""Times as apps read them."""

from datetime import UTC, datetime


def moment(at: datetime) -> str:
    """Return a time as strict apps need it: three decimals and Z."""
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
