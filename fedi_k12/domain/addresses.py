"""Every address this server mints, in one place.

Ids of actors, posts and activities are for ever: what a function here returns for an account
or post must never change.
"""

import hashlib
import hmac
from urllib.parse import quote

from msgspec import Struct


class Addresses(Struct, frozen=True):
    """Makes ids and links under `base_url`, such as `https://lincoln.example`."""

    base_url: str
    handle_domain: str
    """What stands behind the @ of local handles."""
    media_secret: bytes = b""
    """Signs the addresses of other servers' attachments: nobody can walk through them."""

    def __repr__(self) -> str:
        """Return what may be logged: without the secret."""
        return f"Addresses({self.base_url!r}, {self.handle_domain!r})"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of this server."""
        return self.base_url.partition("://")[2], self.handle_domain

    def official_accounts(self) -> str:
        """Return where the signed list of the official accounts is."""
        return f"{self.base_url}/official-accounts.json"

    def server_actor(self) -> str:
        """Return the id of the server's own actor."""
        return f"{self.base_url}/actor"

    def shared_inbox(self) -> str:
        """Return the inbox for everybody here."""
        return f"{self.base_url}/inbox"

    def actor(self, username: str) -> str:
        """Return the id of a local account's actor."""
        return f"{self.base_url}/users/{username}"

    def rsa_key(self, actor: str) -> str:
        """Return the id of an actor's RSA key."""
        return f"{actor}#main-key"

    def ed25519_key(self, actor: str) -> str:
        """Return the id of an actor's Ed25519 key."""
        return f"{actor}#ed25519-key"

    def inbox(self, username: str) -> str:
        """Return a local account's inbox."""
        return f"{self.actor(username)}/inbox"

    def outbox(self, username: str) -> str:
        """Return a local account's outbox."""
        return f"{self.actor(username)}/outbox"

    def followers(self, username: str) -> str:
        """Return the collection of those who follow a local account."""
        return f"{self.actor(username)}/followers"

    def following(self, username: str) -> str:
        """Return the collection of those whom a local account follows."""
        return f"{self.actor(username)}/following"

    def featured(self, username: str) -> str:
        """Return the collection of a local account's pinned posts."""
        return f"{self.actor(username)}/collections/featured"

    def digests(self, username: str) -> str:
        """Return the collection of the digests that an official account told."""
        return f"{self.actor(username)}/collections/digests"

    def featured_tags(self, username: str) -> str:
        """Return the collection of a local account's featured hashtags."""
        return f"{self.actor(username)}/collections/tags"

    def moderators(self, username: str) -> str:
        """Return the collection of those who look after a group of this server."""
        return f"{self.actor(username)}/collections/moderators"

    def featured_collections(self, username: str) -> str:
        """Return the id of the list of the collections of accounts that an account made."""
        return f"{self.actor(username)}/collections/accounts"

    def collection(self, username: str, number: int) -> str:
        """Return the id of a collection of accounts that a member made."""
        return f"{self.actor(username)}/collections/{number}"

    def profile(self, username: str) -> str:
        """Return the page of a local account."""
        return f"{self.base_url}/@{username}"

    def post(self, username: str, post_id: int) -> str:
        """Return the id of a local post."""
        return f"{self.actor(username)}/statuses/{post_id}"

    def post_page(self, username: str, post_id: int) -> str:
        """Return the page of a local post."""
        return f"{self.base_url}/@{username}/{post_id}"

    def create(self, username: str, post_id: int) -> str:
        """Return the id of the Create (or, for a boost, the Announce) of a local post."""
        return f"{self.post(username, post_id)}/activity"

    def endpoints(self, username: str) -> tuple[tuple[str, str], ...]:
        """Return what a local account's own programs call (ActivityPub, section 4.1)."""
        return (
            ("proxyUrl", f"{self.actor(username)}/proxy"),
            ("uploadMedia", f"{self.actor(username)}/media"),
            ("oauthAuthorizationEndpoint", f"{self.base_url}/oauth/authorize"),
            ("oauthTokenEndpoint", f"{self.base_url}/oauth/token"),
        )

    def replies(self, username: str, post_id: int) -> str:
        """Return the collection of replies to a local post."""
        return f"{self.post(username, post_id)}/replies"

    def likes(self, username: str, post_id: int) -> str:
        """Return the collection (a count only) of who likes a local post."""
        return f"{self.post(username, post_id)}/likes"

    def shares(self, username: str, post_id: int) -> str:
        """Return the collection (a count only) of who boosted a local post."""
        return f"{self.post(username, post_id)}/shares"

    def upcoming_events(self, username: str) -> str:
        """Return the collection of a local account's events that are still ahead."""
        return f"{self.actor(username)}/collections/events"

    def attendees(self, username: str, post_id: int) -> str:
        """Return the collection (a count only) of who comes to a local event."""
        return f"{self.post(username, post_id)}/attendees"

    def event_calendar(self, post_id: int) -> str:
        """Return an event as a file for calendars."""
        return f"{self.base_url}/events/{post_id}.ics"

    def activity(self, username: str, kind: str, number: int) -> str:
        """Return the id of another activity: `kind` is a word such as `follows`."""
        return f"{self.actor(username)}#{kind}/{number}"

    def context(self, thread_id: int) -> str:
        """Return the id of a conversation that began here."""
        return f"{self.base_url}/contexts/{thread_id}"

    def consultation(self, consultation_id: int) -> str:
        """Return the page of a consultation."""
        return f"{self.base_url}/consultations/{consultation_id}"

    def tag(self, name: str) -> str:
        """Return the page of a hashtag."""
        return f"{self.base_url}/tags/{quote(name, safe='')}"

    def account_page(self, acct: str) -> str:
        """Return the page on this server of any account, here or elsewhere."""
        return f"{self.base_url}/@{acct}"

    def file(self, key: str) -> str:
        """Return where a stored file is served."""
        return f"{self.base_url}/media/files/{key}"

    def media(self, media_id: int, *, preview: bool = False) -> str:
        """Return where another server's attachment is re-served, fetched when looked at."""
        path = f"/media/remote/{media_id}{'/preview' if preview else ''}"
        return f"{self.base_url}{path}?s={self.media_seal(media_id)}"

    def media_seal(self, media_id: int) -> str:
        """Return what the address of a re-served attachment has to carry (FED-52)."""
        message = f"media {media_id}".encode()
        return hmac.new(self.media_secret, message, hashlib.sha256).hexdigest()[:24]

    def avatar(self, account_id: int, version: int = 0) -> str:
        """Return where an account's picture (or the quilt block in its place) is served."""
        return f"{self.base_url}/media/avatars/{account_id}?v={version}"

    def header(self, account_id: int, version: int = 0) -> str:
        """Return where an account's cover picture is served."""
        return f"{self.base_url}/media/headers/{account_id}?v={version}"

    def emoji(self, emoji_id: int) -> str:
        """Return where a custom emoji is served."""
        return f"{self.base_url}/media/emoji/{emoji_id}"

    def emoji_id(self, emoji_id: int) -> str:
        """Return the id of a custom emoji of this place."""
        return f"{self.base_url}/emojis/{emoji_id}"

    def absolute(self, path: str) -> str:
        """Return the whole address of a path of ours; what is whole already stays."""
        return f"{self.base_url}{path}" if path.startswith("/") else path


def stamp(actor: str, number: int) -> str:
    """Return the id of the stamp that a local account gave: their word that somebody may."""
    return f"{actor}/stamps/{number}"


def collection_item(collection: str, number: int) -> str:
    """Return the id of somebody's place in a collection of ours, with this id."""
    return f"{collection}/items/{number}"
