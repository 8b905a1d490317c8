"""A letter of an official account to somebody elsewhere, about what was decided of theirs.

Its words are fixed in the code: nobody writes anything for the account here.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.domain.submissions import Paper
from fedi_k12.services import officials, posts


async def send(
    session: AsyncSession,
    *,
    account_id: int,
    member_id: int | None,
    text: str,
    about: int | None = None,
    addresses: Addresses,
    now: datetime,
) -> bool:
    """Send a letter and return whether it goes out: not from an account that says nothing.

    `about`: the post that it answers. `member_id`: who decided, for the records; they need not
    act for the account. `text` names to whom it goes.
    """
    standing = await officials.standing(session, account_id, now=now)
    if standing is None or standing.silent_because:
        return False
    # The form of the letter was decided once for all; only its rule is the decider's.
    speaker = Actor(account_id, member_id, delegation=Delegation(DelegateRole.AUTHOR))
    await posts.publish(
        session,
        actor=speaker,
        draft=Draft(text, visibility=Visibility.DIRECT, in_reply_to_id=about),
        addresses=addresses,
        now=now,
        paper=Paper(given=True),
    )
    return True
