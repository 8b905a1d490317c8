"""Hide an answer to an official account under a rule: never silently, with appeal (R-45).

Nothing is deleted. A mark stands in place of the words, its author is told, and another person
decides where they appeal.
"""

import secrets
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.forum import OWN, Stated
from fedi_k12.domain.ids import hash_token, new_id
from fedi_k12.domain.news import PostChanged
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.public_log import Act
from fedi_k12.domain.words import words as said
from fedi_k12.services import (
    access,
    account_letters,
    desk_queue,
    forum_rules,
    hidden_views,
    judges,
    notifications,
    public_log,
    records,
    submissions,
    views,
)
from fedi_k12.services.notifications import Notice
from storage import accounts, forum
from storage import posts as post_rows
from storage import submissions as teams
from storage.db import tell_after_commit
from storage.tables import AccountRow, HiddenAnswerRow, PostRow

MAX_WORDS = 1000
PAGE = 50
_NOT_FOUND = "There is nothing here that you may see."


class HiddenAnswer(Struct, frozen=True):
    """A hidden answer as its author and those who decide about it see it."""

    id: int
    account: AccountView
    author: AccountView | None
    post: PostView | None
    """With its words; None where it was deleted since."""
    rule: Stated
    words: str
    hidden_at: datetime
    told: str
    appealed_at: datetime | None
    appeal: str
    decided_at: datetime | None
    decision: str
    answer: str
    shown_at: datetime | None
    own: bool
    """Whether whoever looks wrote it."""
    decides: bool
    """Whether whoever looks could decide about the appeal: another than who hid it."""
    shows: bool
    """Whether whoever looks could show it again."""

    @property
    def own_words(self) -> bool:
        """Whether the rule is in this place's own words."""
        return self.rule.code.startswith(OWN)

    @property
    def waits(self) -> bool:
        """Whether an appeal waits to be decided."""
        return self.appealed_at is not None and not self.decision


async def about(session: AsyncSession, *, actor: Actor, post_id: int) -> PostView:
    """Return an answer that the actor may hide; raises for everything else."""
    row, _account = await answer_to_judge(session, actor, post_id)
    return await views.post_view(session, row.id, viewer=actor)


async def hide(
    session: AsyncSession,
    *,
    actor: Actor,
    post_id: int,
    code: str,
    words: str = "",
    addresses: Addresses,
    now: datetime,
) -> int:
    """Hide an answer under a rule, tell its author, and return the number of the case.

    By a moderator, or whoever approves for the account. Hidden twice is hidden once.
    """
    row, account = await answer_to_judge(session, actor, post_id)
    known = await forum.open_case(session, row.id)
    if known is not None:
        return known.id
    rule = await forum_rules.stated(session, code)
    case = HiddenAnswerRow(
        id=new_id(),
        post_id=row.id,
        post_uri=row.uri,
        account_id=account.id,
        author_id=row.account_id,
        rule_code=rule.code,
        rule_number=rule.number,
        rule=rule.words,
        words=short(words),
        hidden_by=actor.member_id or 0,
        hidden_at=now,
    )
    session.add(case)
    row.hidden = hidden_views.stored(rule)
    _changed(session, row)
    await session.flush()
    case.told = await _tell_author(session, actor, case, row, account, addresses, now=now)
    await session.flush()
    act = Act.ANSWER_HIDDEN if case.told else Act.ANSWER_HIDDEN_UNTOLD
    await _log(session, actor, act, case, account, rule, now=now)
    await _note(session, actor, "answer hidden", case, now=now)
    await desk_queue.hidden(session, actor=actor, post_id=row.id, now=now)
    return case.id


async def show(session: AsyncSession, *, actor: Actor, case_id: int, now: datetime) -> None:
    """Show a hidden answer again, without waiting for an appeal."""
    case = await _case(session, case_id)
    judges.demand(actor, case.account_id)
    await _show(session, actor, case, now=now)


