"""Collection and CollectionItem: https://docs.joinmastodon.org/entities/Collection/."""

from html import escape

from fedi_k12.api.moments import moment
from fedi_k12.context import Context
from fedi_k12.domain.approvals import Consent
from fedi_k12.domain.collections import CollectionView, ItemView
from fedi_k12.domain.text import tag_key

Entity = dict[str, object]


def collection(ctx: Context, view: CollectionView) -> Entity:
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
        "items": [item(one) for one in shown_items(view)],
        "created_at": moment(view.created_at),
        "updated_at": moment(view.updated_at),
    }


def item(view: ItemView) -> Entity:
    """Return a CollectionItem."""
    return {
        "id": str(view.id),
        "account_id": str(view.account.id),
        "state": view.state.value,
        "created_at": moment(view.created_at),
    }


def shown_items(view: CollectionView) -> list[ItemView]:
    """Return the items that apps know: in it, or asked for by whoever looks."""
    return [one for one in view.items if one.state in {Consent.ACCEPTED, Consent.PENDING}]
