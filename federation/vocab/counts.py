"""Read what a post's own server counts: likes, shares, replies."""

from collections.abc import Mapping

from federation.vocab import values
from federation.vocab.values import Json
from fedi_k12.domain.threads import OriginCounts


def counts_in(document: Json) -> OriginCounts:
    """Return what a post's document says of its likes, shares and replies."""

    def total(name: str) -> int | None:
        found = document.get(name)
        return values.whole(found.get("totalItems")) if isinstance(found, Mapping) else None

    return OriginCounts(total("likes"), total("shares"), total("replies"))
