"""The documents of collections of accounts that members made (FEP-7aa9)."""

from sqlalchemy.ext.asyncio import AsyncSession

from federation.vocab.featured import (
    FeaturedCollectionOut,
    FeaturedItemOut,
    build_featured_collection,
)
from federation.vocab.quote import FEATURE, build_stamp
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.approvals import Consent
from fedi_k12.domain.collections import CollectionView, ItemView
from storage import collections
from storage.tables import AccountRow


def document_of(view: CollectionView, addresses: Addresses) -> dict[str, object]:
    """Return the document of a collection of ours: those in it who agreed."""
    return build_featured_collection(
        FeaturedCollectionOut(
            uri=view.uri,
            url=addresses.absolute(view.path),
            owner_uri=view.owner.uri,
            name=view.name,
            description=view.description,
            language=view.language,
            sensitive=view.sensitive,
            discoverable=view.discoverable,
            published=view.created_at,
            updated=view.updated_at,
            tag=(view.tag, addresses.absolute(view.tag_path)) if view.tag else None,
            items=tuple(item_of(item) for item in view.items if item.state is Consent.ACCEPTED),
        )
    )


def item_of(item: ItemView) -> FeaturedItemOut:
    """Return what the document of somebody's place says."""
    return FeaturedItemOut(
        uri=item.uri or "",
        account_uri=item.account.uri,
        kind=item.account.kind,
        stamp=item.stamp_uri,
        published=item.created_at,
    )


async def feature_stamp(
    session: AsyncSession, author: AccountRow, item_id: int
) -> dict[str, object] | None:
    """Return a member's word that they may be in a collection, None where it does not hold."""
    item = await collections.item(session, item_id)
    if item is None or item.account_id != author.id or item.state != Consent.ACCEPTED:
        return None
    row = (await collections.by_ids(session, [item.collection_id])).get(item.collection_id)
    if row is None or not item.stamp_uri:
        return None
    return build_stamp(
        FEATURE,
        uri=item.stamp_uri,
        author_uri=author.uri,
        interaction_uri=row.uri,
        target_uri=author.uri,
    )
