"""Collections with the accounts in them: https://docs.joinmastodon.org/methods/collections/."""

from collections.abc import Sequence

from fedi_k12.api import render
from fedi_k12.api.collection_entity import collection, shown_items
from fedi_k12.context import Context
from fedi_k12.domain.collections import CollectionView
from fedi_k12.domain.notifications import NotificationView

PREVIEWED = 4


def with_accounts(ctx: Context, view: CollectionView) -> render.Entity:
    """Return a CollectionWithAccounts: its maker's account first, then those in it, once."""
    people = {
        one.id: one for one in (view.owner, *(found.account for found in shown_items(view)))
    }
    return {
        "accounts": render.accounts(ctx, list(people.values())),
        "collection": collection(ctx, view),
    }


def previews(ctx: Context, found: Sequence[CollectionView]) -> render.Entity:
    """Return CollectionsWithAccountPreviews: makers, and the first few in each, once."""
    owners = [view.owner for view in found]
    people = [item.account for view in found for item in shown_items(view)[:PREVIEWED]]
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
