"""Boards whose members are warned where they meet in a thread (R-18).

What members of one public body say to one another in answers may be a meeting that has to be
announced. Nothing is held: each of them is told, and so is the clerk.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.submissions import in_public
from fedi_k12.domain.text import clean_line
from fedi_k12.domain.words import words
from fedi_k12.services import moderation, notifications
from fedi_k12.services.notifications import Notice
from storage import accounts
from storage import boards as store
from storage.tables import AccountRow, BoardRow, PostRow

MAX_NAME = 100
MOST_MEMBERS = 100


class Board(Struct, frozen=True):
    """A board as administrators see it."""

    id: int
    name: str
    clerk: str
    """The handle of who keeps the minutes, empty for nobody."""
    members: Sequence[str]
    """Their handles."""
    warns: bool


async def listed(session: AsyncSession, *, actor: Actor) -> list[Board]:
    """Return the boards by name."""
    _demand(actor)
    found = []
    for row in await store.all_of_them(session):
        clerk = await accounts.by_id(session, row.clerk_id) if row.clerk_id else None
        members = [one.username for one in await store.members_of(session, row.id)]
        found.append(
            Board(row.id, row.name, clerk.username if clerk else "", members, row.warns)
        )
    return found


async def save(
    session: AsyncSession,
    *,
    actor: Actor,
    board_id: int | None,
    name: str,
    clerk: str,
    members: Sequence[str],
    warns: bool,
    now: datetime,
) -> int:
    """Make a board, or change one; return its number.

    `clerk`, `members`: handles of accounts here. Raises `InvalidError` that names the one who
    is not here.
    """
    _demand(actor)
    called = clean_line(name, MAX_NAME)
    if not called:
        raise InvalidError("Give the board a name.", fields={"name": "is empty"})
    keeper = await _here(session, clerk, "clerk") if clerk.strip() else None
    seated = [await _here(session, one, "members") for one in members if one.strip()]
    if len(seated) > MOST_MEMBERS:
        raise InvalidError(
            "A board has at most 100 members here.", fields={"members": "are too many"}
        )
    row = await session.get(BoardRow, board_id) if board_id is not None else BoardRow()
    if row is None:
        raise NotFoundError("There is no such board.")
    row.name, row.warns = called, warns
    row.clerk_id = keeper.id if keeper is not None else None
    if board_id is None:
        row.made_at = now
        session.add(row)
    await session.flush()
    ids = list(dict.fromkeys(one.id for one in seated))
    await store.seat(session, row.id, ids)
    await moderation.audit(
        session,
        actor=actor,
        action="board changed",
        target=("board", str(row.id)),
        detail={"name": called, "members": sorted(one.username for one in seated),
                "clerk": keeper.username if keeper else None, "warns": warns},
        now=now,
    )  # fmt: skip
    return row.id


async def end(session: AsyncSession, *, actor: Actor, board_id: int, now: datetime) -> None:
    """Forget a board."""
    _demand(actor)
    row = await session.get(BoardRow, board_id)
    if row is None:
        raise NotFoundError("There is no such board.")
    await store.seat(session, row.id, [])
    await session.delete(row)
    await moderation.audit(
        session,
        actor=actor,
        action="board ended",
        target=("board", str(board_id)),
        detail={"name": row.name},
        now=now,
    )


async def warn(session: AsyncSession, *, post: PostRow, now: datetime) -> None:
    """Tell members of one board and their clerk that they meet in a thread, where they do.

    Told with the first post of each of them in it, and not with every answer after.
    """
    thread = post.thread_id or post.id
    met = await store.met_in(session, account_id=post.account_id, thread_id=thread)
    if not met or await store.wrote_before(
        session, account_id=post.account_id, thread_id=thread, post_id=post.id
    ):
        return
    boards = {board.id: board for board, _other in met}
    # A clerk need not be among those who may read a letter.
    shown = post.id if in_public(Visibility(post.visibility)) else None
    for board in boards.values():
        others = [other for one, other in met if one.id == board.id]
        about = {"board": board.name}
        notices = [
            Notice(one, "board_thread", post.account_id, post.id, about) for one in others
        ]
        notices.append(Notice(post.account_id, "board_thread", others[0], post.id, about))
        if board.clerk_id is not None:
            notices.append(
                Notice(board.clerk_id, "board_thread", post.account_id, shown, about)
            )
        await notifications.notify_many(session, notices, now=now)


async def _here(session: AsyncSession, handle: str, field: str) -> AccountRow:
    name = handle.strip().lstrip("@").partition("@")[0]
    row = await accounts.local_by_username(session, name.lower()) if name else None
    if row is None:
        raise InvalidError(
            words("Nobody here is called @%(name)s.", name=name), fields={field: "is not here"}
        )
    return row


def _demand(actor: Actor) -> None:
    decision = decide(actor, Action.MAKE_OFFICIALS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
