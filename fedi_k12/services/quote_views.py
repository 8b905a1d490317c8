"""What posts quote, as one viewer may see it: many at a time, one in another and no deeper."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.approvals import Consent
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView, QuoteView
from fedi_k12.services import access
from storage import accounts, posts
from storage.tables import AccountRow, BlockRow, DomainMuteRow, MuteRow, PostRow

UNSEEN = "unauthorized"
"""Mastodon's word for a quote whose post is not for this viewer."""


class Quotes(Struct, frozen=True):
    """The posts that others quote, and how each quote is shown, by the quoting post."""

    rows: Mapping[int, PostRow]
    states: Mapping[int, str]

    def view(self, row: PostRow, shown: PostView | None) -> QuoteView | None:
        """Return what a post quotes; `shown` is the view of it, None within a quote."""
        state = self.states.get(row.id)
        if state is None:
            return None
        hidden = state in {Consent.PENDING, Consent.REJECTED, Consent.REVOKED}
        hidden = hidden or state in {Consent.DELETED, UNSEEN}
        return QuoteView(
            state,
            row.quote_of_uri or "",
            None if hidden else row.quote_of_id,
            None if hidden else shown,
        )


async def quotes_in(
    session: AsyncSession, rows: Sequence[PostRow], *, viewer: Actor | None
) -> Quotes:
    """Return what these posts quote, and what their quotes quote as far as a word of it."""
    quoting = [row for row in rows if row.quote_of_uri is not None]
    if not quoting:
        return Quotes({}, {})
    shown = await _shown(session, quoting, viewer)
    inner = [row for row in shown.values() if row.quote_of_uri is not None]
    below = await _shown(session, inner, viewer) if inner else {}
    authors = await accounts.by_ids(session, [row.account_id for row in shown.values()])
    unwelcome = await _unwelcome(session, list(authors.values()), viewer)
    states: dict[int, str] = {}
    for row in [*inner, *quoting]:
        target = shown.get(row.quote_of_id or 0) or below.get(row.quote_of_id or 0)
        states[row.id] = _state(row, target, unwelcome)
    return Quotes(shown, states)


def _state(row: PostRow, target: PostRow | None, unwelcome: Mapping[int, str]) -> str:
    state = row.quote_state or Consent.PENDING.value
    if state != Consent.ACCEPTED:
        return state
    if row.quote_of_id is None:
        return Consent.DELETED.value
    if target is None:
        return UNSEEN
    return unwelcome.get(target.account_id, state)


async def _shown(
    session: AsyncSession, rows: Sequence[PostRow], viewer: Actor | None
) -> dict[int, PostRow]:
    ids = [
        row.quote_of_id
        for row in rows
        if row.quote_of_id is not None and row.quote_state == Consent.ACCEPTED
    ]
    seen = await access.visible_ids(session, ids, viewer=viewer)
    found = await posts.by_ids(session, sorted(seen))
    return {number: row for number, row in found.items() if row.boost_of_id is None}


async def _unwelcome(
    session: AsyncSession, authors: Sequence[AccountRow], viewer: Actor | None
) -> dict[int, str]:
    """Return why the viewer does not want to read some of these accounts, by account."""
    if viewer is None or not authors:
        return {}
    ids = [row.id for row in authors]
    hosts = set(
        await session.scalars(
            select(DomainMuteRow.domain).where(DomainMuteRow.account_id == viewer.account_id)
        )
    )
    found = {row.id: "blocked_domain" for row in authors if row.domain and row.domain in hosts}
    muted = await session.scalars(
        select(MuteRow.target_id).where(
            MuteRow.account_id == viewer.account_id, MuteRow.target_id.in_(ids)
        )
    )
    found |= dict.fromkeys(muted, "muted_account")
    blocked = await session.scalars(
        select(BlockRow.target_id).where(
            BlockRow.account_id == viewer.account_id, BlockRow.target_id.in_(ids)
        )
    )
    return found | dict.fromkeys(blocked, "blocked_account")