async def appeal(
    session: AsyncSession,
    *,
    actor: Actor | None,
    case_id: int,
    key: str = "",
    text: str = "",
    now: datetime,
) -> None:
    """Ask another person to decide: by the author, signed in or with the key of their letter.

    Once for each time that it is hidden. Those who can decide are told.
    """
    case = await _case(session, case_id)
    if not _is_author(case, actor, key):
        raise NotFoundError(_NOT_FOUND)
    if case.shown_at is not None:
        raise InvalidError("It is shown again already.")
    if case.appealed_at is not None:
        raise InvalidError("You have appealed already.")
    case.appealed_at, case.appeal = now, short(text)
    await session.flush()
    await forum.tell_appeal(session, case_id=case.id, appeal="open")
    await _note(session, actor, "appeal", case, now=now)
    notices = [
        Notice(one.account_id, "answer_appealed", case.account_id, None, _about(case))
        for one in await teams.approvers(session, case.account_id)
        if one.id != case.hidden_by
    ]
    await notifications.notify_many(session, notices, now=now)


async def decide_appeal(
    session: AsyncSession,
    *,
    actor: Actor,
    case_id: int,
    overturn: bool,
    words: str = "",
    now: datetime,
) -> None:
    """Decide an appeal: by another person than who hid the answer, and than its author."""
    case = await _case(session, case_id)
    judges.demand(actor, case.account_id)
    if case.appealed_at is None or case.decision:
        raise InvalidError("No appeal waits here.")
    if actor.member_id == case.hidden_by:
        raise ForbiddenError("Another person than who hid it decides about the appeal.")
    person = await submissions.person_of(session, actor)
    if actor.member_id is None or person is None or person.id == case.author_id:
        raise ForbiddenError("Another person than who wrote it decides about the appeal.")
    case.decided_by, case.decided_at = actor.member_id, now
    case.decision, case.answer = "overturned" if overturn else "upheld", short(words)
    await session.flush()
    await forum.tell_appeal(session, case_id=case.id, appeal=case.decision)
    await _note(session, actor, "appeal decided", case, now=now)
    if overturn:
        await _show(session, actor, case, now=now)
    author = await accounts.by_id(session, case.author_id)
    if author is not None and author.is_local:
        told = Notice(author.id, "appeal_decided", case.account_id, None, _about(case))
        await notifications.notify_many(session, [told], now=now)


async def one(
    session: AsyncSession, *, actor: Actor | None, case_id: int, key: str = ""
) -> HiddenAnswer:
    """Return a case to its author, and to those who may decide about it."""
    row = await _case(session, case_id)
    if not _is_author(row, actor, key) and not judges.may_judge(actor, row.account_id):
        raise NotFoundError(_NOT_FOUND)
    (found,) = await _views(session, [row], actor, own=_is_author(row, actor, key))
    return found


async def listed(session: AsyncSession, *, actor: Actor) -> list[HiddenAnswer]:
    """Return what is or was hidden, appeals that wait first, to those who decide about it."""
    whose = judges.whose(actor)
    only = None if whose is None else [whose]
    rows = await forum.cases(session, account_ids=only, limit=PAGE)
    return await _views(session, rows, actor)


def _is_author(case: HiddenAnswerRow, actor: Actor | None, key: str) -> bool:
    if actor is not None and actor.account_id == case.author_id:
        return True
    return bool(
        key and case.key_hash and secrets.compare_digest(hash_token(key), case.key_hash)
    )


async def answer_to_judge(
    session: AsyncSession, actor: Actor, post_id: int
) -> tuple[PostRow, AccountRow]:
    """Return a public answer and the official account it belongs to, to who judges it."""
    row = await access.post_for(session, post_id, viewer=actor)
    account_id = (await forum.answered_accounts(session, [row])).get(row.id)
    account = await accounts.by_id(session, account_id or 0)
    if account is None:
        raise InvalidError("Only a public answer to an official account is hidden this way.")
    judges.demand(actor, account.id)
    return row, account


async def _case(session: AsyncSession, case_id: int) -> HiddenAnswerRow:
    row = await forum.case(session, case_id)
    if row is None:
        raise NotFoundError(_NOT_FOUND)
    return row


async def _show(
    session: AsyncSession, actor: Actor, case: HiddenAnswerRow, *, now: datetime
) -> None:
    if case.shown_at is not None:
        return
    case.shown_at = now
    row = await post_rows.by_id(session, case.post_id)
    if row is not None:
        row.hidden = None
        _changed(session, row)
    await session.flush()
    account = await accounts.by_id(session, case.account_id)
    if account is not None:
        await _log(session, actor, Act.ANSWER_SHOWN, case, account, _rule(case), now=now)
    await _note(session, actor, "answer shown again", case, now=now)


