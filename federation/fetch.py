"""Fetch documents from other servers, and believe them only about themselves."""

from collections.abc import Mapping
from html.parser import HTMLParser
from http import HTTPStatus

from msgspec import Struct, field

from federation.knock import habits_of, knock, signs_gets
from federation.signing import Signer, Way, server_signer
from federation.vocab.decode import decode
from federation.vocab.values import Json, id_of
from fedi_k12.context import Context
from fedi_k12.domain.errors import GoneError, InvalidError, NotFoundError
from fedi_k12.domain.registrable import registrable
from fedi_k12.domain.urls import host_of, parse_remote_url, same_origin
from fedi_k12.guard import Answer, FetchError

ACTORS_PER_ACTIVITY, OBJECTS_PER_ACTIVITY = 10, 20
HOSTS_OF_A_DOMAIN = 5
SECONDS_PER_ACTIVITY = 30.0
"""What one activity may make us fetch (FED-54)."""
AS_PROFILE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
ACCEPT = f"application/activity+json, {AS_PROFILE}"
_MAX_PAGE = 262_144


class Budget(Struct):
    """How much more one activity, or one search, may make us fetch."""

    actors: int = ACTORS_PER_ACTIVITY
    objects: int = OBJECTS_PER_ACTIVITY
    refused: set[str] = field(default_factory=set)
    """Ids that could not be had, so that nobody asks twice."""
    hosts: dict[str, list[str]] = field(default_factory=dict)
    """Hosts that actors were asked of, by the domain that somebody registered."""
    hosts_of_a_domain: int = HOSTS_OF_A_DOMAIN

    def spend_actor(self, uri: str = "") -> None:
        """Count a fetch of an actor; raise `FetchError` when there were enough.

        A name server can make up hosts without end, each with actors that name the next one:
        of one domain only a few are asked.
        """
        if uri and not admit(self.hosts, uri, most=self.hosts_of_a_domain):
            raise FetchError("Enough of its hosts were asked.", reason="names", permanent=True)
        self.actors -= 1
        if self.actors < 0:
            raise FetchError("Enough was fetched.", reason="budget", permanent=True)

    def spend_object(self) -> None:
        """Count a fetch of an object; raise `FetchError` when there were enough."""
        self.objects -= 1
        if self.objects < 0:
            raise FetchError("Enough was fetched.", reason="budget", permanent=True)


def admit(hosts: dict[str, list[str]], uri: str, *, most: int) -> bool:
    """Return whether to ask the host of an id: of one domain only so many (FED-54)."""
    try:
        host = host_of(uri)
    except InvalidError:
        return False
    known = hosts.setdefault(registrable(host.partition(":")[0]), [])
    if host not in known:
        if len(known) >= most:
            return False
        known.append(host)
    return True


class Fetched(Struct, frozen=True):
    """A document and its id, which is the address that answered with it."""

    id: str
    document: Json


async def fetch_document(
    ctx: Context, url: str, *, signed: bool = True, signer: Signer | None = None
) -> Fetched:
    """Return the document at `url`, whose id is where it was found (FED-4, FED-5, FED-13).

    Signed by the server's own actor, or by `signer` for what only one member may read.
    Where the id is another of the same server, that is asked once more and must name itself.
    Raises `GoneError` for 410, `NotFoundError` for 404, `FetchError` for everything else that
    goes wrong, `ForbiddenError` for a host that we do not talk to.
    """
    answer = await _ask(ctx, url, signed=signed, signer=signer)
    document = _document(answer)
    named = id_of(document.get("id"))
    if named == answer.url or _same(named, answer.url):
        return Fetched(named, document)
    if not named or not same_origin(named, answer.url):
        raise FetchError(
            f"{url} names itself {named[:200] or 'nothing'}.", reason="id", permanent=True
        )
    again = await _ask(ctx, named, signed=signed, signer=signer)
    document = _document(again)
    if id_of(document.get("id")) != named or not _same(named, again.url):
        raise FetchError(f"{named} names itself otherwise.", reason="id", permanent=True)
    return Fetched(named, document)


