"""Hashtags of the district, which Mastodon has not: what our own addresses answer with."""

from typing import TypedDict

from fedi_k12.api.entities.people import Account
from fedi_k12.api.entities.values import Url


class OwnedTag(TypedDict):
    """A hashtag of the district, and the account that passes on what its staff say with it."""

    name: str
    url: Url
    description: str
    account: Account
    stewards: list[Account]
