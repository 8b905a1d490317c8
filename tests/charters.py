"""A charter for official accounts in tests: without one that holds nothing is posted."""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from fedi_k12.domain.charters import CharterDraft
from fedi_k12.domain.submissions import Level


def charter_draft(now: datetime, **changes: Any) -> CharterDraft:
    """Return a charter that holds for a year and a half; nothing needs a second person."""
    draft = CharterDraft(
        goal="Families know what happens at school.",
        audience="Families and neighbours",
        speakers="The principal and the school office",
        answered="Questions about school days. Not questions about one child.",
        review_by=(now + timedelta(days=550)).date(),
        approval=Level.NONE,
        direct_messages=True,
    )
    return replace(draft, **changes)
