"""Our accounts, posts and activities as documents, for those who may read them.

Other servers sign what they fetch (authorised fetch): a stub with the keys is open to all, so
that two servers can begin to talk; everything else of a member is for those who say who they
are. What somebody may not see is answered like what does not exist.
"""

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus

from aiohttp import web
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from federation.authenticate import (
    Sender,
    Signed,
    as_signed,
    authenticate,
    known_sender,
)
from federation.objects import activities_of, actor_of, emoji_of, encode, note_of
from federation.sig.incoming import is_signed
from federation.vocab.build import (
    build_tombstone,
)
from federation.vocab.build_actor import build_actor, build_stub
from federation.vocab.build_parts import (
    build_emoji,
)
from fedi_k12.context import Context
from fedi_k12.domain.errors import (
    ForbiddenError,
    GoneError,
    NotFoundError,
    UnauthenticatedError,
)
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import emojis, officials
from fedi_k12.services.access import may_view
from fedi_k12.services.moderation import decision_for
from fedi_k12.web.auth import from_servers
from fedi_k12.web.front import Ready, ready
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.remembered import TOLD, Remembered
from fedi_k12.web.shelf import kept
from storage import accounts, owned_tags, posts
from storage.tables import AccountRow, PostRow, TombstoneRow

ACTIVITY_JSON = "application/activity+json; charset=utf-8"
ACCOUNTS = "/users/"
VARY = "Accept, Signature, Signature-Input"
NOT_FOUND = "There is nothing here that you may see."
_JSON_TYPES = ("application/activity+json", "application/ld+json", "application/json")
_HEADERS = {
    "Content-Type": ACTIVITY_JSON,
    "Vary": VARY,
    "Cache-Control": "private, no-cache",
}
_OPEN_KINDS = {"Group", "Organization", "Application"}
"""What speaks for many is open to servers that do not sign what they fetch, too."""


class _Known(Struct, frozen=True):
    """A local account as it is shown to other servers."""

    page: str
    open: bool
    """Whether who does not sign sees all of it."""
    whole: Ready
    stub: Ready


class _Shown(Remembered[str, _Known]):
    """Documents of local accounts, by username: the most asked for of all."""

    BUT = TOLD


@from_servers
async def get_actor(request: web.Request) -> web.StreamResponse:
    """Show an account: in full to who signs, its keys to everybody."""
    ctx = request.app[CONTEXT]
    known = await _known(ctx, request)
    lead_people_away(request, known.page)
    sender = await reader(request)
    shown = known.whole if known.open or sender is not None else known.stub
    return shown.response()


def ready_actor(ctx: Context, request: web.Request) -> Ready | None:
    """Return an account as `get_actor` does, where all that decides it is remembered."""
    known = kept(ctx, _Shown).get(ctx, request.raw_path.removeprefix(ACCOUNTS).lower())
    if known is None or not _reads_json(request):
        return None
    if not is_signed(request.headers):
        return known.whole if known.open else known.stub
    sender = known_sender(ctx, as_signed(ctx, request, None))
    return known.whole if sender is not None and not sender.suspended else None


async def _known(ctx: Context, request: web.Request) -> _Known:
    """Return a local account as it is shown, remembered where it was asked for before."""
    shown, name = kept(ctx, _Shown), request.match_info["username"].lower()
    if (known := shown.get(ctx, name)) is not None:
        return known
    as_of = shown.as_of(ctx)
    row = await local_account(ctx, request)
    async with ctx.read() as session:
        actor = await actor_of(session, row, addresses=ctx.addresses)
        collects = await owned_tags.accounts_among(session, [row.id])

    def ready_made(document: Mapping[str, object]) -> Ready:
        route = f"{ACCOUNTS}{{username}}"
        return ready(ctx, route=route, headers=_HEADERS, body=encode(document))

    known = _Known(
        page=row.url or row.uri,
        open=is_open(ctx, row) or bool(collects),
        whole=ready_made(build_actor(actor)),
        stub=ready_made(build_stub(actor)),
    )
    shown.put(ctx, name, known, as_of=as_of)
    return known


@from_servers
async def get_server_actor(request: web.Request) -> web.StreamResponse:
    """Show the server's own actor, always and to everybody (FEP-d556)."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        row = await accounts.by_uri(session, ctx.addresses.server_actor())
        if row is None:
            raise NotFoundError(NOT_FOUND)
        actor = await actor_of(session, row, addresses=ctx.addresses)
    return document(build_actor(actor))


@from_servers
async def get_post(request: web.Request) -> web.StreamResponse:
    """Show a post, or the tombstone of one that anybody could see."""
    ctx = request.app[CONTEXT]
    sender = await reader(request)
    try:
        async with ctx.read() as session:
            uri = _post_uri(ctx, request)
            row, author = await readable_post(session, ctx, uri, sender)
            lead_people_away(request, row.url or row.uri)
            demand_signature(ctx, author, sender)
            note = await note_of(session, row, addresses=ctx.addresses)
    except BuriedError as buried:
        # ActivityPub, 6.4
        return document(buried.tombstone, status=HTTPStatus.GONE)
    return document(note)


@from_servers
async def get_emoji(request: web.Request) -> web.StreamResponse:
    """Show a custom emoji of this place; they hold nothing that is anybody's."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        found = await emojis.one(session, int(request.match_info["emoji_id"]))
    return document(build_emoji(emoji_of(found, ctx.addresses)))


