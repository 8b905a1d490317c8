"""Like, EmojiReact, Dislike and Announce."""

from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter, NeedsFetchError
from federation.take import sign_in
from federation.vocab.parse import ACTIVITIES
from federation.vocab.values import PUBLIC_NAMES
from fedi_k12.domain.posts import Visibility, may_see
from fedi_k12.services import emoji_reactions, reactions, relays
from fedi_k12.services.access import facts_for
from storage import follows, posts
from storage.tables import PostRow


async def like(session: AsyncSession, letter: Letter) -> None:
    """Somebody elsewhere likes a post that is known here, and that they may see."""
    post = await posts.by_uri(session, letter.activity.object_id)
    if post is None or post.boost_of_id is not None:
        raise DroppedError("unknown_post")
    await _demand_sight(session, letter, post)
    sign = sign_in(letter.activity.raw, letter.sender, letter.addresses)
    give = (
        partial(emoji_reactions.receive_reaction, sign=sign) if sign else reactions.receive_like
    )
    await give(
        session,
        account=letter.sender,
        post=post,
        uri=letter.activity.id or None,
        now=letter.now,
    )


async def dislike(session: AsyncSession, letter: Letter) -> None:
    """Somebody elsewhere does not like a post: nothing is counted, and nobody is told."""


async def announce(session: AsyncSession, letter: Letter) -> None:
    """Somebody elsewhere passes a post on; what is embedded is never believed (FED-74)."""
    activity = letter.activity
    if activity.object_type in ACTIVITIES:
        raise DroppedError("FED-64")
    post = await posts.by_uri(session, activity.object_id)
    if await relays.is_relay(session, letter.sender):
        # It says that something was written, not that it thinks well of it.
        if post is None and activity.object_id not in letter.given_up:
            raise NeedsFetchError("relayed", [activity.object_id])
        return
    if post is None:
        followed = await follows.has_local_follower(session, [letter.sender.id])
        if letter.sender.id not in followed or activity.object_id in letter.given_up:
            raise DroppedError("unknown_post")
        raise NeedsFetchError("post", [activity.object_id])
    if post.boost_of_id is not None:
        raise DroppedError("FED-64")
    if post.local_only:
        raise DroppedError("FED-74")
    await _demand_sight(session, letter, post)
    made = await reactions.receive_boost(
        session,
        account=letter.sender,
        post=post,
        uri=activity.id,
        published=activity.published or letter.now,
        visibility=_visibility(letter),
        now=letter.now,
    )
    if made is None:
        raise DroppedError("FED-74")


async def _demand_sight(session: AsyncSession, letter: Letter, post: PostRow) -> None:
    facts = (await facts_for(session, [post], viewer_id=letter.sender.id))[post.id]
    if not may_see(letter.sender.id, facts):
        raise DroppedError("FED-74")


def _visibility(letter: Letter) -> Visibility:
    activity = letter.activity
    if PUBLIC_NAMES & set(activity.to):
        return Visibility.PUBLIC
    if PUBLIC_NAMES & set(activity.cc):
        return Visibility.UNLISTED
    return Visibility.FOLLOWERS
