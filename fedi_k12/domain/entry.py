"""From where, and with what address, one does not become a member or does not come in."""

from collections.abc import Iterable
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError

Network = IPv4Network | IPv6Network
NetworkSeverity = Literal["sign_up_requires_approval", "sign_up_block", "no_access"]
NETWORK_SEVERITIES: tuple[NetworkSeverity, ...] = (
    "sign_up_requires_approval",
    "sign_up_block",
    "no_access",
)
"""As https://docs.joinmastodon.org/entities/Admin_IpBlock/#severity names them."""
WIDEST_V4, WIDEST_V6 = 8, 16
"""A wider network would shut out half the world, and who decides with it."""


class EmailDomainBlock(Struct, frozen=True):
    """A domain of e-mail addresses, with all below it, that nobody signs up with."""

    id: int
    domain: str
    created_at: datetime


class NetworkBlock(Struct, frozen=True):
    """What was decided about a network."""

    id: int
    network: str
    severity: str
    comment: str
    created_at: datetime
    expires_at: datetime | None


def read_network(text: str) -> Network:
    """Return an address or a network in CIDR notation; host bits are dropped."""
    try:
        found = ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise InvalidError(
            "Validation failed: Ip is not a valid IP address or network",
            fields={"ip": "is not an address such as 192.0.2.7 or 192.0.2.0/24"},
        ) from error
    if isinstance(found, IPv6Network) and found.network_address.ipv4_mapped:
        # What a machine calls ::ffff:192.0.2.7 is 192.0.2.7.
        inner = found.network_address.ipv4_mapped
        found = ip_network(f"{inner}/{max(0, found.prefixlen - 96)}", strict=False)
    widest = WIDEST_V4 if found.version == 4 else WIDEST_V6  # noqa: PLR2004 - IP's versions
    if found.prefixlen < widest:
        raise InvalidError(
            f"Validation failed: Ip is too wide (at most /{widest})",
            fields={"ip": f"is too wide: at most /{widest}"},
        )
    return found


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, or None for what is none."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def lies_in(address: str, networks: Iterable[Network]) -> bool:
    """Return whether an address is of one of these networks."""
    found = read_address(address)
    return found is not None and any(found in network for network in networks)


def email_domains_asked(email: str) -> list[str]:
    """Return every domain that a rule about this address could be about."""
    labels = email.rpartition("@")[2].lower().split(".")
    return [".".join(labels[at:]) for at in range(len(labels))]
