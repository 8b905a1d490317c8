"""Hashtags that the district owns: made, described, looked after by stewards (S-15).

Each has an account that people follow, here or elsewhere; nobody signs in to it. It is a
`Service`, and no `Group`: what mentions it stays where it was said.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.forum import Ground, Stated, fixed
from fedi_k12.domain.owned_tags import MAX_DESCRIPTION, MOST_STEWARDS, OwnedTag, TakenOff
from fedi_k12.domain.people import AccountKind, check_username
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.public_log import Act
from fedi_k12.domain.text import tag_key
from fedi_k12.domain.words import words
from fedi_k12.services import (
    access,
    moderation,
    notifications,
    profile_words,
    profiles,
    public_log,
    records,
    tag_posts,
    tags,
    views,
)
from fedi_k12.services.keys import AccountKeys
from fedi_k12.services.notifications import Notice
from storage import accounts, owned_tags, post_writes, posts, staff
from storage.tables import AccountRow, OwnedTagRow, PostRow, TagRemovalRow, TagRow

SHOWN = 100
_NOT_OURS = "That hashtag is not the district's."


async def own(
    session: AsyncSession,
    *,
    actor: Actor | None,
    name: str,
    username: str = "",
    description: str = "",
    stewards: Sequence[str] = (),
    keys: AccountKeys,
    addresses: Addresses,
    now: datetime,
) -> OwnedTag:
    """Make a hashtag the district's, with an account that passes on what is said with it.

    By an administrator, or the operator (no `actor`). `username` is the account's short name;
    empty for the hashtag itself. `stewards`: handles of members. One that was the district's
    before has the account it had. Raises `InvalidError` naming the field.
    """
    _demand_admin(actor)
    key = tags.checked(name)
    description = _short(description)
    after = [await _steward(session, one) for one in stewards if one.strip()]
    known = await owned_tags.named(session, key, ended=True)
    if known is not None and known[0].ended_at is None:
        raise InvalidError("It is the district's already.", fields={"name": "is taken"})
    if known is None:
        display = name.strip().lstrip("#")
        account = await _account(session, username or key, display, keys, addresses, now)
        ids = await post_writes.tag_ids(session, [(key, display)], now=now)
        row = OwnedTagRow(
            tag_id=ids[key],
            account_id=account.id,
            made_at=now,
            made_by=actor.member_id if actor else None,
        )
        session.add(row)
    else:
        row, found = known[0], await accounts.by_id(session, known[0].account_id)
        if found is None or found.deleted_at is not None:
            raise NotFoundError("Its account is gone.")
        row.ended_at, account = None, found
    await session.flush()
    await _describe(session, row, account, key, description, addresses, now=now)
    await owned_tags.name_stewards(session, row.tag_id, _ids(after))
    detail: dict[str, object] = {"tag": key, "stewards": sorted(one.username for one in after)}
    await _audit(session, actor, "hashtag owned", account, detail, now)
    return await one(session, name=key)


async def change(
    session: AsyncSession,
    *,
    actor: Actor | None,
    name: str,
    description: str,
    stewards: Sequence[str] | None = None,
    addresses: Addresses,
    now: datetime,
) -> None:
    """Change what a hashtag is for, by its stewards, or who looks after it, by administrators.

    `stewards`: handles of members, all of them; None leaves them as they are.
    """
    row, tag = await _kept(session, actor, name)
    account = await accounts.by_id(session, row.account_id)
    if account is None:
        raise NotFoundError(_NOT_OURS)
    description = _short(description)
    detail: dict[str, object] = {"tag": tag.name}
    if stewards is not None:
        _demand_admin(actor)
        after = [await _steward(session, one) for one in stewards if one.strip()]
        await owned_tags.name_stewards(session, row.tag_id, _ids(after))
        detail["stewards"] = sorted(one.username for one in after)
    await _describe(session, row, account, tag.name, description, addresses, now=now)
    await _audit(session, actor, "hashtag changed", account, detail, now)


async def give_up(
    session: AsyncSession, *, actor: Actor | None, name: str, now: datetime
) -> None:
    """Let a hashtag be nobody's again: its account stays and passes nothing more on."""
    _demand_admin(actor)
    row, tag = await _kept(session, actor, name)
    row.ended_at = now
    await session.flush()
    account = await accounts.by_id(session, row.account_id)
    if account is not None:
        await _audit(session, actor, "hashtag given up", account, {"tag": tag.name}, now)


async def listed(session: AsyncSession) -> list[OwnedTag]:
    """Return the district's hashtags by name, with who looks after them."""
    return await _views(session, await owned_tags.all_of_them(session))


async def find(session: AsyncSession, *, name: str) -> OwnedTag | None:
    """Return the district's hashtag of this name, None where it is not the district's."""
    found = await owned_tags.named(session, tag_key(name.lstrip("#")))
    return (await _views(session, [found]))[0] if found is not None else None


