"""Pages: which one is asked for, and the Link header that leads to those beside it."""

from aiohttp import web
from yarl import URL

from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.params import Params


def page_request(params: Params, *, default: int = 20, most: int = 40) -> PageRequest:
    """Return which page is asked for; too large a limit is cut, never refused."""
    return PageRequest(
        limit=params.limit(default=default, most=most),
        max_id=params.cursor("max_id"),
        since_id=params.cursor("since_id"),
        min_id=params.cursor("min_id"),
    )


def link_header(request: web.Request, page: Page[object]) -> dict[str, str]:
    """Return the Link header of a page (RFC 8288): next is older, prev is newer.

    Other parameters are kept. An empty page leads nowhere, so that apps that go on until
    there is no next page stop.
    """
    if page.oldest is None or page.newest is None:
        return {}
    kept = [
        (name, value)
        for name, value in request.query.items()
        if name not in {"max_id", "since_id", "min_id", "access_token"}
    ]
    base = URL(request.app[CONTEXT].settings.base_url).with_path(request.path)
    older = base.with_query([*kept, ("max_id", str(page.oldest))])
    newer = base.with_query([*kept, ("min_id", str(page.newest))])
    # A comma in an address would end it for parsers that split at commas.
    links = [(older, "next"), (newer, "prev")]
    return {
        "Link": ", ".join(
            f'<{str(url).replace(",", "%2C")}>; rel="{name}"' for url, name in links
        )
    }