async def fetch_list(ctx: Context, url: str) -> Fetched:
    """Return a collection or a page of one, which may be without an id or have another's.

    Pages are named by their query in many ways; all that counts is whose server says it.
    """
    answer = await _ask(ctx, url, signed=True)
    if not same_origin(answer.url, url):
        raise FetchError(f"{url} leads to another server.", reason="id", permanent=True)
    return Fetched(answer.url, _document(answer))


async def fetch_for_person(ctx: Context, url: str) -> Fetched:
    """Return the document of an address that a person typed, which may be its page's."""
    answer = await _ask(ctx, url, signed=True, html_too=True)
    if not answer.content_type.startswith("text/html"):
        return await fetch_document(ctx, url)
    alternate = _alternate(answer.body)
    if alternate is None:
        raise FetchError(f"{url} is a page without a post.", reason="type", permanent=True)
    return await fetch_document(ctx, alternate)


def is_activity_json(content_type: str) -> bool:
    """Return whether a content type is that of ActivityPub, and no other (FED-13, FED-14)."""
    kind, _, rest = content_type.lower().partition(";")
    if kind.strip() == "application/activity+json":
        return True
    return (
        kind.strip() == "application/ld+json"
        and "https://www.w3.org/ns/activitystreams" in rest
    )


async def _ask(
    ctx: Context,
    url: str,
    *,
    signed: bool,
    signer: Signer | None = None,
    html_too: bool = False,
) -> Answer:
    headers = {"Accept": f"{ACCEPT}, text/html;q=0.1" if html_too else ACCEPT}
    if signed:
        answer = await get_signed(ctx, url, headers, signer or await server_signer(ctx))
    else:
        answer = await ctx.http.get(url.partition("#")[0], headers=headers)
    if answer.status == HTTPStatus.GONE:
        raise GoneError(f"{url} is gone.")
    if answer.status == HTTPStatus.NOT_FOUND:
        raise NotFoundError(f"{url} is not there.")
    if answer.status != HTTPStatus.OK:
        kept_out = answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        raise FetchError(
            f"{url} answered {answer.status}.",
            reason="refused" if kept_out else "status",
            permanent=answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
            and answer.status not in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS},
        )
    if not is_activity_json(answer.content_type) and not (
        html_too and answer.content_type.startswith("text/html")
    ):
        raise FetchError(
            f"{url} is of type {answer.content_type[:80] or 'none'}, not of ActivityPub's.",
            reason="type",
            permanent=True,
        )
    return answer


async def get_signed(
    ctx: Context, url: str, headers: Mapping[str, str], signer: Signer
) -> Answer:
    """Return what `url` answers to a request signed in the way that its server takes."""
    address = url.partition("#")[0]
    try:
        target = parse_remote_url(address)
    except InvalidError as error:
        raise FetchError(str(error), reason="url", permanent=True) from error

    if not (await habits_of(ctx, target.raw_authority.lower())).sign_gets:
        return await ctx.http.get(address, headers=headers)

    async def ask(way: Way) -> Answer:
        sign = signs_gets(ctx, signer, way, target.raw_authority.lower())
        return await ctx.http.get(address, headers=headers, sign=sign)

    return await knock(ctx, target, ask)


def _document(answer: Answer) -> Json:
    try:
        return decode(answer.body)
    except InvalidError as error:
        raise FetchError(
            f"{answer.url} cannot be read: {error}", reason="form", permanent=True
        ) from error


def _same(named: str, found: str) -> bool:
    """Return whether an id is the address, give or take how the host is written."""
    try:
        return parse_remote_url(named) == parse_remote_url(found)
    except InvalidError:
        return False


def _alternate(page: bytes) -> str | None:
    reader = _Alternates()
    try:
        reader.feed(page[:_MAX_PAGE].decode("utf-8", "replace"))
    except (ValueError, AssertionError):
        return None
    return reader.found


class _Alternates(HTMLParser):
    """Finds `<link rel="alternate">` of ActivityPub's type."""

    def __init__(self) -> None:
        super().__init__()
        self.found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        if tag != "link" or self.found:
            return
        values = {name: value or "" for name, value in attrs}
        if "alternate" in values.get("rel", "").split() and is_activity_json(
            values.get("type", "")
        ):
            self.found = values.get("href")
