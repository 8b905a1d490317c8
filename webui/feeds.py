"""Feeds: what an account, a group, the people in a collection say to everybody, or a hashtag.

Atom (RFC 4287) and RSS.

A district can be closed to the fediverse and still be read with any feed reader.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from aiohttp import web
from msgspec import Struct

from fedi_k12.context import Context
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.owned_tags import By
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.posts import PostView, Visibility
from fedi_k12.domain.text import clean_line, tag_key
from fedi_k12.domain.words import words
from fedi_k12.services import collections, finding, owned_tags, tag_posts, tags, timelines
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.limits import NO_TRAINING
from webui.pages import first_words
from webui.tags import asked_by

POSTS = 20
_ATOM = "http://www.w3.org/2005/Atom"
register_namespace("atom", _ATOM)
_NOT_XML = {
    **{number: None for number in range(0x20) if number not in (0x9, 0xA, 0xD)},
    0xFFFE: None,
    0xFFFF: None,
}


class Feed(Struct, frozen=True):
    """What a feed says, whatever its format."""

    title: str
    about: str
    page: str
    address: str
    posts: Sequence[PostView]
    at: datetime
    indexable: bool


@public
async def account_feed(request: web.Request) -> web.Response:
    """Show what an account or a group of this server says to everybody."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        account = await finding.lookup(
            session, acct=request.match_info["username"], own_hosts=ctx.settings.own_hosts
        )
        if account is None or not account.is_local or account.suspended:
            raise NotFoundError("There is nothing here that you may see.")
        page = await timelines.of_account(
            session,
            account_id=account.id,
            viewer=None,
            page=PageRequest(limit=POSTS),
            exclude_replies=True,
        )
    feed = Feed(
        title=clean_line(account.name, 200),
        about=words("What %(name)s says to everybody", name=account.name),
        page=account.url,
        address=f"{ctx.addresses.base_url}{request.path}",
        posts=_open(page.items),
        at=ctx.clock(),
        indexable=account.indexable,
    )
    return answer(request, feed)


@public
async def collection_feed(request: web.Request) -> web.Response:
    """Show what the people in a collection say to everybody: those of them who live here.

    As on its page, what people elsewhere wrote is not for visitors.
    """
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        found = await collections.get(
            session, collection_id=parse_id(request.match_info["id"]) or 0, viewer=None
        )
        if not found.owner.is_local:
            raise NotFoundError("There is nothing here that you may see.")
        page = await timelines.of_people(
            session,
            account_ids=[one.id for one in found.people if one.is_local],
            page=PageRequest(limit=POSTS),
        )
    feed = Feed(
        title=clean_line(found.name, 200),
        about=words("What the people in “%(name)s” say to everybody", name=found.name),
        page=f"{ctx.addresses.base_url}{found.path}",
        address=f"{ctx.addresses.base_url}{request.path}",
        posts=_open(page.items),
        at=ctx.clock(),
        indexable=found.discoverable,
    )
    return answer(request, feed)


@public
async def tag_feed(request: web.Request) -> web.Response:
    """Show what is said here to everybody with a hashtag."""
    ctx = request.app[CONTEXT]
    name = tag_key(request.match_info["name"])
    async with ctx.read() as session:
        found = await tags.get(session, name=name, viewer=None)
        owned = await owned_tags.find(session, name=name)
        by = asked_by(request, owned)
        page = await tag_posts.page(
            session,
            name=name,
            by=by,
            tag_id=owned.tag_id if owned is not None else None,
            viewer=None,
            page=PageRequest(limit=POSTS),
        )
    about = words("What is said here to everybody with #%(tag)s", tag=found.display)
    if by is By.STAFF:
        about = words(
            "What verified staff say here to everybody with #%(tag)s", tag=found.display
        )
    feed = Feed(
        title=f"#{found.display}",
        about=owned.description if owned is not None and owned.description else about,
        page=ctx.addresses.tag(name),
        address=f"{ctx.addresses.base_url}{request.path}?by={by.value}",
        posts=_open(page.items),
        at=ctx.clock(),
        indexable=True,
    )
    return answer(request, feed)