async def one(session: AsyncSession, *, name: str) -> OwnedTag:
    """Return the district's hashtag of this name, or raise `NotFoundError`."""
    found = await find(session, name=name)
    if found is None:
        raise NotFoundError(_NOT_OURS)
    return found


async def looks_after(session: AsyncSession, *, actor: Actor, tag_id: int) -> bool:
    """Return whether the actor decides what stands on the page of a hashtag.

    Its stewards do, and the moderators; nobody who acts for an official account.
    """
    if actor.delegation is not None:
        return False
    if decide(actor, Action.RESTRAIN).allowed:
        return True
    return await owned_tags.is_steward(session, tag_id, actor.account_id)


async def taken_off(session: AsyncSession, *, actor: Actor, name: str) -> list[TakenOff]:
    """Return what was taken off the page of a hashtag, the newest first, to its stewards."""
    row, _tag = await _kept(session, actor, name)
    rows = await owned_tags.removals(session, row.tag_id, limit=SHOWN)
    found = await views.post_views(session, [one.post_id for one in rows], viewer=actor)
    shown = {view.id: view for view in found}
    return [
        TakenOff(shown[one.post_id], _rule(one), one.at) for one in rows if one.post_id in shown
    ]


async def take_off(
    session: AsyncSession, *, actor: Actor, name: str, post_id: int, code: str, now: datetime
) -> None:
    """Take a post off the page of a hashtag under one of the fixed rules, and tell its author.

    It stays wherever else it is; the hashtag's account takes back that it passed it on. What is
    off stays off. Raises `InvalidError` for what is no rule.
    """
    row, tag = await _kept(session, actor, name)
    post = await _tagged(session, actor, row, post_id)
    ground = next((one for one in Ground if one.value == code.strip()), None)
    if ground is None:
        raise InvalidError("Choose the rule that it breaks.", fields={"rule": "is not a rule"})
    if await session.get(TagRemovalRow, (row.tag_id, post.id)) is not None:
        return
    rule = fixed(ground)
    session.add(
        TagRemovalRow(
            tag_id=row.tag_id,
            post_id=post.id,
            rule_code=rule.code,
            rule_number=rule.number,
            rule=rule.words,
            at=now,
            by=actor.member_id,
        )
    )
    await session.flush()
    await _tell(session, actor, "tag_left", Act.TAG_LEFT, row, tag, post, rule, now=now)


async def put_back(
    session: AsyncSession, *, actor: Actor, name: str, post_id: int, now: datetime
) -> None:
    """Let a post stand on the page of a hashtag again, and be passed on where it is staff's."""
    row, tag = await _kept(session, actor, name)
    removal = await session.get(TagRemovalRow, (row.tag_id, post_id))
    post = await posts.by_id(session, post_id)
    if removal is None or post is None:
        return
    rule = _rule(removal)
    await session.delete(removal)
    await session.flush()
    await _tell(
        session, actor, "tag_came_back", Act.TAG_CAME_BACK, row, tag, post, rule, now=now
    )


async def vouch(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    staff_now: bool,
    now: datetime,
) -> None:
    """Stand for it that a member is staff here, or no longer: by a moderator or the operator.

    What was passed on before stays so.
    """
    if actor is not None and not (decision := decide(actor, Action.REVIEW_MEMBERS)).allowed:
        raise ForbiddenError(decision.why)
    account = await accounts.by_id(session, account_id)
    found = (await staff.members_of(session, [account_id])).get(account_id)
    member = found[0] if found is not None else None
    if account is None or member is None:
        raise NotFoundError("Nobody signs in to that account here.")
    if (member.staff_since is not None) is staff_now:
        return
    member.staff_since = now if staff_now else None
    if staff_now:
        member.affiliation = "staff"
    action = "verified as staff" if staff_now else "no longer verified as staff"
    await _audit(session, actor, action, account, {}, now)


def _demand_admin(actor: Actor | None) -> None:
    if actor is not None and not (decision := decide(actor, Action.MAKE_OFFICIALS)).allowed:
        raise ForbiddenError(decision.why)


async def _kept(
    session: AsyncSession, actor: Actor | None, name: str
) -> tuple[OwnedTagRow, TagRow]:
    found = await owned_tags.named(session, tag_key(name.lstrip("#")))
    if found is None:
        raise NotFoundError(_NOT_OURS)
    if actor is not None and not await looks_after(
        session, actor=actor, tag_id=found[0].tag_id
    ):
        raise ForbiddenError("Only those who look after this hashtag can do that.")
    return found


