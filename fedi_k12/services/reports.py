"""Reports: members and other servers ask the moderators to look; moderators decide.

Nothing happens by itself because of a report. What is sent to another server names the account
and its posts; who reported is never said, and words only after a moderator read them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError, TooManyError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import SendFlag
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.reports import (
    CATEGORIES,
    MAX_COMMENT,
    MAX_CONTEXT,
    MAX_FLAG_COMMENT,
    MAX_FLAG_OBJECTS,
    MAX_FLAG_TARGETS,
    ReportNote,
    ReportView,
)
from fedi_k12.services import (
    access,
    groups,
    looks,
    moderation,
    notifications,
    records,
    views,
)
from fedi_k12.services.collection_views import collection_views
from storage import accounts, collections, jobs, posts, reports
from storage.tables import AccountRow, ReportNoteRow, ReportRow

A_DAY = timedelta(days=1)
MAX_A_DAY = 50
"""Reports of one member within a day."""
MAX_A_DAY_PER_HOST = 200
"""Reports of one server within a day; more are dropped (FED-78)."""
MAX_POSTS = 100
MAX_COLLECTIONS = 25
MAX_RULES = 100
MAX_NOTE = 2000
MAX_SEARCHED = 200
"""So many open reports are looked through for those of one group."""


async def file(
    session: AsyncSession,
    *,
    actor: Actor,
    target_id: int,
    post_ids: Sequence[int] = (),
    collection_ids: Sequence[int] = (),
    comment: str = "",
    category: str = "other",
    rule_ids: Sequence[int] = (),
    forward: bool = False,
    addresses: Addresses,
    now: datetime,
) -> ReportView:
    """Report an account, or what it made; `forward` asks that its own server be told.

    Without words of the reporter that happens at once; words wait for a moderator.
    """
    target = await access.account_for(session, target_id, viewer=actor)
    if target.id == actor.account_id:
        raise InvalidError("Validation failed: One cannot report oneself")
    comment = comment.replace("\0", "").strip()
    if len(comment) > MAX_COMMENT:
        raise InvalidError(
            f"Validation failed: Comment is too long (maximum is {MAX_COMMENT} characters)"
        )
    so_far = await reports.count_by(
        session, account_id=actor.account_id, host="", since=now - A_DAY
    )
    if so_far >= MAX_A_DAY:
        raise TooManyError("You have made many reports today. The moderators read them first.")
    if category not in CATEGORIES:
        category = "other"
    row = ReportRow(
        id=new_id(),
        account_id=actor.account_id,
        target_id=target.id,
        post_ids=await _posts_of(session, actor, target.id, post_ids),
        collection_ids=await _collections_of(session, actor, target.id, collection_ids),
        comment=comment,
        category="violation" if rule_ids else category,
        rule_ids=list(rule_ids)[:MAX_RULES],
        forward=forward and not target.is_local,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    await _tell_moderators(session, row, now)
    said = {"content": comment, "category": row.category}
    await records.note_account(
        session, kind="Flag", actor=actor, account=target, now=now, detail=said
    )
    if row.forward and not comment:
        await _forward(session, row, text="", addresses=addresses, now=now)
    return await _view(session, row)


async def receive(
    session: AsyncSession,
    *,
    sender: AccountRow,
    uri: str,
    object_uris: Sequence[str],
    comment: str,
    now: datetime,
) -> list[int]:
    """Take in the report of another server; return the reports made, one for each of ours.

    Nothing is made of what names nobody here. What is of others is kept as an address only.
    """
    wanted = list(dict.fromkeys(object_uris))[:MAX_FLAG_OBJECTS]
    people, about = await reports.ours_among(session, wanted)
    made_here = {row.uri: row for row in await collections.of_ours(session, wanted)}
    targets: dict[int, list[int]] = {number: [] for number in people.values()}
    for number, author in about.values():
        targets.setdefault(author, []).append(number)
    named: dict[int, list[int]] = {}
    for row in made_here.values():
        named.setdefault(row.account_id, []).append(row.id)
        targets.setdefault(row.account_id, [])
    known = {*people, *about, *made_here}
    context = [one for one in wanted if one not in known]
    so_far = await reports.count_by(
        session, account_id=None, host=sender.host, since=now - A_DAY
    )
    made: list[int] = []
    for target_id, post_ids in list(targets.items())[:MAX_FLAG_TARGETS]:
        if so_far + len(made) >= MAX_A_DAY_PER_HOST:
            break
        about_it = post_ids[:MAX_POSTS], named.get(target_id, [])[:MAX_COLLECTIONS]
        if await _is_known(session, sender.host, target_id, uri, *about_it):
            continue
        report = ReportRow(
            id=new_id(),
            account_id=sender.id,
            target_id=target_id,
            host=sender.host,
            uri=uri,
            post_ids=about_it[0],
            collection_ids=about_it[1],
            context_uris=context[:MAX_CONTEXT],
            comment=comment[:MAX_FLAG_COMMENT],
            created_at=now,
        )
        session.add(report)
        made.append(report.id)
        await session.flush()
        await _tell_moderators(session, report, now)
    return made


async def queue(
    session: AsyncSession,
    *,
    actor: Actor,
    resolved: bool = False,
    limit: int = 40,
    max_id: int | None = None,
) -> list[ReportView]:
    """Return the reports that wait for the moderators, or those that are closed."""
    _demand(actor)
    rows = await reports.page(session, resolved=resolved, limit=limit, max_id=max_id)
    return [await _view(session, row) for row in rows]


async def in_group(session: AsyncSession, *, actor: Actor, group_id: int) -> list[ReportView]:
    """Return the open reports of posts in a group, for those who look after it.

    Who reported is for the moderators of this server to know, and left out.
    """
    group = await groups.demand_moderator(session, actor=actor, group_id=group_id)
    found = []
    for row in await reports.page(session, resolved=False, limit=MAX_SEARCHED, max_id=None):
        about = await posts.by_ids(session, row.post_ids)
        if any(post.group_id == group.id for post in about.values()):
            found.append(await _view(session, row, whole=True))
    return found


async def any_open(session: AsyncSession, *, actor: Actor) -> bool:
    """Return whether a report waits for the actor; never for those who do not moderate."""
    if not decide(actor, Action.HANDLE_REPORTS).allowed:
        return False
    return await reports.any_open(session)


async def one(
    session: AsyncSession, *, actor: Actor, report_id: int, now: datetime
) -> ReportView:
    """Return a report with its posts and notes; note for their authors who looked."""
    _demand(actor)
    found = await _view(session, await _row(session, report_id), whole=True)
    await looks.note_posts(session, actor=actor, shown=found.posts, now=now)
    return found


async def assign(
    session: AsyncSession, *, actor: Actor, report_id: int, now: datetime
) -> ReportView:
    """Take a report upon oneself, so that others need not look."""
    _demand(actor)
    row = await _row(session, report_id)
    row.assigned_id = actor.account_id
    await _audit(session, actor, "report assigned", row, now)
    return await _view(session, row)


async def unassign(
    session: AsyncSession, *, actor: Actor, report_id: int, now: datetime
) -> ReportView:
    """Leave a report to whoever takes it."""
    _demand(actor)
    row = await _row(session, report_id)
    row.assigned_id = None
    await _audit(session, actor, "report unassigned", row, now)
    return await _view(session, row)


async def resolve(
    session: AsyncSession, *, actor: Actor, report_id: int, now: datetime
) -> ReportView:
    """Close a report."""
    _demand(actor)
    row = await _row(session, report_id)
    if row.resolved_at is None:
        row.resolved_at, row.resolved_by_id = now, actor.account_id
        await _audit(session, actor, "report closed", row, now)
    return await _view(session, row)


async def reopen(
    session: AsyncSession, *, actor: Actor, report_id: int, now: datetime
) -> ReportView:
    """Open a closed report again."""
    _demand(actor)
    row = await _row(session, report_id)
    row.resolved_at = row.resolved_by_id = None
    await _audit(session, actor, "report reopened", row, now)
    return await _view(session, row)


async def classify(
    session: AsyncSession,
    *,
    actor: Actor,
    report_id: int,
    category: str | None = None,
    rule_ids: Sequence[int] | None = None,
    now: datetime,
) -> None:
    """Say anew what a report is about; rules are only for what violates them."""
    _demand(actor)
    row = await _row(session, report_id)
    if category is not None and category not in CATEGORIES:
        raise InvalidError(
            "Validation failed: Category is not included in the list",
            fields={"category": "is not included in the list"},
        )
    row.category = category or row.category
    if rule_ids is not None:
        row.rule_ids = list(dict.fromkeys(rule_ids))[:MAX_RULES]
    if row.category != "violation":
        row.rule_ids = []
    await _audit(session, actor, "report classified", row, now)


async def note(
    session: AsyncSession, *, actor: Actor, report_id: int, text: str, now: datetime
) -> None:
    """Note something about a report, for the other moderators."""
    _demand(actor)
    row = await _row(session, report_id)
    text = text.replace("\0", "").strip()
    if not text:
        raise InvalidError("A note needs words.", fields={"text": "needs words"})
    if len(text) > MAX_NOTE:
        raise InvalidError(f"A note has at most {MAX_NOTE} characters.")
    session.add(
        ReportNoteRow(
            id=new_id(),
            report_id=row.id,
            account_id=actor.account_id,
            text=text,
            created_at=now,
        )
    )
    await session.flush()


async def forward_to_host(
    session: AsyncSession,
    *,
    actor: Actor,
    report_id: int,
    text: str,
    addresses: Addresses,
    now: datetime,
) -> ReportView:
    """Tell the server of the reported account, in words that a moderator has read."""
    _demand(actor)
    row = await _row(session, report_id)
    if row.forwarded_at is not None:
        raise InvalidError("The other server has been told already.")
    await _forward(session, row, text=text, addresses=addresses, now=now)
    await _audit(session, actor, "report forwarded", row, now)
    return await _view(session, row)


async def _tell_moderators(session: AsyncSession, row: ReportRow, now: datetime) -> None:
    await notifications.tell_staff(
        session,
        kind="admin.report",
        action=Action.HANDLE_REPORTS,
        from_id=row.account_id,
        detail={"report_id": str(row.id)},
        now=now,
    )


async def _forward(
    session: AsyncSession, row: ReportRow, *, text: str, addresses: Addresses, now: datetime
) -> None:
    target = await _target(session, row)
    if target.is_local:
        raise InvalidError("That account is of this server: there is nobody else to tell.")
    row.forward, row.forwarded_at = True, now
    row.uri = f"{addresses.server_actor()}#flags/{row.id}"
    words = text.replace("\0", "").strip()[:MAX_FLAG_COMMENT]
    await jobs.enqueue(session, SendFlag(row.id, words), now=now)


async def _is_known(
    session: AsyncSession,
    host: str,
    target_id: int,
    uri: str,
    post_ids: Sequence[int],
    collection_ids: Sequence[int],
) -> bool:
    """Return whether an open report of the same server says the same already (FED-78)."""
    for row in await reports.open_from(session, host=host, target_id=target_id):
        said = {*post_ids} <= {*row.post_ids} and {*collection_ids} <= {*row.collection_ids}
        if row.uri == uri or said:
            return True
    return False


async def _posts_of(
    session: AsyncSession, actor: Actor, target_id: int, post_ids: Sequence[int]
) -> list[int]:
    """Return which of these posts are the account's and may be seen by the reporter."""
    ids = list(dict.fromkeys(post_ids))[:MAX_POSTS]
    seen = await views.post_views(session, ids, viewer=actor)
    return [view.id for view in seen if view.account.id == target_id]


