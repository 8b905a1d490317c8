"""The records archive (R-12): decide what concerns an official account, and keep it.

Three doors: `note` for what is done here, `sent` for what goes out, `received` for what comes
in. Each adds to the chain in the transaction of what it records, or does nothing where no
official account is concerned. Everything else asks these.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.records import Direction, actors_named, moment, strings_in, words_of
from storage import accounts, posts, records
from storage.records import Fresh
from storage.tables import (
    AccountRow,
    MediaRow,
    MemberRow,
    PictureCheckRow,
    PostRow,
    ReportRow,
)

MOST_NAMED = 100
"""So many accounts that an activity names are looked at."""
CONTEXT = "https://www.w3.org/ns/activitystreams"


async def among(
    session: AsyncSession, account_ids: Sequence[int | None]
) -> list[tuple[int, str]]:
    """Return (account, its id) of the official ones among these accounts."""
    return await records.official_of(
        session, ids=sorted({number for number in account_ids if number is not None})
    )


async def note(
    session: AsyncSession,
    *,
    kind: str,
    actor: Actor | None,
    concerned: Sequence[int | None],
    object_id: str,
    now: datetime,
    detail: Mapping[str, object] | None = None,
    thread: str = "",
    media: Sequence[str] = (),
) -> int | None:
    """Record what was done here where one of the accounts `concerned` is an official one.

    `actor`: who did it, None for the command line; the account acted for is concerned, too.
    `kind`: the activity (`Create`, `Follow`) or act (`approved`) in a word or two.
    `detail`: what is kept of it beside actor, object and time, as JSON values.
    Returns the number of the record, None where nobody official is concerned.
    """
    by = actor.account_id if actor is not None else None
    official = await among(session, [*concerned, by])
    if not official:
        return None
    acting = await accounts.by_id(session, by) if by is not None else None
    document: dict[str, object] = {
        "@context": CONTEXT,
        "type": kind,
        "actor": acting.uri if acting is not None else None,
        "object": object_id,
        "published": moment(now),
        **(detail or {}),
    }
    return await records.append(
        session,
        Fresh(
            at=now,
            direction=Direction.HERE,
            kind=kind,
            accounts=official,
            member_id=actor.member_id if actor is not None else None,
            person=await _person(session, actor),
            object_id=object_id,
            thread=thread or await records.thread_of(session, [object_id]),
            body=msgspec.json.encode(document),
            envelope=msgspec.json.encode({"way": "done here"}),
            words=words_of(document),
            media=media,
        ),
    )


async def note_post(
    session: AsyncSession,
    *,
    kind: str,
    actor: Actor | None,
    post_id: int,
    now: datetime,
    reason: str = "",
) -> None:
    """Record that a post was published, changed or deleted here: its words and its files."""
    row = await posts.by_id(session, post_id)
    if row is None:
        return
    concerned = await _concerned_by(session, row)
    by = actor.account_id if actor is not None else None
    if not await among(session, [*concerned, by]):
        return
    media = (await posts.media_of(session, [row.id])).get(row.id, [])
    detail: dict[str, object] = {"object": await _post_document(session, row, media)}
    if reason:
        detail["reason"] = reason
    await note(
        session,
        kind=kind,
        actor=actor,
        concerned=concerned,
        object_id=row.uri,
        now=now,
        detail=detail,
        media=[key for one in media for key in (one.file, one.captions_file) if key],
    )


async def note_reaction(
    session: AsyncSession,
    *,
    kind: str,
    actor: Actor,
    post: PostRow,
    now: datetime,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Record a favourite, boost, emoji or vote of a member, or that it was taken back."""
    await note(
        session,
        kind=kind,
        actor=actor,
        concerned=[post.account_id],
        object_id=post.uri,
        now=now,
        detail=detail,
    )


