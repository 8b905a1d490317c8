"""Undo of a Follow, Like, Announce, Block or Join."""

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter
from federation.take import sign_in
from federation.vocab.values import id_of
from fedi_k12.services import attendance, emoji_reactions, follows, reactions
from storage import accounts, events, posts
from storage import federation as queries
from storage import follows as follow_rows
from storage import reactions as reaction_rows
from storage.tables import AccountRow


async def undo(session: AsyncSession, letter: Letter) -> None:
    """Take in that the sender takes something of their own back (FED-71).

    What it was is known by the embedded activity or, where only an id came, by that.
    """
    activity = letter.activity
    inner = activity.object
    if inner is not None and id_of(inner.get("actor")) not in {"", letter.sender.uri}:
        raise DroppedError("FED-71")
    kind = activity.object_type or await _kind_of(session, activity.object_id)
    about = id_of(inner.get("object")) if inner is not None else ""
    match kind:
        case "Follow":
            await _undo_follow(session, letter, about)
        case "Like" | "EmojiReact":
            await _undo_like(session, letter, about)
        case "Announce":
            post = await posts.by_uri(session, about) if about else None
            await reactions.undo_boost(
                session, account=letter.sender, post=post, uri=activity.object_id or None
            )
        case "Join" if await _is_group(session, about):
            await _undo_follow(session, letter, about)
        case "Join" | "Accept" | "TentativeAccept":
            post = await posts.by_uri(session, about) if about else None
            uri = activity.object_id or None
            if not await attendance.undo_wish(
                session, guest=letter.sender, post=post, uri=uri, now=letter.now
            ):
                raise DroppedError("unknown_join")
        case "Block":
            target = await _blocked(session, letter, about)
            if target is not None and target.is_local:
                await follows.unblocked_by_remote(session, blocker=letter.sender, target=target)
        case _:
            raise DroppedError("unknown_undo")


async def _undo_like(session: AsyncSession, letter: Letter, about: str) -> None:
    """Take in that a Like is taken back: that of an emoji, or the plain one."""
    inner, uri = letter.activity.object, letter.activity.object_id or None
    post = await posts.by_uri(session, about) if about else None
    sign = sign_in(inner, letter.sender, letter.addresses) if inner is not None else None
    emoji_gone = await emoji_reactions.undo_reaction(
        session,
        account=letter.sender,
        post=post,
        uri=uri,
        name=sign.name if sign is not None else None,
    )
    if not emoji_gone and sign is None:
        await reactions.undo_like(session, account=letter.sender, post=post, uri=uri)


async def _kind_of(session: AsyncSession, uri: str) -> str:
    if await queries.follow_by_uri(session, uri) is not None:
        return "Follow"
    if await reaction_rows.favourite_by_uri(session, uri) is not None:
        return "Like"
    if await reaction_rows.emoji_by_uri(session, uri) is not None:
        return "EmojiReact"
    if await follow_rows.block_by_uri(session, uri) is not None:
        return "Block"
    if await events.attendance_by_uri(session, uri) is not None:
        return "Join"
    post = await posts.by_uri(session, uri)
    return "Announce" if post is not None and post.boost_of_id is not None else ""


async def _is_group(session: AsyncSession, uri: str) -> bool:
    row = await accounts.by_uri(session, uri) if uri else None
    return row is not None and row.kind == "Group"


async def _blocked(session: AsyncSession, letter: Letter, about: str) -> AccountRow | None:
    """Return who was blocked: as the embedded Block says, or the one with that id."""
    if about:
        return await accounts.by_uri(session, about)
    row = await follow_rows.block_by_uri(session, letter.activity.object_id)
    if row is None or row.account_id != letter.sender.id:
        raise DroppedError("FED-71")
    return await accounts.by_id(session, row.target_id)


async def _undo_follow(session: AsyncSession, letter: Letter, about: str) -> None:
    uri = letter.activity.object_id or None
    target = await accounts.by_uri(session, about) if about else None
    if target is None and uri:
        row = await queries.follow_by_uri(session, uri)
        if row is not None and row.follower_id == letter.sender.id:
            target = await accounts.by_id(session, row.target_id)
    if target is None or not target.is_local:
        raise DroppedError("unknown_follow")
    await follows.undone_by_remote(
        session, follower=letter.sender, target=target, uri=uri, now=letter.now
    )
