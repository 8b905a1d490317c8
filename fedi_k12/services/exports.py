"""What members take along: their lists as Mastodon's files, their links as the browsers'."""

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.link_files import write_links
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.portability import FILES, write
from fedi_k12.services import links
from storage import portability as queries


async def file_of(session: AsyncSession, *, actor: Actor, kind: str, handle_domain: str) -> str:
    """Return one of `domain.portability.FILES` of an account, whole handles in it."""
    if kind not in FILES:
        raise NotFoundError("Record not found")
    if kind == "links":
        return write_links(await links.everything(session, actor=actor))
    entries = await queries.held(session, actor.account_id, kind)
    plain = {"domain_blocks", "bookmarks"}
    return write(
        kind,
        (
            entry
            if kind in plain or entry.host
            else replace(entry, subject=f"{entry.subject}@{handle_domain}")
            for entry in entries
        ),
    )


async def sizes(session: AsyncSession, *, actor: Actor) -> dict[str, int]:
    """Return how much there is to take along, by kind."""
    found = {kind: await queries.count_held(session, actor.account_id, kind) for kind in FILES}
    # Saved posts are among the links, with what is written about them.
    return {**found, "links": found["links"] + found["bookmarks"]}
