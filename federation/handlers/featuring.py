"""Add and Remove: an account elsewhere pins a post or features a hashtag, or no longer."""

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter, NeedsFetchError
from federation.vocab import values
from fedi_k12.services import featuring
from storage import follows, posts
from storage.tables import PostRow


async def add(session: AsyncSession, letter: Letter) -> None:
    """Somebody pins a post of their own, or features a hashtag."""
    if letter.activity.object_type in {"Hashtag", "as:Hashtag"}:
        await _tag(session, letter, added=True)
        return
    _demand_own_collection(letter)
    uri = letter.activity.object_id
    post = await posts.by_uri(session, uri)
    if post is None:
        followed = await follows.has_local_follower(session, [letter.sender.id])
        if letter.sender.id not in followed or uri in letter.given_up:
            raise DroppedError("unknown_post")
        raise NeedsFetchError("post", [uri])
    await featuring.receive_pin(session, post=_own(letter, post), pinned=True, now=letter.now)


async def remove(session: AsyncSession, letter: Letter) -> None:
    """Somebody no longer pins a post, or features a hashtag."""
    if letter.activity.object_type in {"Hashtag", "as:Hashtag"}:
        await _tag(session, letter, added=False)
        return
    _demand_own_collection(letter)
    post = await posts.by_uri(session, letter.activity.object_id)
    if post is None:
        raise DroppedError("unknown_post")
    await featuring.receive_pin(session, post=_own(letter, post), pinned=False, now=letter.now)


async def _tag(session: AsyncSession, letter: Letter, *, added: bool) -> None:
    sender = letter.sender
    # Some put hashtags and posts into one collection.
    if letter.activity.target_id not in {sender.featured_uri, sender.featured_tags_uri}:
        raise DroppedError("foreign_collection")
    name = values.text(letter.activity.object or {}, "name", limit=200)
    await featuring.receive_tag(
        session, account_id=sender.id, name=name, featured=added, now=letter.now
    )


def _demand_own_collection(letter: Letter) -> None:
    """Nobody changes what another features: the target is the sender's own list (FED-71)."""
    target = letter.activity.target_id
    if not target or target != letter.sender.featured_uri:
        raise DroppedError("foreign_collection")


def _own(letter: Letter, post: PostRow) -> PostRow:
    if post.account_id != letter.sender.id or post.boost_of_id is not None:
        raise DroppedError("FED-71")
    return post
