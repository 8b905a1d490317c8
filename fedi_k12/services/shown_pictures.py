"""Which pictures of other servers stand in texts here, so that we may serve them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from storage import pictures


class _Shown(Protocol):
    @property
    def pictures(self) -> tuple[str, ...]: ...
    @property
    def emojis(self) -> tuple[Mapping[str, str], ...]: ...
    @property
    def extra(self) -> Mapping[str, object] | None: ...
    @property
    def host(self) -> str: ...


async def remember_of(
    session: AsyncSession, received: Sequence[_Shown], *, now: datetime
) -> None:
    """Remember the pictures in the texts, the cards and the emojis of posts that came."""
    found: list[tuple[str, str, bool]] = []
    for post in received:
        found += [(url, post.host, False) for url in post.pictures]
        found += [(emoji["url"], post.host, True) for emoji in post.emojis]
        for name, place in (("cover", "url"), ("card", "image")):
            part = (post.extra or {}).get(name)
            url = part.get(place) if isinstance(part, dict) else None
            if isinstance(url, str):
                found.append((url, post.host, False))
    await pictures.remember(session, found, now=now)


async def remember_emojis(
    session: AsyncSession,
    shown: Iterable[tuple[str, Iterable[Mapping[str, str]]]],
    *,
    now: datetime,
) -> None:
    """Remember the emojis that names and words of accounts show, given with their hosts."""
    found = [(emoji["url"], host, True) for host, emojis in shown for emoji in emojis]
    await pictures.remember(session, found, now=now)
