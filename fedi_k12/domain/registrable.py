"""The registrable domain of a host: what one pays for, whatever stands before it (FED-107)."""

from functools import cache, lru_cache
from typing import Any

from fedi_k12.domain.hosts import lineage


@lru_cache(maxsize=8192)
def registrable(host: str) -> str:
    """Return the domain that somebody registered to have this host, or the host itself.

    From the public suffix list that comes with its package: nothing is fetched.
    """
    name = lineage(host)[0]
    if name.startswith("[") or name.replace(".", "").isdigit():
        return name
    return str(_list().privatesuffix(name) or name)


def is_public_suffix(domain: str) -> bool:
    """Return whether others register their domains under this one (`org`, `k12.or.us`)."""
    return bool(_list().publicsuffix(domain) == domain)


@cache
def _list() -> Any:
    # Reading the list takes a fifth of a second: most commands have no need of it.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
