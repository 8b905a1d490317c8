"""Do what a client posted to its outbox, through the same services as every other face."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from federation.client import wish as read
from federation.client.wish import Wish
from federation.objects import activities_of
from federation.resolve import resolve_mentions, resolve_url
from federation.vocab import values
from federation.vocab.policy import parse_policy, understood
from federation.vocab.quote import quoted_in
from fedi_k12.context import Context
from fedi_k12.domain import text
from fedi_k12.domain.approvals import Choices, Interaction, choice_of
from fedi_k12.domain.delegates import Deed, may, why_not
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, PollDraft
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.scopes import covers
from fedi_k12.services import follows, posts, profiles, reactions
from storage import accounts
from storage import federation as queries
from storage import follows as follow_rows
from storage import posts as post_rows
from storage import reactions as reaction_rows
from storage.tables import AccountRow, PostRow

POLL_DAY = timedelta(days=1)
_DEEDS = {
    "write:statuses": Deed.ANSWER,
    "write:favourites": Deed.WRITE,
    "write:follows": Deed.WRITE,
    "write:blocks": Deed.MANAGE,
    "write:accounts": Deed.MANAGE,
}
"""What a delegate's role has to reach to. Whether a post answers one, its service asks."""


class Asked(Struct, frozen=True):
    """What a client wants, and who it is."""

    ctx: Context
    who: Actor
    account: AccountRow
    scopes: frozenset[str]
    app_id: int | None
    wish: Wish

    def needs(self, scope: str, deed: Deed | None = None) -> None:
        """Raise `ForbiddenError` unless the token covers this scope, and a delegate's role too.

        `deed` is what the role has to reach to, where it is more than usual for the scope.
        """
        if not covers(self.scopes, scope):
            raise ForbiddenError(f"This token does not reach so far: {scope} is needed.")
        held, wanted = self.who.delegation, deed or _DEEDS.get(scope, Deed.NEVER)
        if held is not None and not may(held, wanted):
            raise ForbiddenError(why_not(held, wanted))


class Done(Struct, frozen=True):
    """What was done: the activity's id, and the activity as others see it."""

    uri: str
    activity: Mapping[str, object]


async def act(asked: Asked) -> Done:
    """Do what is asked; raises `InvalidError` for what a client cannot have done here."""
    handler = _ACTS.get(asked.wish.type)
    if handler is None:
        raise InvalidError(
            f"type: {asked.wish.type[:40]} cannot be posted here. Possible: {', '.join(_ACTS)}."
        )
    return await handler(asked)


async def _create(asked: Asked) -> Done:
    asked.needs("write:statuses")
    ctx = asked.ctx
    document = asked.wish.object
    kinds = set(values.types(document)) & read.OBJECTS if document is not None else set()
    if document is None or not kinds:
        raise InvalidError("object: send the Note or Question itself.")
    draft = await _draft(asked, document)
    await resolve_mentions(ctx, draft.text, content_type=text.content_type(draft.content_type))
    post_id = await ctx.write(
        posts.publish,
        actor=asked.who,
        draft=draft,
        addresses=ctx.addresses,
        now=ctx.clock(),
        hold_seconds=ctx.settings.hold_seconds,
    )
    return await _activity_of_post(ctx, post_id)


