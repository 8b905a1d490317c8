"""The words of a profile, rendered, and told to other servers."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import text
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.jobs import FederateProfile
from fedi_k12.domain.people import MAX_FIELD_CHARACTERS, MAX_FIELDS, normalise_host
from fedi_k12.services.emojis import used_in
from fedi_k12.services.wording import people_named
from storage import jobs
from storage.tables import AccountRow

MAX_HOSTS = 10
"""Sites that may name a member as an author; as many as Mastodon takes."""
CALM = timedelta(minutes=1)
"""Who changes a profile again so soon is not done yet: followers' servers wait."""


async def rendered(session: AsyncSession, source: str, addresses: Addresses) -> str:
    """Return a line or a description of a profile as HTML, with its links."""
    scanned = text.scan(source, content_type="text/plain")
    named = {
        name: text.MentionTarget(row.url or row.uri, row.uri, row.username)
        for name, row in (await people_named(session, scanned.mentions, addresses)).items()
    }
    return text.render(
        source,
        content_type="text/plain",
        mentions=named,
        tag_url=lambda tag: addresses.tag(text.tag_key(tag)),
    ).html


def hosts(given: Sequence[str]) -> list[str]:
    """Return the hosts that a member names, each once; raises `InvalidError`."""
    names = [word.strip().removeprefix("https://").rstrip("/") for word in given]
    try:
        found = list(dict.fromkeys(normalise_host(name) for name in names if name))
    except InvalidError as error:
        raise InvalidError(
            f"Validation failed: Attribution domains: {error}",
            fields={"attribution_domains": "is invalid"},
        ) from error
    if len(found) > MAX_HOSTS:
        raise InvalidError(f"Validation failed: There can be {MAX_HOSTS} domains at most")
    return found


async def rendered_fields(
    session: AsyncSession, given: Sequence[tuple[str, str]], addresses: Addresses
) -> list[dict[str, object]]:
    """Return the lines of a profile's table as they are stored; raises `InvalidError`."""
    rows: list[dict[str, object]] = []
    for name, value in given:
        if not name.strip() and not value.strip():
            continue
        if max(len(name), len(value)) > MAX_FIELD_CHARACTERS:
            raise InvalidError(
                f"Validation failed: A line of the profile can have {MAX_FIELD_CHARACTERS} "
                "characters at most"
            )
        html = await rendered(session, value, addresses)
        rows.append(
            {
                "name": text.clean_line(name, MAX_FIELD_CHARACTERS),
                "value": html.removeprefix("<p>").removesuffix("</p>"),
                "source": value,
                "verified_at": None,
            }
        )
    if len(rows) > MAX_FIELDS:
        raise InvalidError(f"Validation failed: A profile has {MAX_FIELDS} lines at most")
    return rows


async def emojis_in(session: AsyncSession, row: AccountRow) -> list[dict[str, str]]:
    """Return the emojis of this place that a profile uses, as it keeps them."""
    lines = (str(item.get(part, "")) for item in row.fields for part in ("name", "source"))
    return await used_in(session, (row.display_name, row.note_source, *lines))


async def tell(
    session: AsyncSession, row: AccountRow, *, before: datetime | None, now: datetime
) -> None:
    """Tell other servers how a profile reads now; changes close together are told as one.

    `before` is when it had changed the last time. What waits already says everything.
    """
    job = FederateProfile(row.id)
    if await jobs.is_waiting(session, job):
        return
    soon = before is not None and now - before < CALM
    due_at = now + CALM if soon else now
    await jobs.enqueue(session, job, now=now, due_at=due_at, about=row.uri)