async def _collections_of(
    session: AsyncSession, actor: Actor, target_id: int, collection_ids: Sequence[int]
) -> list[int]:
    """Return which of these collections are the account's and may be seen by the reporter."""
    ids = list(dict.fromkeys(collection_ids))[:MAX_COLLECTIONS]
    seen = await collection_views(session, ids, viewer=actor)
    return [view.id for view in seen if view.owner.id == target_id]


async def _row(session: AsyncSession, report_id: int) -> ReportRow:
    row = await reports.by_id(session, report_id)
    if row is None:
        raise NotFoundError("There is no such report.")
    return row


async def _target(session: AsyncSession, row: ReportRow) -> AccountRow:
    target = await accounts.by_id(session, row.target_id)
    if target is None:
        raise NotFoundError("That account is gone.")
    return target


async def _view(session: AsyncSession, row: ReportRow, *, whole: bool = False) -> ReportView:
    notes = await reports.notes(session, row.id) if whole else []
    ids = {row.target_id, row.account_id, row.assigned_id, row.resolved_by_id}
    ids |= {one.account_id for one in notes}
    people = {
        view.id: view
        for view in await views.account_views(session, [n for n in ids if n is not None])
    }
    shown, named = [], []
    if whole:
        named = await collection_views(session, row.collection_ids, viewer=None, reported=True)
        # As whoever reported saw it; of ours, as its author does.
        as_seen_by = row.target_id if row.host else row.account_id
        shown = await views.post_views(session, row.post_ids, viewer=Actor(as_seen_by))
    return ReportView(
        id=row.id,
        target=people[row.target_id],
        reporter=people[row.account_id],
        host=row.host,
        comment=row.comment,
        category=row.category,
        post_ids=tuple(row.post_ids),
        rule_ids=tuple(row.rule_ids),
        created_at=row.created_at,
        forward=row.forward,
        forwarded_at=row.forwarded_at,
        assigned=people.get(row.assigned_id or 0),
        resolved_at=row.resolved_at,
        resolved_by=people.get(row.resolved_by_id or 0),
        posts=tuple(shown),
        collection_ids=tuple(row.collection_ids),
        collections=tuple(named),
        context_uris=tuple(row.context_uris),
        notes=tuple(
            ReportNote(people.get(one.account_id or 0), one.text, one.created_at)
            for one in notes
        ),
        others=await reports.count_about(session, row.target_id) - 1 if whole else 0,
    )


async def flag_of(
    session: AsyncSession, report_id: int
) -> tuple[ReportRow, AccountRow, list[str]] | None:
    """Return a report that is sent, whom it is about, and the ids of what it names."""
    row = await reports.by_id(session, report_id)
    if row is None or row.uri is None:
        return None
    target = await _target(session, row)
    about = await posts.by_ids(session, row.post_ids)
    named = await collections.by_ids(session, row.collection_ids)
    uris = [about[number].uri for number in row.post_ids if number in about]
    uris += [named[number].uri for number in row.collection_ids if number in named]
    return row, target, uris


async def _audit(
    session: AsyncSession, actor: Actor, action: str, row: ReportRow, now: datetime
) -> None:
    await moderation.audit(
        session,
        actor=actor,
        action=action,
        target=("report", str(row.id)),
        detail={"account": str(row.target_id)},
        now=now,
    )
    await session.flush()


def _demand(actor: Actor) -> None:
    decision = decide(actor, Action.HANDLE_REPORTS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
