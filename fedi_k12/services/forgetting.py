"""A post of this server goes, and with it all that counted it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.services import desk, quotes, tag_posts
from storage import post_writes, sent
from storage.tables import AccountRow, PostRow


async def forget(
    session: AsyncSession, row: PostRow, *, author: AccountRow, now: datetime
) -> None:
    """Take a post of this server away, with all that counted it; no other server is told."""
    await post_writes.bury(
        session,
        uri=row.uri,
        account_uri=author.uri,
        former_type=row.kind,
        visibility="local" if row.local_only else row.visibility,
        local=True,
        now=now,
    )
    await tag_posts.gone(session, row, now=now)
    await post_writes.orphan_replies(session, row.id, row.uri)
    if row.in_reply_to_id is not None and row.reply_state is None:
        await post_writes.count_replies(session, [row.in_reply_to_id], step=-1)
    await quotes.gone(session, row)
    await desk.gone(session, row.id, now=now)
    await post_writes.count_posts(session, [author.id], step=-1)
    await sent.forget(session, row.uri)
    await post_writes.remove_post(session, row.id)
