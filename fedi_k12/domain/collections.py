"""Accounts to follow together: what a collection is, and who may be put into one.

See https://docs.joinmastodon.org/entities/Collection/.
"""

from datetime import datetime

from msgspec import Struct

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.approvals import (
    AUTHOR,
    PUBLIC,
    Consent,
    Rule,
    Standing,
    Verdict,
    judged,
)
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.languages import normalise_language
from fedi_k12.domain.text import clean_line, tag_key

MAX_ITEMS = 25
MAX_COLLECTIONS = 10
MAX_NAME, MAX_DESCRIPTION, MAX_TAG = 40, 100, 100


class CollectionDraft(Struct, frozen=True):
    """What a member writes of a collection."""

    name: str
    description: str = ""
    tag: str = ""
    language: str | None = None
    sensitive: bool = False
    discoverable: bool = True

    def cleaned(self) -> "CollectionDraft":
        """Return it as it is kept; raise `InvalidError` for what is none."""
        name, description = clean_line(self.name, 1000), clean_line(self.description, 1000)
        tag = clean_line(self.tag, 1000).lstrip("#\uff03")
        wrong = {}
        if not name:
            wrong["name"] = "can't be blank"
        elif len(name) > MAX_NAME:
            wrong["name"] = f"is too long (maximum is {MAX_NAME} characters)"
        if len(description) > MAX_DESCRIPTION:
            wrong["description"] = f"is too long (maximum is {MAX_DESCRIPTION} characters)"
        if tag and not (tag.replace("_", "").isalnum() and len(tag) <= MAX_TAG):
            wrong["tag_name"] = "is not a hashtag"
        if self.language and normalise_language(self.language) is None:
            wrong["language"] = "is not included in the list"
        if wrong:
            label, text = next(iter(wrong.items()))
            named = label.replace("_", " ").capitalize()
            raise InvalidError(f"Validation failed: {named} {text}", fields=wrong)
        language = normalise_language(self.language) if self.language else None
        return CollectionDraft(
            name, description, tag, language, self.sensitive, self.discoverable
        )


class ItemView(Struct, frozen=True):
    """Somebody in a collection, and what they said to that."""

    id: int
    account: AccountView
    state: Consent
    created_at: datetime
    uri: str | None = None
    """Its id for other servers; none while theirs does not list it."""
    stamp_uri: str | None = None


class CollectionView(Struct, frozen=True):
    """A collection as one viewer may see it."""

    id: int
    uri: str
    owner: AccountView
    name: str
    description: str
    tag: str
    language: str | None
    sensitive: bool
    discoverable: bool
    items: tuple[ItemView, ...]
    """Who is in it; its maker sees who was asked, too, and who said no."""
    created_at: datetime
    updated_at: datetime
    url: str | None = None
    """Its page on the server that it is of; none for one made here."""

    @property
    def path(self) -> str:
        """Its page on this server."""
        return f"/collections/{self.id}"

    @property
    def tag_path(self) -> str:
        """The page of its hashtag."""
        return f"/tags/{tag_key(self.tag)}"

    @property
    def people(self) -> tuple[AccountView, ...]:
        """Those in it who agreed."""
        return tuple(item.account for item in self.items if item.state is Consent.ACCEPTED)


def own_rule(*, discoverable: bool, is_bot: bool) -> Rule:
    """Return who may put a member into collections: everybody, if they let themselves be found.

    A policy that names nobody could not be told from none, so it names the member (FEP-7aa9).
    """
    return Rule((PUBLIC,) if discoverable and not is_bot else (AUTHOR,))


def may_feature(account: AccountView, standing: Standing) -> Verdict:
    """Return whether somebody may put an account into a collection, as it says itself.

    One that says nothing has not agreed (FEP-7aa9).
    """
    if standing.is_author:
        return Verdict.AUTOMATIC
    return judged(account.featuring, standing) if account.featuring else Verdict.DENIED
