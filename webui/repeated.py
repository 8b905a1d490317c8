"""Answers to official accounts that say the same, under the first that says it (R-47)."""

import asyncio
from datetime import datetime

from fedi_k12.domain import repeats
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView, Thread
from fedi_k12.domain.sanitise import plain_text

Reply = tuple[PostView, str, int]
"""An answer with its number in the thread, and how deep it stands."""


async def said_once(
    found: Thread, rows: list[Reply], who: Actor | None
) -> tuple[list[Reply], dict[int, list[Reply]]]:
    """Return the numbered replies that stand, and by reply what says the same and is folded.

    Under what an official account says, whoever repeats an answer stands under the first one
    that says it (R-47). One's own answer stands for itself, and so does what was answered.
    """
    begins = (found.ancestors or (found.post,))[0].account
    if not begins.official:
        return rows, {}
    answered = {post.in_reply_to_id for post in found.descendants}
    told = sorted((post for post in found.descendants if _plain(post, begins.id)), key=_age)
    texts = [(post.id, plain_text(f"{post.summary} {post.content}")) for post in told]
    firsts = await asyncio.to_thread(repeats.firsts, texts)
    me = who.account_id if who is not None else None
    kept: list[Reply] = []
    same: dict[int, list[Reply]] = {}
    for row in rows:
        post = row[0]
        first = firsts.get(post.id, post.id)
        if first == post.id or post.id in answered or post.account.id == me:
            kept.append(row)
        else:
            same.setdefault(first, []).append(row)
    return kept, same


def _plain(post: PostView, official_id: int) -> bool:
    """Return whether an answer is words and nothing else, and everybody's to read."""
    more = post.media or post.poll or post.quote or post.event or post.hidden or post.waiting
    return not more and post.account.id != official_id


def _age(post: PostView) -> tuple[datetime, int]:
    return post.created_at, post.id
