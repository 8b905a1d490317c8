"""Accounts to follow together: https://docs.joinmastodon.org/entities/Collection/."""

from typing import Literal, TypedDict

from fedi_k12.api.entities.people import Account, PartialAccount
from fedi_k12.api.entities.values import Count, Html, Id, Moment, Url


class ShallowTag(TypedDict):
    """The hashtag that says what a collection is about."""

    name: str
    url: Url


class CollectionItem(TypedDict):
    """Somebody in a collection, and what they said to that."""

    id: Id
    account_id: Id | None
    state: Literal["pending", "accepted", "rejected", "revoked"]
    created_at: Moment


class Collection(TypedDict):
    """Accounts to follow together."""

    id: Id
    account_id: Id
    uri: str
    url: Url | None
    name: str
    description: Html
    language: str | None
    local: bool
    sensitive: bool
    discoverable: bool
    tag: ShallowTag | None
    item_count: Count
    items: list[CollectionItem]
    created_at: Moment
    updated_at: Moment


class WrappedCollection(TypedDict):
    """A collection, by itself."""

    collection: Collection


class WrappedCollectionItem(TypedDict):
    """An item, by itself."""

    collection_item: CollectionItem


class CollectionWithAccounts(TypedDict):
    """A collection, its maker and those in it."""

    collection: Collection
    accounts: list[Account]


class CollectionsWithAccountPreviews(TypedDict):
    """Collections, their makers and the first few in each."""

    collections: list[Collection]
    partial_accounts: list[PartialAccount]