def atom(ctx: Context, feed: Feed) -> Element:
    """Return a feed as Atom."""
    root = Element(f"{{{_ATOM}}}feed")

    def say(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
        made = SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
        made.text = text.translate(_NOT_XML) or None
        return made

    say(root, "id", feed.address)
    say(root, "title", feed.title)
    say(root, "subtitle", feed.about)
    say(root, "updated", _moment(feed.posts[0].created_at if feed.posts else feed.at))
    say(root, "link", rel="self", type="application/atom+xml", href=feed.address)
    say(root, "link", rel="alternate", type="text/html", href=feed.page)
    for post in feed.posts:
        entry = say(root, "entry")
        say(entry, "id", post.uri)
        say(entry, "title", first_words(post))
        say(entry, "published", _moment(post.created_at))
        say(entry, "updated", _moment(post.edited_at or post.created_at))
        say(entry, "link", rel="alternate", type="text/html", href=post.url)
        author = say(entry, "author")
        say(author, "name", post.account.name)
        say(author, "uri", post.account.url)
        for tag in post.tags:
            say(entry, "category", term=tag.name)
        content = say(entry, "content", _words(post), type="html")
        if post.language:
            content.set("{http://www.w3.org/XML/1998/namespace}lang", post.language)
        for address, kind, size in _files(ctx, post):
            say(entry, "link", rel="enclosure", type=kind, length=str(size), href=address)
    return root


def rss(ctx: Context, feed: Feed) -> Element:
    """Return a feed as RSS 2.0, at the address where Mastodon's readers look for one."""
    root = Element("rss", {"version": "2.0"})
    channel = SubElement(root, "channel")

    def say(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
        made = SubElement(parent, name, attributes)
        made.text = text.translate(_NOT_XML) or None
        return made

    say(channel, "title", feed.title)
    say(channel, "description", feed.about)
    say(channel, "link", feed.page)
    say(channel, f"{{{_ATOM}}}link", rel="self", type="application/rss+xml", href=feed.address)
    for post in feed.posts:
        item = say(channel, "item")
        say(item, "guid", post.uri, isPermaLink="false")
        say(item, "title", first_words(post))
        say(item, "link", post.url)
        say(item, "pubDate", format_datetime(post.created_at.astimezone(UTC)))
        say(item, "description", _words(post))
        for tag in post.tags:
            say(item, "category", tag.name)
        for address, kind, size in _files(ctx, post):
            say(item, "enclosure", url=address, type=kind, length=str(size))
    return root


_FORMATS: dict[str, tuple[Callable[[Context, Feed], Element], str]] = {
    "atom": (atom, "application/atom+xml"),
    "rss": (rss, "application/rss+xml"),
}


def answer(request: web.Request, feed: Feed) -> web.Response:
    """Return a feed in the format that the address names."""
    build, kind = _FORMATS[request.match_info["format"]]
    body = tostring(build(request.app[CONTEXT], feed), encoding="utf-8", xml_declaration=True)
    headers = {
        "Content-Type": f"{kind}; charset=utf-8",
        "Cache-Control": "public, max-age=300",
    }
    if not feed.indexable:
        headers["X-Robots-Tag"] = f"noindex, {NO_TRAINING}"
    return web.Response(body=body, headers=headers)


def _open(found: Sequence[PostView]) -> list[PostView]:
    """Return the posts themselves that are for everybody: no boosts, nothing kept here."""
    return [
        post
        for post in found
        if post.boost_of is None
        and not post.local_only
        and post.visibility is Visibility.PUBLIC
    ]


def _words(post: PostView) -> str:
    """Return what a reader shows: of a post with a content note, only the note."""
    return post.content if not post.summary else f"<p>{_escaped(post.summary)}</p>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _files(ctx: Context, post: PostView) -> list[tuple[str, str, int]]:
    if post.sensitive:
        return []
    return [
        (ctx.addresses.file(media.file), media.mime_type, 0)
        for media in post.media
        if media.file
    ]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


ROUTES = [
    web.get(r"/@{username:[A-Za-z0-9_]+}.{format:rss|atom}", account_feed),
    web.get(r"/collections/{id:[0-9]+}.{format:rss|atom}", collection_feed),
    web.get(r"/tags/{name:[^/{}]+}.{format:rss|atom}", tag_feed),
]
