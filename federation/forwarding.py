"""Which answers to posts of ours go on to those who follow their authors (ActivityPub 7.1.2).

Whoever follows a member wants to read what is answered, but the answer's own server knows only
its own followers. What is passed on is passed on unchanged, and only with its author's proof
(FEP-8b32): a server that gets it need not believe us. It is for everybody, or addressed to
those followers; and only answers to what is for everybody go on (FED-87).
"""

import json
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import Letter
from federation.sig.integrity import proofs_in
from federation.vocab.parse import Activity
from federation.vocab.values import PUBLIC_NAMES, id_of, ids
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.jobs import ForwardActivity
from fedi_k12.domain.posts import Visibility
from storage import accounts, follows, jobs, posts
from storage.tables import AccountRow, PostRow

FORWARDED = frozenset({"Create", "Update", "Delete"})
MAX_COLLECTIONS = 5
"""Followers of so many members are looked at, of those that an activity names."""


async def concerned(session: AsyncSession, letter: Letter) -> list[int]:
    """Return the accounts of ours whose followers have to hear of what is in the letter.

    To be asked before the letter takes effect: a Delete takes what it is about along.
    """
    activity = letter.activity
    named = _named(letter.addresses, activity)
    open_to_all = bool(PUBLIC_NAMES & {*activity.to, *activity.cc})
    if activity.type not in FORWARDED or not (named or open_to_all) or letter.via is not None:
        return []
    if not any(proof.key_id.startswith("http") for proof in proofs_in(activity.raw)):
        return []
    found = []
    for number in await _answered(session, activity):
        owner = await accounts.by_id(session, number)
        if owner is None or not (open_to_all or owner.username in named):
            continue
        if await _lets(session, owner, letter.sender):
            found.append(owner.id)
    return found


async def pass_on(session: AsyncSession, letter: Letter, account_ids: Sequence[int]) -> None:
    """Let the followers of these accounts have what is in the letter."""
    for number in account_ids:
        job = ForwardActivity(
            account_id=number,
            activity=json.dumps(letter.activity.raw),
            object_uri=letter.activity.object_id,
            origin=letter.sender.host,
        )
        await jobs.enqueue(session, job, now=letter.now)


def _named(addresses: Addresses, activity: Activity) -> list[str]:
    """Return the short names of the members whose followers an activity is addressed to."""
    before, after = addresses.followers("\0").split("\0")
    addressed = [*activity.to, *activity.cc, *ids(activity.raw.get("audience"), limit=10)]
    names = [
        uri.removeprefix(before).removesuffix(after)
        for uri in addressed
        if uri.startswith(before) and uri.endswith(after)
    ]
    return list(dict.fromkeys(names))[:MAX_COLLECTIONS]


async def _answered(session: AsyncSession, activity: Activity) -> list[int]:
    """Return who wrote what is answered, and who began the thread, where that is for all."""
    if activity.type == "Delete":
        known = await posts.by_uri(session, activity.object_id)
        parent_id = known.in_reply_to_id if known is not None else None
        parent = await posts.by_id(session, parent_id) if parent_id is not None else None
    else:
        uri = id_of((activity.object or {}).get("inReplyTo"))
        parent = await posts.by_uri(session, uri) if uri else None
    if parent is None:
        return []
    root = await posts.by_id(session, parent.thread_id)
    return list(
        dict.fromkeys(row.account_id for row in (parent, root) if row and _is_for_all(row))
    )


def _is_for_all(row: PostRow) -> bool:
    """Return whether a post is ours and everybody may read it; groups pass on their own."""
    widely = Visibility(row.visibility).breadth >= Visibility.UNLISTED.breadth
    return row.local and widely and not row.local_only and row.group_id is None


async def _lets(session: AsyncSession, owner: AccountRow, sender: AccountRow) -> bool:
    """Return whether the followers of an account of ours may hear of the sender through it."""
    return owner.suspended_at is None and not await follows.blocked_either_way(
        session, owner.id, sender.id
    )
