"""The words of posts: rendered, and whom and what they name."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import text
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.languages import normalise_language
from fedi_k12.domain.people import parse_handle
from fedi_k12.domain.posts import (
    Draft,
)
from fedi_k12.services.emojis import used_in
from storage import accounts, post_writes
from storage.tables import (
    AccountRow,
    MentionRow,
)


class Written(Struct, frozen=True):
    """A draft made ready: its HTML, whom it names and its tags."""

    html: str
    named: tuple[AccountRow, ...]
    tags: tuple[tuple[str, str], ...]
    language: str | None
    emojis: tuple[dict[str, str], ...] = ()
    """Those of this place that it uses."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Its HTML in each language, where people wrote it in several."""


async def people_named(
    session: AsyncSession, names: Sequence[str], addresses: Addresses
) -> dict[str, AccountRow]:
    """Return whom the handles in a text mean, as far as they are known here."""
    own_hosts = {addresses.handle_domain, addresses.base_url.partition("://")[2]}
    named: dict[str, AccountRow] = {}
    for name in names:
        try:
            handle = parse_handle(name, own_hosts=own_hosts)
        except InvalidError:
            continue
        row = await accounts.by_handle(session, handle.username, handle.host or "")
        if row is not None and row.deleted_at is None and row.suspended_at is None:
            named[name] = row
    return named


async def worded(session: AsyncSession, draft: Draft, addresses: Addresses) -> Written:
    """Return a draft made ready: rendered, with whom and what it names."""
    content_type = text.content_type(draft.content_type)
    scanned = text.scan(draft.text, content_type=content_type)
    named = await people_named(session, scanned.mentions, addresses)
    targets = {
        name: text.MentionTarget(row.url or row.uri, row.uri, row.username)
        for name, row in named.items()
    }

    def rendered(source: str) -> str:
        return text.render(
            source,
            content_type=content_type,
            mentions=targets,
            tag_url=lambda tag: addresses.tag(text.tag_key(tag)),
            article=bool(draft.title),
        ).html

    tags = {text.tag_key(tag): tag for tag in reversed(scanned.hashtags)}
    more = [*draft.named_ids, *([draft.group_id] if draft.group_id is not None else [])]
    besides = await accounts.by_ids(session, more)
    options = draft.poll.options if draft.poll is not None else ()
    drawn = (draft.text, draft.summary, draft.title, *options)
    return Written(
        html=rendered(draft.text),
        named=tuple({row.id: row for row in (*named.values(), *besides.values())}.values()),
        tags=tuple(tags.items()),
        language=normalise_language(draft.language) if draft.language else None,
        emojis=tuple(await used_in(session, drawn)),
        versions={tag: rendered(source) for tag, source in draft.versions.items()},
    )


async def name_people(session: AsyncSession, post_id: int, named: Sequence[AccountRow]) -> None:
    """Record whom a post names."""
    await post_writes.insert_mentions(
        session,
        [
            {
                "post_id": post_id,
                "account_id": row.id,
                "position": position,
                "silent": False,
                "hidden": False,
            }
            for position, row in enumerate(named)
        ],
    )


async def address_secretly(session: AsyncSession, post_id: int, ids: Sequence[int]) -> None:
    """Record to whom a post is addressed without the others being told (bto, bcc)."""
    await post_writes.insert_mentions(
        session,
        [
            {
                "post_id": post_id,
                "account_id": number,
                "position": position,
                "silent": True,
                "hidden": True,
            }
            for position, number in enumerate(ids)
        ],
    )


async def name_anew(
    session: AsyncSession, post_id: int, named: Sequence[AccountRow]
) -> list[int]:
    """Change whom a post names; return who is new. The others may still see it."""
    before = {
        row.account_id: row
        for row in await session.scalars(
            select(MentionRow).where(MentionRow.post_id == post_id)
        )
    }
    now_named = {row.id for row in named}
    await session.execute(
        update(MentionRow)
        .where(MentionRow.post_id == post_id, MentionRow.account_id.not_in(now_named))
        .values(silent=True)
    )
    await session.execute(
        update(MentionRow)
        .where(MentionRow.post_id == post_id, MentionRow.account_id.in_(now_named))
        .values(silent=False, hidden=False)
    )
    fresh = [row for row in named if row.id not in before]
    await name_people(session, post_id, fresh)
    return [row.id for row in fresh if row.is_local]


async def give_tags(
    session: AsyncSession, post_id: int, tags: Sequence[tuple[str, str]], *, now: datetime
) -> list[tuple[str, str]]:
    """Give a post its hashtags; return them as they are shown: (key, how it is written)."""
    found = await post_writes.known_tags(session, tags, now=now)
    numbers = sorted((number, key) for key, (number, _display) in found.items())
    await post_writes.insert_post_tags(session, [(post_id, number) for number, _ in numbers])
    return [(key, found[key][1]) for _number, key in numbers]


def kind_of(draft: Draft, *, in_group: bool) -> str:
    """Return as what a draft is published: the type of its object."""
    if draft.title.strip():
        return "Page" if in_group else "Article"
    return "Question" if draft.poll else "Note"


def extra_of(draft: Draft) -> dict[str, object] | None:
    """Return what its object has besides: the licence."""
    return {"license": draft.license_url} if draft.license_url else None
