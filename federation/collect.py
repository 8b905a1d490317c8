"""Read collections of other servers: lists that may be long, cyclic, endless or a lie.

One way in for replies, conversations, outboxes, pins, members: a collection is read page by
page from one server, every page once, up to caps of pages, items and seconds (FED-62). What it
lists is only a hint: whoever uses it fetches each thing from its own id.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from msgspec import Struct, field

from federation.fetch import fetch_list
from federation.vocab import values
from federation.vocab.values import Json
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError
from fedi_k12.domain.urls import same_origin
from fedi_k12.guard import FetchError

KINDS = frozenset(
    {"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}
)
MAX_EMPTY_PAGES = 5
"""So many pages in a row may hold nothing: some servers filter after they cut the pages."""


class Caps(Struct, frozen=True):
    """How much of a collection is read at most."""

    items: int = 500
    pages: int = 50
    seconds: float = 30.0


class Collected(Struct):
    """What was read of a collection."""

    document: Json
    """The collection itself, or what was embedded of it."""
    items: list[object] = field(default_factory=list)
    """Ids or objects, as they came, each id once. Nothing in them is proven."""
    fetches: int = 0
    whole: bool = False
    """Whether the end was reached, rather than a cap or a page that could not be had."""

    @property
    def ids(self) -> list[str]:
        """The ids of the items, in the collection's order."""
        return [found for item in self.items if (found := values.id_of(item))]

    @property
    def total(self) -> int | None:
        """How many items the collection says it has."""
        return values.whole(self.document.get("totalItems"))


async def read_collection(
    ctx: Context, collection: object, *, of: str, caps: Caps | None = None
) -> Collected:
    """Return what a collection lists: an id, or an object that its owner's document embeds.

    `of` is the id of the thing that names the collection; pages of another server than that
    one's are not read, as anybody could then be made to list, and us to ask, for anybody.
    Raises what the fetch of the collection itself raises; a page further on that cannot be had
    ends the reading, and what was read until then is returned.
    """
    reading = _Reading(ctx, of, caps or Caps())
    document = await reading.open(collection)
    collected = Collected(document)
    with suppress(TimeoutError):
        async with asyncio.timeout(reading.caps.seconds):
            collected.whole = await reading.walk(document, collected)
    collected.fetches = reading.fetches
    return collected


class _Reading:
    """One walk through a collection."""

    def __init__(self, ctx: Context, of: str, caps: Caps) -> None:
        self._ctx = ctx
        self._of = of
        self.caps = caps
        self.fetches = 0
        self._visited: set[str] = set()
        self._listed: set[str] = set()

    async def open(self, collection: object) -> Json:
        """Return the collection's document: as it was embedded, if that leads on."""
        if isinstance(collection, Mapping) and (
            _kind_is_list(collection)
            and {"first", "items", "orderedItems"} & set(collection)
            and self._is_theirs(values.id_of(collection) or self._of)
        ):
            self._visited.add(values.id_of(collection))
            return collection
        uri = values.id_of(collection)
        if not self._is_theirs(uri):
            raise FetchError(
                f"{uri[:200] or 'It'} is not a list of the server of {self._of}.",
                reason="origin",
                permanent=True,
            )
        return await self._fetch(uri)

    async def walk(self, document: Json, collected: Collected) -> bool:
        """Gather the items of all pages; return whether the end was reached."""
        page: Json | None = document
        empty = 0
        if not self._gather(document, collected):
            return False
        if "first" in document:
            page = await self._step(document.get("first"))
            if page is None:
                return False
        elif "next" not in document:
            return True
        while page is not None:
            before = len(collected.items)
            if page is not document and not self._gather(page, collected):
                return False
            empty = 0 if len(collected.items) > before else empty + 1
            if "next" not in page or page.get("next") is None:
                return True
            if empty >= MAX_EMPTY_PAGES:
                return False
            page = await self._step(page.get("next"))
        return False

    def _gather(self, page: Json, collected: Collected) -> bool:
        """Take the items of a page; return false where that is all we want."""
        for name in ("orderedItems", "items"):
            for item in values.items(page.get(name), limit=self.caps.items + 1):
                known = values.id_of(item)
                if known and known in self._listed:
                    continue
                if len(collected.items) >= self.caps.items:
                    return False
                self._listed.add(known)
                collected.items.append(item)
        return True

    async def _step(self, link: object) -> Json | None:
        """Return the page that a link leads to, or None where nothing more is to be had."""
        if isinstance(link, list):
            link = link[0] if link else None
        if isinstance(link, Mapping):
            uri = values.id_of(link)
            if (uri and (uri in self._visited or not self._is_theirs(uri))) or not (
                _kind_is_list(link)
            ):
                return None
            if {"items", "orderedItems", "next"} & set(link):
                self._visited.add(uri)
                return link
        else:
            uri = values.id_of(link)
        if not uri or uri in self._visited or not self._is_theirs(uri):
            return None
        if self.fetches >= self.caps.pages:
            return None
        try:
            return await self._fetch(uri)
        except DomainError:
            return None

    async def _fetch(self, uri: str) -> Json:
        self._visited.add(uri)
        self.fetches += 1
        fetched = await fetch_list(self._ctx, uri)
        if not _kind_is_list(fetched.document):
            raise FetchError(f"{uri} is no collection.", reason="form", permanent=True)
        self._visited.add(fetched.id)
        return fetched.document

    def _is_theirs(self, uri: str) -> bool:
        return bool(uri) and same_origin(uri, self._of)


def _kind_is_list(document: Json) -> bool:
    return bool(KINDS & set(values.types(document)))
