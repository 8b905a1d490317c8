"""Join, Leave, Invite, and their answers (FEP-8a8e, Mobilizon; Hubzilla, Friendica)."""

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter, NeedsFetchError
from federation.vocab import values
from federation.vocab.values import id_of
from fedi_k12.domain.event_jobs import AnswerGuest
from fedi_k12.domain.events import MAX_MESSAGE, Attending, Wish
from fedi_k12.domain.posts import Visibility, may_see
from fedi_k12.domain.sanitise import plain_text, safe_html
from fedi_k12.domain.text import clean_line
from fedi_k12.services import attendance
from fedi_k12.services.access import facts_for
from fedi_k12.services.attendance_elsewhere import answered_elsewhere, invited_elsewhere
from storage import accounts, events, jobs, posts
from storage.tables import PostRow


async def join(session: AsyncSession, letter: Letter) -> None:
    """Somebody elsewhere wants to come to an event of ours: always answered."""
    await _wish(session, letter, asked_by="Join")


async def attend(session: AsyncSession, letter: Letter) -> None:
    """Accept or TentativeAccept of the event itself, as Hubzilla and Friendica say it."""
    maybe = letter.activity.type == "TentativeAccept"
    await _wish(session, letter, asked_by=letter.activity.type, maybe=maybe)


async def decline(session: AsyncSession, letter: Letter) -> None:
    """Leave, or Reject of the event itself: of what the sender said, and nobody else."""
    post = await _ours(session, letter)
    inner = letter.activity.object
    if letter.activity.object_type == "Join" and inner is not None:
        who = id_of(inner.get("actor"))
        if who not in {"", letter.sender.uri}:
            raise DroppedError("FED-110")
    if not await attendance.receive_leave(
        session, guest=letter.sender, post=post, now=letter.now
    ):
        raise DroppedError("unknown_join")


async def accept(session: AsyncSession, letter: Letter) -> None:
    """An organiser elsewhere has a place for a member; or a guest takes an invitation."""
    if await _invited(session, letter):
        await _wish(session, letter, asked_by="Accept", event=await _of_invite(session, letter))
        return
    await _answered(session, letter, Attending.GOING)


async def reject(session: AsyncSession, letter: Letter) -> None:
    """An organiser elsewhere has no place for a member; or a guest turns an invitation down."""
    if await _invited(session, letter):
        post = await _of_invite(session, letter)
        await attendance.receive_leave(session, guest=letter.sender, post=post, now=letter.now)
        return
    await _answered(session, letter, Attending.REFUSED)


async def ignore(session: AsyncSession, letter: Letter) -> None:
    """An organiser's server does not take answers (FEP-8a8e)."""
    await _answered(session, letter, Attending.IGNORED)


async def invite(session: AsyncSession, letter: Letter) -> None:
    """An organiser elsewhere invites a member to an event."""
    activity = letter.activity
    wanted = [activity.target_id] if activity.target_id else list(activity.to)
    people = await accounts.by_uris(session, wanted[:10])
    guests = [row for row in people.values() if row.is_local and row.deleted_at is None]
    if not guests:
        raise DroppedError("not_ours")
    post = await posts.by_uri(session, activity.object_id)
    if post is None:
        if activity.object_id in letter.given_up:
            raise DroppedError("unknown_event")
        raise NeedsFetchError("post", [activity.object_id])
    for guest in guests:
        if not await invited_elsewhere(
            session,
            organiser=letter.sender,
            post=post,
            guest=guest,
            uri=activity.key,
            now=letter.now,
        ):
            raise DroppedError("FED-110")


async def _wish(
    session: AsyncSession,
    letter: Letter,
    *,
    asked_by: str,
    maybe: bool = False,
    event: PostRow | None = None,
) -> None:
    """Take in a wish to come, and answer what can be answered at once."""
    post = event or await _ours(session, letter)
    facts = (await facts_for(session, [post], viewer_id=letter.sender.id))[post.id]
    uri = letter.activity.key
    if not may_see(letter.sender.id, facts):
        if facts.author_blocks_viewer and facts.visibility is Visibility.PUBLIC:
            await _answer(session, letter, post, "Reject", asked_by)
            return
        raise DroppedError("FED-110")
    verdict = await attendance.receive_wish(
        session,
        guest=letter.sender,
        post=post,
        wish=Wish(uri, asked_by, _message(letter), maybe=maybe),
        now=letter.now,
    )
    if verdict is None:
        raise DroppedError("unknown_event")
    if verdict.state is None:
        await _answer(session, letter, post, "Ignore", asked_by)
    elif verdict.state is Attending.REFUSED:
        await _answer(session, letter, post, "Reject", asked_by)
    elif verdict.state is Attending.GOING and asked_by == "Join":
        # Who says Accept of the event itself takes it for settled; a second word helps nobody.
        await _answer(session, letter, post, "Accept", asked_by)


async def _answer(
    session: AsyncSession, letter: Letter, post: PostRow, kind: str, asked_by: str
) -> None:
    await jobs.enqueue(
        session,
        AnswerGuest(
            post.account_id, letter.sender.id, kind, letter.activity.key, asked_by, post.uri
        ),
        now=letter.now,
    )


async def _answered(session: AsyncSession, letter: Letter, state: Attending) -> None:
    activity = letter.activity
    inner = activity.object or {}
    event_uri = id_of(inner.get("object")) or id_of(inner.get("target"))
    if not await answered_elsewhere(
        session,
        answerer=letter.sender,
        uri=activity.object_id,
        guest_uri=id_of(inner.get("actor")),
        event_uri=event_uri,
        state=state,
        now=letter.now,
    ):
        raise DroppedError("FED-110")


async def _invited(session: AsyncSession, letter: Letter) -> bool:
    """Return whether the letter answers an invitation of ours to its sender."""
    row = await events.attendance_by_uri(session, letter.activity.object_id)
    return row is not None and row.asked_by == "Invite" and row.account_id == letter.sender.id


async def _of_invite(session: AsyncSession, letter: Letter) -> PostRow:
    row = await events.attendance_by_uri(session, letter.activity.object_id)
    post = await posts.by_id(session, row.post_id) if row is not None else None
    if post is None or not post.local:
        raise DroppedError("unknown_event")
    return post


async def _ours(session: AsyncSession, letter: Letter) -> PostRow:
    """Return the event of ours that the letter is about."""
    activity = letter.activity
    inner = activity.object
    uri = activity.object_id
    if activity.object_type == "Join" and inner is not None:
        uri = id_of(inner.get("object"))
    post = await posts.by_uri(session, uri)
    if post is None or not post.local or post.kind != "Event":
        raise DroppedError("unknown_event")
    return post


def _message(letter: Letter) -> str:
    """Return what a guest says along with the wish, as plain text (FED-110)."""
    raw = values.text(letter.activity.raw, "participationMessage", "content", limit=10_000)
    return clean_line(" ".join(plain_text(safe_html(raw)).split()), MAX_MESSAGE)
