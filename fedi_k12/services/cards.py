"""Cards under posts that lead to a page: which page, and what is known of it.

A page is fetched once for everybody, by us, a random while after a post from elsewhere came:
a thousand servers that get the same post do not ask at the same moment. Nothing is fetched for
what is not public: its address may be a secret.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.cards import PageHead, first_link, may_be_named
from fedi_k12.domain.jobs import FetchCard
from fedi_k12.domain.pictures import picture_path
from fedi_k12.domain.posts import Draft, LinkCard, Visibility
from fedi_k12.domain.urls import host_of
from storage import cards, jobs, pictures
from storage.tables import AccountRow, CardRow

STALE = timedelta(days=14)
MAX_DELAY = 60
"""Seconds (mastodon#4486)."""


class _Received(Protocol):
    @property
    def content(self) -> str: ...
    @property
    def visibility(self) -> Visibility: ...
    @property
    def media(self) -> Sequence[object]: ...
    @property
    def poll(self) -> object | None: ...
    @property
    def quote_of_uri(self) -> str | None: ...
    @property
    def extra(self) -> Mapping[str, object] | None: ...
    @property
    def fetched(self) -> bool: ...


async def attach_own(
    session: AsyncSession,
    post_id: int,
    draft: Draft,
    content: str,
    addresses: Addresses,
    *,
    now: datetime,
) -> None:
    """Let a post of ours lead to the first page in its words; it is looked at right away."""
    link = link_of(draft, content, addresses)
    await cards.lead_to(session, [(post_id, link)])
    await look_at(session, link, now=now)


def link_of(draft: Draft, content: str, addresses: Addresses) -> str | None:
    """Return the page that a post of ours leads to, None for none."""
    room = not draft.media_ids and draft.poll is None and not draft.title
    if not room or draft.visibility.breadth < Visibility.UNLISTED.breadth:
        return None
    return first_link(content, own_hosts=addresses.hosts)


async def look_at(session: AsyncSession, link: str | None, *, now: datetime) -> None:
    """Have the page that a post of ours leads to looked at, right away."""
    if link is not None:
        await _look(session, [link], at_once=True, now=now)


async def attach_received(
    session: AsyncSession, posts: Sequence[tuple[_Received, int]], *, now: datetime
) -> dict[int, str]:
    """Let posts from elsewhere lead to the first page in their words; return it by post.

    What was only fetched to fill a gap, and what has a card, a picture or a question of its
    own, leads to none.
    """
    links = {
        post_id: link
        for post, post_id in posts
        if post.visibility.breadth >= Visibility.UNLISTED.breadth
        and not (post.fetched or post.media or post.poll or post.quote_of_uri)
        and not (post.extra or {}).get("card")
        and (link := first_link(post.content, own_hosts=())) is not None
    }
    await cards.lead_to(session, list(links.items()))
    await _look(session, list(links.values()), at_once=False, now=now)
    return links


async def _look(
    session: AsyncSession, urls: Sequence[str], *, at_once: bool, now: datetime
) -> None:
    """Have pages looked at that are not known, or were looked at long ago."""
    wanted = [(url, host_of(url)) for url in urls]
    for url in await cards.expect(session, wanted, stale=now - STALE, now=now):
        wait = 0 if at_once else secrets.randbelow(MAX_DELAY + 1)
        due_at = now + timedelta(seconds=wait)
        await jobs.enqueue(session, FetchCard(url), now=now, due_at=due_at)


async def keep(
    session: AsyncSession,
    *,
    url: str,
    head: PageHead | None,
    author_id: int | None = None,
    now: datetime,
) -> None:
    """Keep what a page says of itself; None where there is nothing to show."""
    row = await session.get(CardRow, url)
    if row is None:
        return
    row.fetched_at = now
    row.state = "ready" if head is not None and head.title else "none"
    if head is not None:
        row.title, row.description, row.site = head.title, head.description, head.site
        row.image, row.image_alt, row.language = head.image, head.image_alt, head.language
        row.author_name, row.author_id = head.author, author_id
        if head.image:
            await pictures.remember(session, [(head.image, row.host, False)], now=now)
    await session.flush()
    await cards.shown_anew(session, url)


def view_of(row: CardRow, author: AccountRow | None, view: AccountView | None) -> LinkCard:
    """Return a card as it is shown: its author where page and account name each other."""
    agreed = (
        author is not None
        and author.suspended_at is None
        and may_be_named(row.host, author.attribution_domains)
    )
    return LinkCard(
        url=row.url,
        host=row.host.removeprefix("www."),
        title=row.title,
        description=row.description,
        image=picture_path(row.image) if row.image else "",
        author_name=view.name if agreed and view is not None else row.author_name,
        author_id=author.id if agreed and author is not None else None,
        author=view if agreed else None,
        site=row.site,
        language=row.language,
    )