@from_servers
async def get_activity(request: web.Request) -> web.StreamResponse:
    """Show the Create of a post, or the Announce that a boost is."""
    ctx = request.app[CONTEXT]
    sender = await reader(request)
    async with ctx.read() as session:
        uri = _post_uri(ctx, request)
        if await posts.by_uri(session, f"{uri}/activity") is not None:
            uri += "/activity"
        row, author = await readable_post(session, ctx, uri, sender)
        lead_people_away(request, row.url or author.url or author.uri)
        demand_signature(ctx, author, sender)
        found = await activities_of(session, [row], addresses=ctx.addresses)
    if not found:
        raise NotFoundError(NOT_FOUND)
    return document(found[0])


async def local_account(ctx: Context, request: web.Request) -> AccountRow:
    """Return the account that the path names; raises for none, or one that is gone."""
    async with ctx.read() as session:
        row = await accounts.local_by_username(session, request.match_info["username"])
    if row is None or row.kind == "Application":
        raise NotFoundError(NOT_FOUND)
    if row.deleted_at is not None or row.suspended_at is not None:
        raise GoneError("This account is gone.")
    return row


async def reader(request: web.Request) -> Sender | None:
    """Return who signed the request, None where nobody did; raises for a bad signature.

    Who is refused here, a suspended account or one of a blocked server, still reads what an
    official account says to everybody (R-48, R-49): as somebody who did not sign.
    """
    if not is_signed(request.headers):
        return None
    ctx = request.app[CONTEXT]
    try:
        return await _welcome(ctx, request)
    except ForbiddenError:
        if await _speaks_to_everybody(ctx, request):
            return None
        raise


async def _welcome(ctx: Context, request: web.Request) -> Sender:
    try:
        sender = await authenticate(ctx, Signed.of(request, None))
    except GoneError as error:
        # The key is gone, not what was asked for.
        raise UnauthenticatedError("The key that signed this is gone.") from error
    if sender.suspended:
        raise ForbiddenError("This account is suspended here.")
    return sender


async def _speaks_to_everybody(ctx: Context, request: web.Request) -> bool:
    """Return whether what is asked for belongs to an official account."""
    named = request.match_info
    async with ctx.read() as session:
        if "username" in named:
            return await officials.official_named(session, named["username"])
        thread = await posts.by_id(session, parse_id(named.get("thread_id", "")) or 0)
        return thread is not None and await officials.is_official(session, thread.account_id)


def is_open(ctx: Context, row: AccountRow) -> bool:
    """Return whether what an account says publicly is shown to servers that do not sign."""
    return not ctx.settings.authorized_fetch or row.kind in _OPEN_KINDS


def demand_signature(ctx: Context, author: AccountRow, sender: Sender | None) -> None:
    """Raise `UnauthenticatedError` where a signature is needed and there is none."""
    if sender is None and not is_open(ctx, author):
        raise UnauthenticatedError("Sign the request: this server shows posts to who asks.")


def lead_people_away(request: web.Request, page: str) -> None:
    """Lead browsers to the page: they never get JSON from an id."""
    if not _reads_json(request):
        raise web.HTTPFound(page, headers={"Vary": VARY})


def _reads_json(request: web.Request) -> bool:
    return _names_json(request.headers.get("Accept", "*/*"))


@lru_cache(maxsize=256)
def _names_json(accept: str) -> bool:
    return any(kind in accept.lower() for kind in _JSON_TYPES)


def document(value: Mapping[str, object], *, status: int = HTTPStatus.OK) -> web.Response:
    """Return the answer that holds a document; never kept by anybody in between."""
    return web.Response(body=encode(value), status=status, headers=_HEADERS)


async def readable_post(
    session: AsyncSession, ctx: Context, uri: str, sender: Sender | None
) -> tuple[PostRow, AccountRow]:
    """Return a post of ours and its author, if `sender` may read it (FED-83, FED-84)."""
    row = await posts.by_uri(session, uri)
    if row is None:
        grave = await posts.tombstone(session, uri)
        if grave is not None and grave.local and _was_public(grave):
            raise BuriedError(grave)
        raise NotFoundError(NOT_FOUND)
    who = Actor(sender.account_id) if sender is not None else None
    if sender is not None and row.visibility in {Visibility.FOLLOWERS, Visibility.DIRECT}:
        decision = await decision_for(session, sender.host, mode=ctx.settings.federation)
        if decision.no_followers_only:
            raise NotFoundError(NOT_FOUND)
    if not row.local or row.local_only or not await may_view(session, row, viewer=who):
        raise NotFoundError(NOT_FOUND)
    author = await accounts.by_id(session, row.account_id)
    if author is None:
        raise NotFoundError(NOT_FOUND)
    return row, author


class BuriedError(GoneError):
    """A post that is gone, with what stands in its place."""

    def __init__(self, grave: TombstoneRow) -> None:
        super().__init__("This post was deleted.")
        self.tombstone = build_tombstone(
            grave.uri, former_type=grave.former_type, deleted=grave.deleted_at
        )


def _was_public(grave: TombstoneRow) -> bool:
    return Visibility(grave.visibility).breadth >= Visibility.UNLISTED.breadth


def _post_uri(ctx: Context, request: web.Request) -> str:
    return ctx.addresses.post(
        request.match_info["username"], int(request.match_info["post_id"])
    )
