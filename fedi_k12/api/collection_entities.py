"""Collection and its relatives: https://docs.joinmastodon.org/entities/Collection/."""

from collections.abc import Sequence
from html import escape

from fedi_k12.api import render
from fedi_k12.context import Context
from fedi_k12.domain.approvals import Consent
from fedi_k12.domain.collections import CollectionView, ItemView
from fedi_k12.domain.notifications import NotificationView
from fedi_k12.domain.text import tag_key

PREVIEWED = 4


def collection(ctx: Context, view: CollectionView) -> render.Entity:
    """Return a Collection."""
    tag = {"name": tag_key(view.tag), "url": ctx.addresses.tag(tag_key(view.tag))}
    return {
        "id": str(view.id),
        "account_id": str(view.owner.id),
        "uri": view.uri,
        "url": view.url or ctx.addresses.absolute(view.path),
        "name": view.name,
        "description": escape(view.description, quote=False),
        "language": view.language,
        "local": view.owner.is_local,
        "sensitive": view.sensitive,
        "discoverable": view.discoverable,
        "tag": tag if view.tag else None,
        "item_count": len(view.people),
        "items": [item(one) for one in _shown(view)],
        "created_at": render.moment(view.created_at),
        "updated_at": render.moment(view.updated_at),
    }


def item(view: ItemView) -> render.Entity:
    """Return a CollectionItem."""
    return {
        "id": str(view.id),
        "account_id": str(view.account.id),
        "state": view.state.value,
        "created_at": render.moment(view.created_at),
    }


def with_accounts(ctx: Context, view: CollectionView) -> render.Entity:
    """Return a CollectionWithAccounts: its maker's account first, then those in it, once."""
    people = {one.id: one for one in (view.owner, *(found.account for found in _shown(view)))}
    return {
        "accounts": render.accounts(ctx, list(people.values())),
        "collection": collection(ctx, view),
    }


def previews(ctx: Context, found: Sequence[CollectionView]) -> render.Entity:
    """Return CollectionsWithAccountPreviews: makers, and the first few in each, once."""
    owners = [view.owner for view in found]
    people = [item.account for view in found for item in _shown(view)[:PREVIEWED]]
    once = {one.id: one for one in (*owners, *people)}
    return {
        "collections": [collection(ctx, view) for view in found],
        "partial_accounts": [
            partial_account(render.account(ctx, one)) for one in once.values()
        ],
    }


def collection_told(ctx: Context, view: NotificationView) -> render.Entity:
    """Return what notifications about a collection carry."""
    return {"collection": collection(ctx, view.collection)} if view.collection else {}


def partial_account(whole: render.Entity) -> render.Entity:
    """Return a PartialAccountWithAvatar of an Account."""
    names = ("id", "acct", "locked", "bot", "url", "avatar", "avatar_static")
    return {name: whole[name] for name in names}


def _shown(view: CollectionView) -> list[ItemView]:
    """Return the items that apps know: in it, or asked for by whoever looks."""
    return [one for one in view.items if one.state in {Consent.ACCEPTED, Consent.PENDING}]
