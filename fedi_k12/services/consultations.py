"""Consultations: asked by an official account, and closed only by its published answer (S-19).

The question is a post with a poll, or one that asks for replies; the answer is an article that
replies to it, so that both stand in one thread and one `context`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.articles import markdown_html
from fedi_k12.domain.consultations import (
    MAX_BACKGROUND,
    MAX_DAYS,
    MAX_OUTCOME,
    ConsultationDraft,
    ConsultationView,
    Outcome,
    Stage,
)
from fedi_k12.domain.delegates import Deed
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, PollDraft, PostView
from fedi_k12.domain.sanitise import own_article_html
from fedi_k12.domain.submissions import Paper
from fedi_k12.domain.words import words
from fedi_k12.services import gates, polls, posts, records, views
from fedi_k12.services.posts import MAX_TITLE
from storage import consultations
from storage import posts as post_rows
from storage.tables import ConsultationRow


async def ask(
    session: AsyncSession,
    *,
    actor: Actor,
    asked: ConsultationDraft,
    key: str | None = None,
    draft: Draft | None = None,
    number: int | None = None,
    addresses: Addresses,
    now: datetime,
    hold_seconds: int = 0,
    paper: Paper | None = None,
) -> int:
    """Ask people something in the name of an official account; return the consultation's id.

    Like any post of the account it may wait for a second person (`SavedForApprovalError`); its
    time begins when it is out. `draft` is the post as it was approved, `number` the id that its
    link names. Raises `InvalidError` by field, `ForbiddenError` for who does not write for an
    official account.
    """
    _demand(actor)
    _check(asked)
    number = number or new_id()
    poll = None
    if asked.options:
        poll = PollDraft(asked.options, asked.days * 86400, multiple=asked.multiple)
        polls.check(poll)
    detail = {"asked": msgspec.to_builtins(asked), "number": str(number)}
    draft = draft or Draft(
        f"{asked.question.strip()}\n\n{addresses.consultation(number)}",
        poll=poll,
        language=asked.language,
        idempotency_key=key,
    )
    post_id = await posts.publish(
        session,
        actor=actor,
        draft=draft,
        addresses=addresses,
        now=now,
        hold_seconds=hold_seconds,
        paper=paper or Paper("consultation", None, detail),
    )
    if (known := await consultations.of_post(session, post_id)) is not None:
        return known.id  # the same form, sent twice
    session.add(
        ConsultationRow(
            id=number,
            account_id=actor.account_id,
            post_id=post_id,
            title=" ".join(asked.title.split()),
            background=asked.background.strip(),
            starts_at=now,
            ends_at=now + timedelta(days=asked.days),
        )
    )
    await session.flush()
    await _note(session, actor, "consultation opened", number, asked.title, now=now)
    return number


async def close(
    session: AsyncSession,
    *,
    actor: Actor,
    consultation_id: int,
    outcome: Outcome,
    key: str | None = None,
    draft: Draft | None = None,
    addresses: Addresses,
    now: datetime,
    hold_seconds: int = 0,
    paper: Paper | None = None,
) -> int:
    """Close a consultation by publishing what was heard and decided; return the article's id.

    Nothing else closes one: without both texts `InvalidError` is raised. Where its time is not
    over, nobody votes any more from then on. `draft` is the article as it was approved. Raises
    `ConflictError` where it was answered.
    """
    _demand(actor)
    row = await consultations.by_id(session, consultation_id, locked=True)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("There is no such consultation.")
    _check_outcome(outcome)
    if row.outcome_id is not None and await post_rows.by_id(session, row.outcome_id):
        raise ConflictError("This consultation is answered.")
    first, second = outcome.headings
    detail = {"outcome": msgspec.to_builtins(outcome)}
    text = f"## {first}\n\n{outcome.heard.strip()}\n\n## {second}\n\n{outcome.decided.strip()}"
    post_id = await posts.publish(
        session,
        actor=actor,
        draft=draft
        or Draft(
            text,
            title=f"{row.title}: {first}, {second}"[:MAX_TITLE],
            content_type="text/markdown",
            in_reply_to_id=row.post_id,
            language=outcome.language,
            idempotency_key=key,
        ),
        addresses=addresses,
        now=now,
        hold_seconds=hold_seconds,
        paper=paper or Paper("outcome", row.id, detail),
    )
    row.outcome_id, row.closed_at = post_id, now
    await session.flush()
    await polls.end_now(session, post_id=row.post_id, now=now)
    await _note(session, actor, "consultation closed", row.id, row.title, now=now)
    return post_id


async def post_of(session: AsyncSession, consultation_id: int) -> int | None:
    """Return the id of the post that asks."""
    row = await consultations.by_id(session, consultation_id)
    return row.post_id if row is not None else None


async def one(
    session: AsyncSession, *, viewer: Actor | None, consultation_id: int, now: datetime
) -> ConsultationView:
    """Return a consultation, or raise `NotFoundError` where its question may not be seen."""
    row = await consultations.by_id(session, consultation_id)
    found = await _views(session, [row] if row is not None else [], viewer, now)
    if not found:
        raise NotFoundError("There is no such consultation.")
    return found[0]


async def page(
    session: AsyncSession, *, viewer: Actor | None, page: PageRequest, now: datetime
) -> Page[ConsultationView]:
    """Return a page of the consultations, the newest first."""
    rows = await consultations.newest(session, page)
    return rows.with_items(await _views(session, rows.items, viewer, now))


async def _views(
    session: AsyncSession, rows: Sequence[ConsultationRow], viewer: Actor | None, now: datetime
) -> list[ConsultationView]:
    ids = [number for row in rows for number in (row.post_id, row.outcome_id) if number]
    shown = {post.id: post for post in await views.post_views(session, ids, viewer=viewer)}
    found = []
    for row in rows:
        question = shown.get(row.post_id)
        if question is None:
            continue
        outcome = shown.get(row.outcome_id or 0)
        found.append(
            ConsultationView(
                id=row.id,
                account=question.account,
                title=row.title,
                background=own_article_html(markdown_html(row.background)),
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                stage=_stage(row, outcome, now),
                question=question,
                outcome=outcome,
                closed_at=row.closed_at if outcome is not None else None,
                by_choice=question.poll is not None,
            )
        )
    return found


def _stage(row: ConsultationRow, outcome: PostView | None, now: datetime) -> Stage:
    if outcome is not None:
        return Stage.ANSWERED
    return Stage.ENDED if row.ends_at <= now or row.closed_at is not None else Stage.OPEN


def _demand(actor: Actor) -> None:
    if actor.delegation is None:
        raise ForbiddenError("Only official accounts consult people. Speak as one first.")
    gates.demand(actor, Deed.WRITE)


def _check(asked: ConsultationDraft) -> None:
    for name, text, most in (
        ("title", asked.title, 100),
        ("question", asked.question, 2000),
        ("background", asked.background, MAX_BACKGROUND),
    ):
        if not text.strip() and name != "background":
            raise InvalidError("Say what you ask.", fields={name: "can't be blank"})
        _check_length(name, text, most)
    if not 1 <= asked.days <= MAX_DAYS:
        sentence = words("It is open from one day to %(most)s days.", most=MAX_DAYS)
        raise InvalidError(sentence, fields={"days": sentence})


def _check_outcome(outcome: Outcome) -> None:
    for name, text in (("heard", outcome.heard), ("decided", outcome.decided)):
        if not text.strip():
            raise InvalidError(
                "A consultation is closed only with what you heard and what you decided.",
                fields={name: "can't be blank"},
            )
        _check_length(name, text, MAX_OUTCOME)


def _check_length(name: str, text: str, most: int) -> None:
    if len(text) > most:
        sentence = words("That is too long: %(most)s characters are the most.", most=most)
        raise InvalidError(sentence, fields={name: sentence})
    if "\0" in text:
        raise InvalidError("That has a character nobody can read.", fields={name: "is wrong"})


async def _note(
    session: AsyncSession, actor: Actor, kind: str, number: int, title: str, *, now: datetime
) -> None:
    await records.note(
        session,
        kind=kind,
        actor=actor,
        concerned=[actor.account_id],
        object_id=f"/consultations/{number}",
        now=now,
        detail={"title": title},
    )