async def _tagged(
    session: AsyncSession, actor: Actor, row: OwnedTagRow, post_id: int
) -> PostRow:
    post = await access.post_for(session, post_id, viewer=actor)
    carried = (await posts.tags_of(session, [post.id])).get(post.id, [])
    if row.tag_id not in {tag.id for tag in carried}:
        raise NotFoundError("That post does not have this hashtag.")
    return post


async def _account(
    session: AsyncSession,
    username: str,
    display: str,
    keys: AccountKeys,
    addresses: Addresses,
    now: datetime,
) -> AccountRow:
    try:
        row = await profiles.create_account(
            session,
            username=check_username(username, office=True),
            kind=AccountKind.SERVICE.value,
            display_name=f"#{display}",
            keys=keys,
            addresses=addresses,
            now=now,
        )
    except ConflictError as error:
        raise InvalidError(
            "That short name is taken. Choose another.",
            fields={"username": "has already been taken"},
        ) from error
    row.discoverable = row.indexable = True
    return row


async def _describe(
    session: AsyncSession,
    row: OwnedTagRow,
    account: AccountRow,
    key: str,
    description: str,
    addresses: Addresses,
    *,
    now: datetime,
) -> None:
    row.description = description
    account.note_source = description
    account.note = await profile_words.rendered(session, description, addresses)
    account.fields = await profile_words.rendered_fields(
        session, [("Hashtag", addresses.tag(key))], addresses
    )
    before, account.updated_at = account.updated_at, now
    account.version += 1
    await session.flush()
    await profile_words.tell(session, account, before=before, now=now)


async def _steward(session: AsyncSession, handle: str) -> AccountRow:
    name = handle.strip().lstrip("@").partition("@")[0].lower()
    row = await accounts.local_by_username(session, name) if name else None
    found = (await staff.members_of(session, [row.id])).get(row.id) if row is not None else None
    if row is None or found is None:
        raise InvalidError(
            words("No member here is called @%(name)s.", name=name),
            fields={"stewards": "is not a member here"},
        )
    return row


def _ids(rows: Sequence[AccountRow]) -> list[int]:
    if len(rows) > MOST_STEWARDS:
        raise InvalidError(
            words("A hashtag has at most %(num)d stewards.", num=MOST_STEWARDS),
            fields={"stewards": "are too many"},
        )
    return list(dict.fromkeys(row.id for row in rows))


def _short(text: str) -> str:
    text = text.replace("\0", "").strip()
    if len(text) > MAX_DESCRIPTION:
        raise InvalidError(
            words("Please say it in %(num)d letters.", num=MAX_DESCRIPTION),
            fields={"description": "is too long"},
        )
    return text


def _rule(row: TagRemovalRow) -> Stated:
    return Stated(row.rule_code, row.rule_number, row.rule)


async def _tell(
    session: AsyncSession,
    actor: Actor,
    kind: str,
    act: Act,
    row: OwnedTagRow,
    tag: TagRow,
    post: PostRow,
    rule: Stated,
    *,
    now: datetime,
) -> None:
    """Tell the author, the public log and the records, and have it passed on or taken back."""
    author = await accounts.by_id(session, post.account_id)
    account = await accounts.by_id(session, row.account_id)
    if author is None or account is None:
        return
    about = {"tag": tag.display, "number": rule.number, "rule": rule.words}
    notice = Notice(author.id, kind, account.id, post.id, about)
    await notifications.notify_many(session, [notice], now=now)
    category, name = await public_log.person(session, author, now=now)
    await public_log.add(
        session,
        actor=actor,
        act=act,
        category=category,
        name=name,
        rule=rule,
        account=account.username,
        role="" if decide(actor, Action.RESTRAIN).allowed else "steward",
        now=now,
    )
    await records.note(
        session,
        kind=act.value,
        actor=actor,
        concerned=[author.id],
        object_id=post.uri,
        detail=about,
        now=now,
    )
    await tag_posts.consider(session, post.id, now=now)


async def _audit(
    session: AsyncSession,
    actor: Actor | None,
    action: str,
    account: AccountRow,
    detail: dict[str, object],
    now: datetime,
) -> None:
    await moderation.audit(
        session,
        actor=actor,
        action=action,
        target=("account", str(account.id)),
        detail={"handle": account.acct, **detail},
        now=now,
    )
    await session.flush()


async def _views(
    session: AsyncSession, found: Sequence[tuple[OwnedTagRow, TagRow]]
) -> list[OwnedTag]:
    after = await owned_tags.stewards(session, [row.tag_id for row, _tag in found])
    ids = [row.account_id for row, _tag in found]
    shown = {view.id: view for view in await views.account_views(session, ids)}
    return [
        OwnedTag(
            row.tag_id,
            tag.name,
            tag.display,
            row.description,
            shown[row.account_id],
            [views.view_of_account(one) for one in after.get(row.tag_id, [])],
            row.made_at,
        )
        for row, tag in found
        if row.account_id in shown
    ]
