"""Emojis under posts (FEP-c0e0): an answer without words.

Who gives one also recommends the post: servers that know no emojis (Mastodon) count exactly
that. A member gives a post one emoji; other servers' people may give several.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.emoji import EmojiSign, ReactionView, is_emoji
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateReaction
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import access, emojis, records, shown_pictures, views
from fedi_k12.services import reactions as favourites
from storage import accounts, jobs, reactions
from storage.tables import AccountRow, EmojiReactionRow, PostRow

MAX_RECEIVED = 8
"""So many emojis of one account for one post are kept; one more changes nothing."""
MAX_GIVERS = 200


class Given(Struct, frozen=True):
    """An emoji of a post and who gave it."""

    reaction: ReactionView
    accounts: tuple[AccountView, ...]


async def react(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    emoji: str,
    addresses: Addresses,
    now: datetime,
) -> None:
    """Answer a post with an emoji, in place of the one given before."""
    post = await favourites.original(session, post_id, actor)
    sign = await _known(session, emoji, post)
    mine = await reactions.emojis_by(session, actor.account_id, post.id)
    if [row.emoji for row in mine] == [sign.name]:
        return
    await favourites.unfavourite(session, actor=actor, post_id=post.id, now=now)
    me = await access.account_for(session, actor.account_id, viewer=actor)
    row = EmojiReactionRow(
        id=new_id(),
        account_id=me.id,
        post_id=post.id,
        emoji=sign.name,
        url=sign.url,
        created_at=now,
    )
    row.uri = addresses.activity(me.username, "likes", row.id)
    session.add(row)
    await favourites.like(session, me, post, uri=None, number=new_id(), by_emoji=True, now=now)
    author = await accounts.by_id(session, post.account_id)
    if author is not None and not author.is_local and not post.local_only:
        about = f"{me.id} {post.uri}"
        await jobs.enqueue(session, FederateReaction(row.id), now=now, about=about)
    await records.note_reaction(
        session,
        kind="EmojiReact",
        actor=actor,
        post=post,
        now=now,
        detail={"content": sign.name},
    )


async def unreact(
    session: AsyncSession, *, actor: Actor, post_id: int, emoji: str | None, now: datetime
) -> None:
    """Take an emoji back (None: whichever it was); the recommendation goes with it."""
    post = await favourites.original(session, post_id, actor)
    mine = await reactions.emojis_by(session, actor.account_id, post.id)
    if mine and (emoji is None or emoji.strip(":") in {row.emoji for row in mine}):
        await favourites.unfavourite(session, actor=actor, post_id=post.id, now=now)


async def given(
    session: AsyncSession, *, post_id: int, viewer: Actor | None, emoji: str | None = None
) -> list[Given]:
    """Return the emojis of a post and who gave them; nobody suspended."""
    view = await views.post_view(session, post_id, viewer=viewer)
    shown = view.boost_of or view
    pairs = await reactions.emoji_givers(session, shown.id, limit=MAX_GIVERS)
    people = {
        person.id: person
        for person in await views.account_views(session, [account for _name, account in pairs])
        if not person.suspended
    }
    return [
        Given(
            one, tuple(people[who] for name, who in pairs if name == one.name and who in people)
        )
        for one in shown.reactions
        if emoji is None or one.name == emoji.strip(":")
    ]


async def receive_reaction(
    session: AsyncSession,
    *,
    account: AccountRow,
    post: PostRow,
    sign: EmojiSign,
    uri: str | None,
    now: datetime,
) -> None:
    """Take in an emoji that somebody elsewhere gave a post."""
    before = await reactions.emojis_by(session, account.id, post.id)
    if sign.name in {row.emoji for row in before} or len(before) >= MAX_RECEIVED:
        return
    session.add(
        EmojiReactionRow(
            id=new_id(),
            account_id=account.id,
            post_id=post.id,
            emoji=sign.name,
            url=sign.url,
            uri=uri,
            created_at=now,
        )
    )
    if sign.url is not None and not sign.url.startswith("/"):
        picture = {"shortcode": sign.shortcode, "url": sign.url}
        await shown_pictures.remember_emojis(session, [(account.host, [picture])], now=now)
    if await reactions.favourite_of(session, account.id, post.id) is None:
        await favourites.like(
            session, account, post, uri=None, number=new_id(), by_emoji=True, now=now
        )
    else:
        await reactions.count(session, post.id)


async def undo_reaction(
    session: AsyncSession,
    *,
    account: AccountRow,
    post: PostRow | None,
    uri: str | None,
    name: str | None,
) -> bool:
    """Take in that an emoji was taken back: by its id, or by post and emoji.

    Returns whether there was such a one.
    """
    row = await reactions.emoji_by_uri(session, uri) if uri else None
    if row is None and post is not None and name is not None:
        mine = await reactions.emojis_by(session, account.id, post.id)
        row = next((one for one in mine if one.emoji == name), None)
    if row is None or row.account_id != account.id:
        return False
    await session.delete(row)
    await session.flush()
    favourite = await reactions.favourite_of(session, account.id, row.post_id)
    rest = await reactions.emojis_by(session, account.id, row.post_id)
    if favourite is not None and favourite.by_emoji and not rest:
        await favourites.unlike(session, favourite)
    else:
        await reactions.count(session, row.post_id)
    return True


async def _known(session: AsyncSession, text: str, post: PostRow) -> EmojiSign:
    """Return the emoji that a member names; raises `InvalidError` for none that is known."""
    name = text.strip().strip(":")
    if is_emoji(name):
        return EmojiSign(name)
    ours = await emojis.named(session, name)
    if ours is not None:
        return EmojiSign(ours.shortcode, ours.url)
    for given_before in (await reactions.emojis_of(session, [post.id], viewer_id=None)).get(
        post.id, []
    ):
        # What stands under the post already can be given, too, wherever it comes from.
        if given_before.name == name:
            return EmojiSign(name, given_before.url)
    raise InvalidError("Validation failed: That is no emoji that is known here")