async def note_account(
    session: AsyncSession,
    *,
    kind: str,
    actor: Actor | None,
    account: AccountRow,
    now: datetime,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Record a follow, block or other act towards an account, or a change of its profile."""
    await note(
        session,
        kind=kind,
        actor=actor,
        concerned=[account.id],
        object_id=account.uri,
        now=now,
        detail=detail,
    )


async def note_profile(
    session: AsyncSession, *, actor: Actor, account: AccountRow, now: datetime
) -> None:
    """Record how an official account presents itself from now on."""
    await note(
        session,
        kind="profile changed",
        actor=actor,
        concerned=[account.id],
        object_id=account.uri,
        now=now,
        detail={
            "name": account.display_name,
            "summary": account.note,
            "fields": account.fields,
            "icon": {"file": account.avatar_file, "name": account.avatar_alt},
            "image": {"file": account.header_file, "name": account.header_alt},
        },
        media=[key for key in (account.avatar_file, account.header_file) if key],
    )


async def note_decision(
    session: AsyncSession,
    *,
    actor: Actor | None,
    action: str,
    target: tuple[str, str],
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    """Record what staff decided about an official account, a post of one, or a report of it.

    `target`: as in the audit log, the kind of thing and its number.
    """
    kind, number = target
    if not number.isdigit():
        return
    concerned: list[int | None] = []
    object_id = f"{kind} {number}"
    if kind == "account":
        row = await accounts.by_id(session, int(number))
        concerned, object_id = ([row.id], row.uri) if row is not None else ([], object_id)
    elif kind == "post":
        post = await posts.by_id(session, int(number))
        if post is not None:
            concerned, object_id = await _concerned_by(session, post), post.uri
    elif kind == "report":
        report = await session.get(ReportRow, int(number))
        concerned = [report.target_id, report.account_id] if report is not None else []
    if concerned:
        await note(
            session,
            kind=action,
            actor=actor,
            concerned=concerned,
            object_id=object_id,
            now=now,
            detail=dict(detail),
        )


async def concerns_official(session: AsyncSession, post_id: int) -> bool:
    """Return whether what happens to a post is kept, also when it is deleted (R-15)."""
    row = await posts.by_id(session, post_id)
    return row is not None and bool(await among(session, await _concerned_by(session, row)))


async def official_named(session: AsyncSession, username: str) -> AccountRow | None:
    """Return the official account of this name here, also one that is gone."""
    found = await _named(session, {username.lower()})
    return await accounts.by_id(session, found[0][0]) if found else None


async def is_official(session: AsyncSession, account_id: int) -> bool:
    """Return whether what this account sends is kept."""
    return bool(await among(session, [account_id]))


async def sent(
    session: AsyncSession,
    *,
    account_id: int,
    body: bytes,
    object_key: str,
    hosts: Collection[str],
    now: datetime,
) -> None:
    """Record an activity of an official account in the very bytes that are sent.

    The person is whoever did it here. Each server gets a signature of its own, made as it is
    sent; what is kept is the bytes that all of them are over, and which servers it is owed to.
    """
    official = await among(session, [account_id])
    if not official:
        return
    document = msgspec.json.decode(body, type=dict[str, Any])
    member_id, person = await records.person_behind(
        session, account_id=account_id, object_id=object_key
    )
    post = await posts.by_uri(session, object_key)
    media = (await posts.media_of(session, [post.id])).get(post.id, []) if post else []
    await records.append(
        session,
        Fresh(
            at=now,
            direction=Direction.OUT,
            kind=str(document.get("type", "")),
            accounts=official,
            member_id=member_id,
            person=person,
            object_id=object_key,
            thread=await records.thread_of(session, [object_key]),
            body=body,
            envelope=msgspec.json.encode({"way": "sent", "hosts": sorted(hosts)}),
            words=words_of(document),
            media=[key for one in media for key in (one.file, one.captions_file) if key],
        ),
    )


class CameIn(Protocol):
    """An activity of another server."""

    @property
    def document(self) -> Mapping[str, Any]:
        """What it says."""
        ...

    @property
    def as_it_came(self) -> bytes:
        """The bytes just as they came."""
        ...

    @property
    def envelope(self) -> Mapping[str, object]:
        """The headers, and what the check of the signature found."""
        ...


async def received(
    session: AsyncSession,
    came: Sequence[tuple[CameIn, str]],
    *,
    base_url: str,
    now: datetime,
) -> None:
    """Record what came in, each with its sender's id, of what concerns an official account.

    That is what names one, or its posts.
    """
    named = []
    for one, _sender_uri in came:
        names = actors_named(strings_in(one.document), base_url=base_url)
        named.append(set(sorted(names)[:MOST_NAMED]))
    found = await records.official_of(session, names=sorted(set().union(*named)))
    official = actors_named((uri for _id, uri in found), base_url=base_url)
    for (one, sender_uri), names in zip(came, named, strict=True):
        if names & official or _answered(one.document):
            await _received(
                session, one, sender_uri, names & official, base_url=base_url, now=now
            )


def _answered(document: Mapping[str, Any]) -> str:
    inner = document.get("object")
    answered = inner.get("inReplyTo") if isinstance(inner, Mapping) else None
    return answered if isinstance(answered, str) else ""


async def _received(
    session: AsyncSession,
    came: CameIn,
    sender_uri: str,
    names: set[str],
    *,
    base_url: str,
    now: datetime,
) -> None:
    document = came.document
    inner, answered = document.get("object"), _answered(document)
    official = await _named(session, names)
    thread = await records.thread_of(session, [answered]) if answered else ""
    if thread and not official:
        official = await _named(session, actors_named([thread], base_url=base_url))
    if not official:
        return
    object_id = _id_of(inner) or _id_of(document)
    sender = await accounts.by_uri(session, sender_uri)
    await records.append(
        session,
        Fresh(
            at=now,
            direction=Direction.IN,
            kind=_kind(document),
            accounts=official,
            member_id=None,
            person=sender.acct if sender is not None else sender_uri,
            object_id=object_id,
            thread=thread or await records.thread_of(session, [object_id]),
            body=came.as_it_came,
            envelope=msgspec.json.encode(came.envelope),
            words=words_of(document),
        ),
    )


async def _named(session: AsyncSession, names: set[str]) -> list[tuple[int, str]]:
    return await records.official_of(session, names=sorted(names)[:MOST_NAMED])


async def _person(session: AsyncSession, actor: Actor | None) -> str:
    """Return the handle of the member who acts, whichever account they act for."""
    if actor is None:
        return ""
    member = await session.get(MemberRow, actor.member_id) if actor.member_id else None
    account_id = member.account_id if member is not None else actor.account_id
    row = await accounts.by_id(session, account_id)
    return row.acct if row is not None else ""


async def _concerned_by(session: AsyncSession, row: PostRow) -> list[int | None]:
    """Return whose post it is, whom it answers, names, quotes or boosts, in whose thread."""
    near = [row.thread_id, row.quote_of_id, row.boost_of_id]
    others = await posts.by_ids(session, [n for n in near if n is not None and n != row.id])
    mentions = (await posts.mentions_of(session, [row.id])).get(row.id, [])
    return [
        row.account_id,
        row.in_reply_to_account_id,
        *(other.account_id for other in others.values()),
        *(account.id for _mention, account in mentions),
    ]


async def _post_document(
    session: AsyncSession, row: PostRow, media: Sequence[MediaRow]
) -> dict[str, object]:
    parent = await posts.by_id(session, row.in_reply_to_id) if row.in_reply_to_id else None
    author = await accounts.by_id(session, row.account_id)
    return {
        "id": row.uri,
        "type": row.kind,
        "attributedTo": author.uri if author is not None else None,
        "name": row.title,
        "summary": row.summary,
        "content": row.content,
        "source": {"content": row.source, "mediaType": row.source_type},
        "visibility": "local" if row.local_only else row.visibility,
        "inReplyTo": parent.uri if parent is not None else None,
        "published": moment(row.created_at),
        "attachment": [
            {"file": one.file, "mediaType": one.mime_type, "name": one.alt} for one in media
        ],
        "picturesChecked": await _checked(session, row.id),
    }


async def _checked(session: AsyncSession, post_id: int) -> dict[str, object] | None:
    """Return what somebody said of the pictures of a post: no name is in it."""
    row = await session.get(PictureCheckRow, post_id)
    if row is None:
        return None
    return {"focus": row.focus, "member": row.member_id, "at": moment(row.at)}


def _kind(document: Mapping[str, Any]) -> str:
    kind = document.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if isinstance(one, str)), "")
    return kind[:100] if isinstance(kind, str) else ""


def _id_of(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, Mapping):
        value = value.get("id")
    return value[:2000] if isinstance(value, str) else ""
