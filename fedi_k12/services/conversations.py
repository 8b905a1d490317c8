"""Conversations: a member's letters, one for each thread.

A conversation has the id of its thread. Nothing is kept of one but how far it has been read:
what it shows is what the member may see of it now.
"""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.services import views
from storage import conversations as rows
from storage import posts
from storage.tables import ConversationRow


class ConversationView(Struct, frozen=True):
    """The letters of a thread, with the last of them."""

    id: int
    unread: bool
    accounts: tuple[AccountView, ...]
    """Who takes part besides the member: the author of the last letter, and whom it names."""
    last: PostView


async def page(
    session: AsyncSession, *, actor: Actor, page: PageRequest
) -> Page[ConversationView]:
    """Return a page of the actor's conversations, by their last letters."""
    ids = await rows.page(session, actor.account_id, page, thread_id=None)
    return ids.with_items(await _views(session, actor, ids.items))


async def one(session: AsyncSession, *, actor: Actor, conversation_id: int) -> ConversationView:
    """Return one of the actor's conversations, or raise `NotFoundError`."""
    ids = await rows.page(
        session, actor.account_id, PageRequest(limit=1), thread_id=conversation_id
    )
    found = await _views(session, actor, ids.items)
    if not found:
        raise NotFoundError("Record not found")
    return found[0]


async def any_unread(session: AsyncSession, *, actor: Actor) -> bool:
    """Return whether the newest letter of all is one that the actor has not read."""
    ids = await rows.page(session, actor.account_id, PageRequest(limit=1), thread_id=None)
    return any(view.unread for view in await _views(session, actor, ids.items))


async def read(
    session: AsyncSession, *, actor: Actor, conversation_id: int
) -> ConversationView:
    """Record that the actor has read a conversation up to its last letter."""
    view = await one(session, actor=actor, conversation_id=conversation_id)
    (await _mark(session, actor, view.id)).read_up_to = view.last.id
    await session.flush()
    return await one(session, actor=actor, conversation_id=conversation_id)


async def put_away(session: AsyncSession, *, actor: Actor, conversation_id: int) -> None:
    """Take a conversation out of the actor's list; a new letter brings it back."""
    view = await one(session, actor=actor, conversation_id=conversation_id)
    row = await _mark(session, actor, view.id)
    row.read_up_to = row.hidden_up_to = view.last.id
    await session.flush()


async def _mark(session: AsyncSession, actor: Actor, thread_id: int) -> ConversationRow:
    row = await session.get(ConversationRow, (actor.account_id, thread_id))
    if row is None:
        row = ConversationRow(
            account_id=actor.account_id, thread_id=thread_id, read_up_to=0, hidden_up_to=0
        )
        session.add(row)
    return row


async def _views(
    session: AsyncSession, actor: Actor, post_ids: Sequence[int]
) -> list[ConversationView]:
    last = await views.post_views(session, post_ids, viewer=actor)
    mentions = await posts.mentions_of(session, [post.id for post in last])
    named = {
        post.id: [
            account.id
            for mention, account in mentions.get(post.id, [])
            # To whom somebody wrote secretly is the writer's to know.
            if not mention.hidden or post.account.id == actor.account_id
        ]
        for post in last
    }
    everybody = {number for ids in named.values() for number in ids}
    everybody |= {post.account.id for post in last}
    people = {
        view.id: view
        for view in await views.account_views(session, sorted(everybody), viewer=actor)
    }
    marks = await rows.marks(session, actor.account_id, [post.thread_id for post in last])
    found = []
    for post in last:
        ids = dict.fromkeys([post.account.id, *named[post.id]])
        others = [number for number in ids if number != actor.account_id and number in people]
        mark = marks.get(post.thread_id)
        found.append(
            ConversationView(
                post.thread_id,
                post.account.id != actor.account_id
                and post.id > (mark.read_up_to if mark is not None else 0),
                tuple(people[number] for number in others or [actor.account_id]),
                post,
            )
        )
    return found
