"""What the town's official account is to say, and waits for a second person."""

import contextlib

from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.errors import SavedForApprovalError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft
from fedi_k12.services import officials, posts
from tests.browser.town import Town


async def fill(town: Town) -> None:
    """Make an official account that Maya writes for and Tom reads."""
    school = await town.do(
        officials.make,
        actor=None,
        username="hillside",
        display_name="Hillside Elementary",
        keys=town.keys,
    )
    for name in ("maya", "tom"):
        await town.do(
            officials.delegate,
            actor=None,
            account_id=school.id,
            person_id=town.people[name].account.id,
            role=DelegateRole.MANAGER,
        )
    maya = Actor(
        school.id,
        town.people["maya"].actor.member_id,
        delegation=Delegation(DelegateRole.MANAGER),
    )
    draft = Draft(
        "Jenny Miller and her class show what they built. Thursday at six in Room 12."
    )
    with contextlib.suppress(SavedForApprovalError):
        await town.do(posts.publish, actor=maya, draft=Draft("The library is open again."))
    try:
        await town.do(posts.publish, actor=maya, draft=draft)
    except SavedForApprovalError as saved:
        town.places |= {"waiting": str(saved.submission_id)}
