"""Accounts as faces show them, many at a time in a fixed number of queries."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView, EmojiView, ProfileField
from fedi_k12.domain.approvals import AUTHOR, MEMBERS, PUBLIC, Rule, Standing, Verdict
from fedi_k12.domain.collections import may_feature, own_rule
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.offices import Label, said_of
from fedi_k12.domain.people import AccountKind
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.pictures import picture_path
from fedi_k12.domain.words import marked
from storage import accounts, approvals, charters, follows
from storage.tables import AccountRow


async def account_view(
    session: AsyncSession, account_id: int, *, viewer: Actor | None = None
) -> AccountView:
    """Return the account as it is shown, or raise `NotFoundError`."""
    found = await account_views(session, [account_id], viewer=viewer)
    if not found:
        raise NotFoundError("Record not found")
    return found[0]


_OFFICIAL = AccountKind.ORGANIZATION.value


async def account_views(
    session: AsyncSession, ids: Sequence[int], *, viewer: Actor | None = None
) -> list[AccountView]:
    """Return these accounts as they are shown, in this order, without unknown ones.

    For a `viewer`, they say whether that one may put them into collections.
    """
    rows = await accounts.by_ids(session, ids)
    moved = await accounts.by_ids(
        session,
        [n for row in rows.values() for n in (row.moved_to_id, row.resembles_id) if n],
    )
    found = [
        view_of_account(
            rows[account_id],
            moved_to=moved.get(rows[account_id].moved_to_id or 0),
            resembles=moved.get(rows[account_id].resembles_id or 0),
        )
        for account_id in ids
        if account_id in rows
    ]
    spoken = [view.id for view in found if view.is_local and view.kind == _OFFICIAL]
    if official := await charters.official_among(session, spoken):
        found = [
            replace(
                view,
                official=True,
                automatic=official[view.id][1],
                added=_of_official(view, official[view.id][0]),
            )
            if view.id in official
            else view
            for view in found
        ]
    if viewer is None:
        return found
    verdicts = await _verdicts(session, found, viewer)
    return [replace(view, featured_by_viewer=verdicts.get(view.id)) for view in found]


def view_of_account(
    row: AccountRow,
    *,
    moved_to: AccountRow | None = None,
    resembles: AccountRow | None = None,
) -> AccountView:
    """Return one account as it is shown; a suspended one is blank but for its name."""
    well = row.suspended_at is None
    return AccountView(
        id=row.id,
        uri=row.uri,
        url=row.url or row.uri,
        kind=row.kind,
        username=row.username,
        domain=row.domain,
        display_name=row.display_name if well else "",
        note=row.note if well else "",
        created_at=row.created_at,
        note_source=row.note_source if well else "",
        fields=tuple(
            ProfileField(
                str(item.get("name", "")),
                str(item.get("value", "")),
                str(item.get("source", "")),
                item.get("verified_at"),
            )
            for item in (row.fields if well else [])
        ),
        emojis=emoji_views(row.emojis, local=row.is_local),
        avatar_alt=row.avatar_alt,
        has_avatar=well and bool(row.avatar_file or row.avatar_remote_url),
        header_alt=row.header_alt,
        has_header=well and bool(row.header_file or row.header_remote_url),
        locked=row.locked,
        discoverable=row.discoverable,
        indexable=row.indexable,
        searchable_by=row.searchable_by,
        hide_collections=row.hide_collections,
        show_media=row.show_media,
        show_media_replies=row.show_media_replies,
        show_featured=row.show_featured,
        memorial=row.memorial,
        suspended=not well,
        limited=row.silenced_at is not None,
        sensitized=row.sensitized_at is not None,
        handle_verified=row.handle_verified,
        moved_to=view_of_account(moved_to) if moved_to is not None else None,
        resembles=view_of_account(resembles) if resembles is not None else None,
        label=said_of(row.label, row.office) if well else "",
        column=well and row.label == Label.COLUMN,
        added=(*_not_ours(resembles), *_labelled(row)),
        followers_count=row.followers_count,
        following_count=row.following_count,
        posts_count=row.posts_count,
        last_post_on=row.last_post_at.date() if row.last_post_at else None,
        version=row.version,
        featuring=_featuring(row),
    )


async def added_to(session: AsyncSession, row: AccountRow) -> tuple[ProfileField, ...]:
    """Return the lines that this place adds to the profile of a local account."""
    if row.suspended_at is not None:
        return ()
    if row.kind != _OFFICIAL:
        return _labelled(row)
    official = await charters.official_among(session, [row.id])
    chartered, _automatic = official.get(row.id, (False, False))
    return _added(row.url or row.uri, chartered=chartered, since=row.created_at)


def _not_ours(resembles: AccountRow | None) -> tuple[ProfileField, ...]:
    """Return what readers here are told of an account that could be taken for one of ours."""
    if resembles is None:
        return ()
    place = (resembles.url or resembles.uri).rpartition("/@")[0]
    name = marked("Not an account of this district")
    return (ProfileField(name, _link(f"{place}/official-accounts")),)


def _labelled(row: AccountRow) -> tuple[ProfileField, ...]:
    """Return what is said of the own account of who holds an office (S-24, S-40, R-50)."""
    if not row.label or row.suspended_at is not None:
        return ()
    return (ProfileField(marked("This account"), escape(said_of(row.label, row.office))),)


def _of_official(view: AccountView, chartered: bool) -> tuple[ProfileField, ...]:
    return _added(view.url, chartered=chartered, since=view.created_at)


def _added(url: str, *, chartered: bool, since: datetime) -> tuple[ProfileField, ...]:
    """Return what this place says of an official account: that it is one, and its charter."""
    place = url.rpartition("/@")[0]
    # The list leads back to each account in it: whoever checks `rel="me"` finds it confirmed.
    own = _link(f"{place}/official-accounts", rel="me nofollow noopener noreferrer")
    listed = ProfileField(marked("Official account"), own, verified_at=since.isoformat())
    if not chartered:
        return (listed,)
    return listed, ProfileField(marked("Charter"), _link(f"{url}/charter"))


def _link(page: str, *, rel: str = "nofollow noopener noreferrer") -> str:
    href = escape(page)
    shown = href.partition("://")[2]
    return f'<a href="{href}" rel="{rel}">{shown}</a>'


def emoji_views(items: Sequence[object], *, local: bool) -> tuple[EmojiView, ...]:
    """Return custom emojis with the addresses from which we serve their pictures."""
    return tuple(
        EmojiView(
            str(item["shortcode"]), str(item["url"]) if local else picture_path(item["url"])
        )
        for item in items
        if isinstance(item, dict) and "shortcode" in item and "url" in item
    )


def _featuring(row: AccountRow) -> Rule | None:
    if not row.is_local:
        return Rule.kept(row.feature_policy)
    return own_rule(
        discoverable=row.discoverable, is_bot=row.kind in {"Service", "Application"}
    )


def _is_narrow(rule: Rule | None) -> bool:
    named = {*rule.automatic, *rule.manual} if rule is not None else set()
    return bool(named - {PUBLIC, AUTHOR, MEMBERS})


async def _verdicts(
    session: AsyncSession, views: Sequence[AccountView], viewer: Actor
) -> dict[int, Verdict]:
    """Return what accounts that say so say to a viewer who puts them into a collection."""
    said = [view for view in views if view.featuring is not None]
    if not said:
        return {}
    me = viewer.account_id
    others = [view.id for view in said if view.id != me]
    mine, theirs = await follows.blocks_among(session, me, others)
    # Most let everybody or nobody: for them nobody has to be asked who follows whom.
    narrow = [view.id for view in said if _is_narrow(view.featuring)]
    pairs = [pair for one in narrow for pair in ((me, one), (one, me))]
    following = await approvals.follows_among(session, pairs)
    own = await accounts.by_id(session, me) if narrow else None
    found = {}
    for view in said:
        standing = Standing(
            uri=own.uri if own is not None else "",
            is_author=view.id == me,
            follows_author=(me, view.id) in following,
            followed_by_author=(view.id, me) in following,
        )
        apart = view.id in mine | theirs
        found[view.id] = Verdict.DENIED if apart else may_feature(view, standing)
    return found