async def _update(asked: Asked) -> Done:
    document = asked.wish.object
    if document is None:
        raise InvalidError("object: send what is to change.")
    if asked.wish.object_id == asked.account.uri:
        return await _update_profile(asked, document)
    asked.needs("write:statuses")
    ctx = asked.ctx
    row = await _own_post(asked)
    words = read.words(document)
    async with ctx.read() as session:
        source = await posts.source(session, actor=asked.who, post_id=row.id)
        media = (await post_rows.media_of(session, [row.id])).get(row.id, [])
    ids = tuple(item.id for item in media)
    if "attachment" in document:
        ids = _media(asked, document)
    draft = Draft(
        text=source.text if words.text is None else words.text,
        content_type=source.content_type if words.text is None else words.content_type,
        summary=row.summary if words.summary is None else words.summary,
        sensitive=row.sensitive if words.sensitive is None else words.sensitive,
        language=words.language or row.language,
        media_ids=ids,
        named_ids=await _people(asked, read.mentioned(document)),
    )
    await ctx.write(
        posts.edit,
        actor=asked.who,
        post_id=row.id,
        draft=draft,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return _done(asked, f"{row.uri}#updates/{ctx.clock().timestamp():.0f}", row.uri)


async def _update_profile(asked: Asked, document: values.Json) -> Done:
    asked.needs("write:accounts")
    ctx = asked.ctx

    def said(name: str) -> bool | None:
        value = document.get(name)
        return value if isinstance(value, bool) else None

    changes = ProfileChanges(
        display_name=values.text(document, "name", limit=2048) if "name" in document else None,
        note=plain_text(values.text(document, "summary")) if "summary" in document else None,
        fields=read.fields(document),
        locked=said("manuallyApprovesFollowers"),
        discoverable=said("discoverable"),
        indexable=said("indexable"),
    )
    await ctx.write(
        profiles.update_profile,
        actor=asked.who,
        changes=changes,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    stamp = f"{ctx.clock().timestamp():.0f}"
    return _done(asked, f"{asked.account.uri}#updates/{stamp}", asked.account.uri)


async def _delete(asked: Asked) -> Done:
    asked.needs("write:statuses")
    row = await _own_post(asked)
    await asked.ctx.write(
        posts.delete,
        actor=asked.who,
        post_id=row.id,
        now=asked.ctx.clock(),
        keep_media=False,
    )
    return _done(asked, f"{row.uri}#delete", row.uri)


async def _follow(asked: Asked) -> Done:
    asked.needs("write:follows")
    ctx = asked.ctx
    target = await _account_id(asked, asked.wish.object_id)
    await ctx.write(
        follows.follow,
        actor=asked.who,
        target_id=target,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    async with ctx.read() as session:
        row = await follow_rows.between(session, asked.account.id, target)
    if row is None or row.uri is None:
        raise InvalidError("object: following that account led nowhere.")
    return _done(asked, row.uri, asked.wish.object_id)


async def _block(asked: Asked) -> Done:
    asked.needs("write:blocks")
    ctx = asked.ctx
    target = await _account_id(asked, asked.wish.object_id)
    await ctx.write(follows.block, actor=asked.who, target_id=target, now=ctx.clock())
    uri = ctx.addresses.activity(asked.account.username, "blocks", target)
    return _done(asked, uri, asked.wish.object_id)


async def _like(asked: Asked) -> Done:
    asked.needs("write:favourites")
    ctx = asked.ctx
    post_id = await _post_id(asked, asked.wish.object_id)
    await ctx.write(
        reactions.favourite,
        actor=asked.who,
        post_id=post_id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    async with ctx.read() as session:
        row = await reaction_rows.favourite_of(session, asked.account.id, post_id)
    return _done(asked, (row.uri if row else None) or "", asked.wish.object_id)


async def _announce(asked: Asked) -> Done:
    asked.needs("write:statuses")
    ctx = asked.ctx
    post_id = await _post_id(asked, asked.wish.object_id)
    boost_id = await ctx.write(
        reactions.boost,
        actor=asked.who,
        post_id=post_id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return await _activity_of_post(ctx, boost_id)


async def _undo(asked: Asked) -> Done:
    """Take back what the client did: named by its id, or by its type and object."""
    inner = asked.wish.object
    kind = next(iter(values.types(inner)), "") if inner is not None else ""
    about = values.id_of(inner.get("object")) if inner is not None else ""
    if not kind or not about:
        kind, about = await _done_before(asked, asked.wish.object_id)
    ctx, who, now = asked.ctx, asked.who, asked.ctx.clock()
    match kind:
        case "Follow":
            asked.needs("write:follows")
            target = await _account_id(asked, about)
            await ctx.write(follows.unfollow, actor=who, target_id=target, now=now)
        case "Block":
            asked.needs("write:blocks")
            target = await _account_id(asked, about)
            await ctx.write(follows.unblock, actor=who, target_id=target, now=now)
        case "Like":
            asked.needs("write:favourites")
            post_id = await _post_id(asked, about)
            await ctx.write(reactions.unfavourite, actor=who, post_id=post_id, now=now)
        case "Announce":
            asked.needs("write:statuses", Deed.WRITE)
            post_id = await _post_id(asked, about)
            await ctx.write(reactions.unboost, actor=who, post_id=post_id, now=now)
        case _:
            raise InvalidError("object: only Follow, Block, Like and Announce can be undone.")
    undone = asked.wish.object_id or f"{asked.account.uri}#{kind.lower()}"
    return _done(asked, f"{undone}/undo", undone)


async def _pin(asked: Asked) -> Done:
    asked.needs("write:accounts")
    ctx = asked.ctx
    if asked.wish.target_id != ctx.addresses.featured(asked.account.username):
        raise InvalidError("target: only the featured collection of one's own can be changed.")
    row = await _own_post(asked)
    if asked.wish.type == "Add":
        await ctx.write(reactions.pin, actor=asked.who, post_id=row.id, now=ctx.clock())
    else:
        await ctx.write(reactions.unpin, actor=asked.who, post_id=row.id, now=ctx.clock())
    kind = "pins" if asked.wish.type == "Add" else "unpins"
    uri = ctx.addresses.activity(asked.account.username, kind, row.id)
    done = _done(asked, uri, row.uri)
    return replace(done, activity={**done.activity, "target": asked.wish.target_id})


_ACTS: Mapping[str, Callable[[Asked], Awaitable[Done]]] = {
    "Create": _create,
    "Update": _update,
    "Delete": _delete,
    "Follow": _follow,
    "Like": _like,
    "Announce": _announce,
    "Undo": _undo,
    "Block": _block,
    "Add": _pin,
    "Remove": _pin,
}


async def _draft(asked: Asked, document: values.Json) -> Draft:
    followers = asked.account.followers_uri or f"{asked.account.uri}/followers"
    audience = read.audience(asked.wish, followers_uri=followers)
    words = read.words(document)
    draft = Draft(
        text=words.text or "",
        content_type=words.content_type,
        visibility=audience.visibility,
        summary=words.summary or "",
        sensitive=words.sensitive or False,
        language=words.language,
        media_ids=_media(asked, document),
        named_ids=await _people(asked, (*read.mentioned(document), *audience.people)),
        hidden_ids=await _people(asked, audience.hidden),
        application_id=asked.app_id,
        poll=_poll(asked, document),
    )
    parent, quoted = values.id_of(document.get("inReplyTo")), quoted_in(document)
    return replace(
        draft,
        choices=_choices(asked, document),
        in_reply_to_id=await _post_id(asked, parent) if parent else None,
        quote_of_id=await _post_id(asked, quoted) if quoted else None,
    )


def _choices(asked: Asked, document: values.Json) -> Choices:
    """Return who may do what with a post, as its `interactionPolicy` says it."""
    me = asked.account
    policy = understood(
        parse_policy(document),
        author=me.uri,
        followers=asked.ctx.addresses.followers(me.username),
        following=asked.ctx.addresses.following(me.username),
    )
    reply, quote, boost = (
        choice_of(one, policy) if policy.rule(one) is not None else None
        for one in (Interaction.REPLY, Interaction.QUOTE, Interaction.BOOST)
    )
    return Choices(reply, quote, boost)


def _poll(asked: Asked, document: values.Json) -> PollDraft | None:
    if "Question" not in values.types(document):
        return None
    multiple = "anyOf" in document
    options = values.objects(document.get("anyOf" if multiple else "oneOf"), limit=100)
    ends = values.moment(document.get("endTime"))
    seconds = (ends - asked.ctx.clock()) if ends is not None else POLL_DAY
    return PollDraft(
        options=tuple(values.text(item, "name", limit=2048) for item in options),
        expires_in=int(seconds.total_seconds()),
        multiple=multiple,
    )


def _media(asked: Asked, document: values.Json) -> tuple[int, ...]:
    """Return the uploads an object carries; only what was uploaded here can be."""
    base = f"{asked.ctx.addresses.actor(asked.account.username)}/media/"
    found = []
    for uri in read.attached(document):
        number = uri.removeprefix(base)
        if not uri.startswith(base) or not number.isdigit():
            raise InvalidError(
                "attachment: send the file to uploadMedia first, and give its id here."
            )
        found.append(int(number))
    return tuple(found)


async def _people(asked: Asked, uris: tuple[str, ...]) -> tuple[int, ...]:
    """Return the accounts that these ids name; who cannot be reached is left out."""
    found: list[int] = []
    for uri in dict.fromkeys(uris):
        try:
            number = await _account_id(asked, uri)
        except (NotFoundError, InvalidError, ForbiddenError, TimeoutError):
            continue
        if number != asked.account.id:
            found.append(number)
    return tuple(dict.fromkeys(found))


async def _account_id(asked: Asked, uri: str) -> int:
    found = await resolve_url(asked.ctx, uri)
    if found.account_id is None:
        raise NotFoundError("object: no account is at that address.")
    return found.account_id


async def _post_id(asked: Asked, uri: str) -> int:
    found = await resolve_url(asked.ctx, uri)
    if found.post_id is None:
        raise NotFoundError("object: no post is at that address.")
    return found.post_id


async def _own_post(asked: Asked) -> PostRow:
    async with asked.ctx.read() as session:
        row = await post_rows.by_uri(session, asked.wish.object_id)
    if row is None or row.account_id != asked.account.id or row.boost_of_id is not None:
        # The same for another's as for none: who may not see it learns nothing (FED-84).
        raise NotFoundError("object: there is no such post of yours.")
    return row


async def _done_before(asked: Asked, uri: str) -> tuple[str, str]:
    """Return type and object of an earlier activity of the client's, by its id."""
    mine = asked.account.id
    async with asked.ctx.read() as session:
        follow = await queries.follow_by_uri(session, uri)
        if follow is not None and follow.follower_id == mine:
            return "Follow", await _uri_of_account(session, follow.target_id)
        favourite = await reaction_rows.favourite_by_uri(session, uri)
        if favourite is not None and favourite.account_id == mine:
            return "Like", await _uri_of_post(session, favourite.post_id)
        boost = await post_rows.by_uri(session, uri)
        if boost is not None and boost.account_id == mine and boost.boost_of_id is not None:
            return "Announce", await _uri_of_post(session, boost.boost_of_id)
        base = asked.ctx.addresses.activity(asked.account.username, "blocks", 0)[:-1]
        number = uri.removeprefix(base)
        if uri.startswith(base) and number.isdigit():
            return "Block", await _uri_of_account(session, int(number))
    raise NotFoundError("object: there is no such activity of yours.")


async def _uri_of_account(session: AsyncSession, account_id: int) -> str:
    row = await accounts.by_id(session, account_id)
    return row.uri if row is not None else ""


async def _uri_of_post(session: AsyncSession, post_id: int) -> str:
    row = await post_rows.by_id(session, post_id)
    return row.uri if row is not None else ""


async def _activity_of_post(ctx: Context, post_id: int) -> Done:
    async with ctx.read() as session:
        row = await post_rows.by_id(session, post_id)
        if row is None:
            raise NotFoundError("The post is gone already.")
        activity = (await activities_of(session, [row], addresses=ctx.addresses))[0]
    return Done(str(activity["id"]), activity)


def _done(asked: Asked, uri: str, object_uri: str) -> Done:
    return Done(
        uri,
        {
            "id": uri,
            "type": asked.wish.type,
            "actor": asked.account.uri,
            "object": object_uri,
        },
    )
