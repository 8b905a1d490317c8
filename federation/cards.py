"""Job: look at a page that a post leads to, for its card."""

import json
from contextlib import suppress
from http import HTTPStatus

from msgspec.structs import replace

from federation.policy import demand_all
from federation.resolve import resolve_account
from fedi_k12.context import Context
from fedi_k12.domain.cards import MAX_HEAD, PageHead, read_head, read_oembed
from fedi_k12.domain.errors import DomainError
from fedi_k12.domain.jobs import FetchCard
from fedi_k12.guard import Answer
from fedi_k12.services import cards

MAX_PAGE, MAX_OEMBED = 2_097_152, 65_536
SECONDS = 15.0
_HTML = ("text/html", "application/xhtml+xml")


async def fetch_card(ctx: Context, job: FetchCard) -> None:
    """Job: fetch a page and keep what it says of itself. What fails is left for two weeks."""
    head, author_id = None, None
    with suppress(DomainError):
        head = await _head(ctx, job.url)
    if head is not None and head.creator:
        with suppress(DomainError, TimeoutError):
            author_id = await resolve_account(ctx, head.creator.removeprefix("acct:"))
    await ctx.write(cards.keep, url=job.url, head=head, author_id=author_id, now=ctx.clock())


async def _head(ctx: Context, url: str) -> PageHead | None:
    await demand_all(ctx, url)
    answer = await ctx.http.get(
        url,
        headers={"Accept": "text/html, application/xhtml+xml"},
        max_bytes=MAX_PAGE,
        total=SECONDS,
    )
    if answer.status != HTTPStatus.OK or not answer.content_type.startswith(_HTML):
        return None
    head = read_head(_text(answer), base=answer.url)
    if head.oembed and not (head.title and head.image):
        head = await _with_oembed(ctx, head)
    return head


async def _with_oembed(ctx: Context, head: PageHead) -> PageHead:
    """Fill in what the page itself left out; HTML that comes along is not looked at."""
    with suppress(DomainError, ValueError, RecursionError):
        answer = await ctx.http.get(head.oembed or "", max_bytes=MAX_OEMBED, total=SECONDS)
        document = json.loads(answer.body) if answer.status == HTTPStatus.OK else None
        if isinstance(document, dict):
            more = read_oembed(document, base=answer.url)
            return replace(
                head,
                title=head.title or more.title,
                image=head.image or more.image,
                site=head.site or more.site,
                author=head.author or more.author,
            )
    return head


def _text(answer: Answer) -> str:
    _, _, named = answer.content_type.partition("charset=")
    body = answer.body[: MAX_HEAD * 4]
    try:
        return body.decode(named.strip("\"' ;") or "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")
