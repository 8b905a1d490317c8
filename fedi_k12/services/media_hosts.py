"""Addresses of files by where they lie: what is on a suspended host is not even named here."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.urls import host_of
from fedi_k12.services.moderation import decisions_for


async def refused_among(session: AsyncSession, urls: Iterable[str]) -> set[str]:
    """Return which of these addresses lie on suspended hosts (FED-109), asked in one query."""
    places = {url: host for url in urls if (host := _host(url))}
    if not places:
        return set()
    found = await decisions_for(session, set(places.values()), mode="open")
    return {url for url, host in places.items() if not found[host].allowed}


def _host(url: str) -> str:
    try:
        return host_of(url)
    except InvalidError:
        return ""