def _changed(session: AsyncSession, row: PostRow) -> None:
    row.version += 1
    tell_after_commit(session, PostChanged(row.id))


async def _tell_author(
    session: AsyncSession,
    actor: Actor,
    case: HiddenAnswerRow,
    row: PostRow,
    account: AccountRow,
    addresses: Addresses,
    *,
    now: datetime,
) -> str:
    """Tell the author here by a notice, elsewhere by a letter; return how, empty for not."""
    author = await accounts.by_id(session, row.account_id)
    if author is None:
        return ""
    if author.is_local:
        notice = Notice(author.id, "answer_hidden", account.id, row.id, _about(case))
        await notifications.notify_many(session, [notice], now=now)
        return "notice"
    key = secrets.token_urlsafe(24)
    link = f"{addresses.base_url}/hidden/{case.id}?key={key}"
    rule = f"{case.rule_number} ({case.rule})"
    text = (
        f"@{author.acct} Your answer to @{account.username} is hidden here under rule {rule}. "
        f"It is not deleted, and you read everything as before. You can appeal, and another "
        f"person decides: {link}\n\n"
        f"Su respuesta a @{account.username} está oculta aquí según la regla {rule}. No se ha "
        f"borrado, y usted lee todo como antes. Puede recurrir, y decide otra persona: {link}"
    )
    if not await account_letters.send(
        session,
        account_id=account.id,
        member_id=actor.member_id,
        text=text,
        about=row.id,
        addresses=addresses,
        now=now,
    ):
        return ""
    case.key_hash = hash_token(key)
    return "letter"


def _rule(case: HiddenAnswerRow) -> Stated:
    return Stated(case.rule_code, case.rule_number, case.rule)


def _about(case: HiddenAnswerRow) -> dict[str, object]:
    return {"case_id": str(case.id)}


def short(text: str) -> str:
    """Return what somebody wrote about a decision. Raises `InvalidError` for too much."""
    text = text.replace("\0", "").strip()
    if len(text) > MAX_WORDS:
        raise InvalidError(
            said("Please say it in %(num)d letters.", num=MAX_WORDS),
            fields={"words": "is too long"},
        )
    return text


async def _log(
    session: AsyncSession,
    actor: Actor,
    act: Act,
    case: HiddenAnswerRow,
    account: AccountRow,
    rule: Stated,
    *,
    now: datetime,
) -> None:
    author = await accounts.by_id(session, case.author_id)
    if author is None:
        return
    category, name = await public_log.person(session, author, now=now)
    await public_log.add(
        session,
        actor=actor,
        act=act,
        category=category,
        name=name,
        rule=rule,
        account=account.username,
        case_id=case.id if act is not Act.ANSWER_SHOWN else None,
        now=now,
    )


async def _note(
    session: AsyncSession,
    actor: Actor | None,
    kind: str,
    case: HiddenAnswerRow,
    *,
    now: datetime,
) -> None:
    await records.note(
        session,
        kind=kind,
        actor=actor,
        concerned=[case.account_id],
        object_id=case.post_uri,
        now=now,
        detail={
            "case": str(case.id),
            "rule": case.rule_number,
            "ruleText": case.rule,
            "words": case.words,
            "told": case.told,
            "appeal": case.appeal,
            "decision": case.decision,
            "answer": case.answer,
        },
    )


async def _views(
    session: AsyncSession,
    rows: list[HiddenAnswerRow],
    actor: Actor | None,
    *,
    own: bool = False,
) -> list[HiddenAnswer]:
    ids = {row.account_id for row in rows} | {row.author_id for row in rows}
    people = {view.id: view for view in await views.account_views(session, sorted(ids))}
    shown = {
        view.id: view
        for view in await views.reported_views(session, [row.post_id for row in rows])
    }
    me = actor.member_id if actor is not None else None
    return [
        HiddenAnswer(
            row.id,
            people[row.account_id],
            people.get(row.author_id),
            shown.get(row.post_id),
            _rule(row),
            row.words,
            row.hidden_at,
            row.told,
            row.appealed_at,
            row.appeal,
            row.decided_at,
            row.decision,
            row.answer,
            row.shown_at,
            own=own,
            decides=judges.may_judge(actor, row.account_id)
            and row.hidden_by != me
            and row.appealed_at is not None
            and not row.decision,
            shows=judges.may_judge(actor, row.account_id) and row.shown_at is None,
        )
        for row in rows
    ]
