"""The server, its rules and limits; apps and what they may."""

from typing import Literal, NotRequired, TypedDict

from fedi_k12.api.entities.people import Account
from fedi_k12.api.entities.values import Count, Html, Id, Moment, Url


class Rule(TypedDict):
    """A rule of this server."""

    id: Id
    text: str
    hint: str
    translations: dict[str, dict[str, str]]


class Thumbnail(TypedDict):
    """The server's picture."""

    url: Url
    description: str
    blurhash: str | None
    versions: dict[str, str]


class Icon(TypedDict):
    """The server's picture in one size."""

    src: Url
    size: str


class Registrations(TypedDict):
    """Whether and how one becomes a member."""

    enabled: bool
    approval_required: bool
    reason_required: bool
    message: str | None
    min_age: int | None
    url: str | None


class Contact(TypedDict):
    """Whom to write to."""

    email: str
    account: Account | None


class ActiveMonth(TypedDict):
    """How many members were here in the last month."""

    active_month: Count


class Usage(TypedDict):
    """How much the server is used."""

    users: ActiveMonth


class Instance(TypedDict):
    """What this server is: https://docs.joinmastodon.org/entities/Instance/."""

    domain: str
    title: str
    version: str
    source_url: str
    description: str
    wrapstodon: str | None
    usage: Usage
    thumbnail: Thumbnail
    icon: list[Icon]
    languages: list[str]
    configuration: dict[str, object]
    registrations: Registrations
    api_versions: dict[str, int]
    contact: Contact
    rules: list[Rule]


class V1Stats(TypedDict):
    """How many there are."""

    user_count: Count
    status_count: Count
    domain_count: Count


class V1Urls(TypedDict):
    """Where streaming is."""

    streaming_api: str


class V1Instance(TypedDict):
    """What this server is, in the older form."""

    uri: str
    title: str
    short_description: str
    description: str
    email: str
    version: str
    urls: V1Urls
    stats: V1Stats
    thumbnail: Url
    max_toot_chars: int
    languages: list[str]
    registrations: bool
    approval_required: bool
    invites_enabled: bool
    configuration: dict[str, object]
    contact_account: Account | None
    rules: list[Rule]


class ExtendedDescription(TypedDict):
    """The longer text about this server."""

    updated_at: Moment | None
    content: Html


class TermsOfService(TypedDict):
    """What members agree to besides the rules."""

    effective_date: str
    effective: bool
    content: Html
    succeeded_by: str | None


class DomainBlock(TypedDict):
    """A server that is blocked or limited here."""

    domain: str
    digest: str
    severity: str
    comment: str


class Language(TypedDict):
    """A language that posts can be marked with."""

    code: str
    name: str


class App(TypedDict):
    """An app that asked to be known here."""

    id: Id
    name: str
    website: str | None
    scopes: list[str]
    redirect_uris: list[str]
    redirect_uri: str
    vapid_key: str


class CredentialApp(App):
    """The same for the app itself, with its secret."""

    client_id: str
    client_secret: str
    client_secret_expires_at: int


class Token(TypedDict):
    """An access token (RFC 6749, 5.1)."""

    access_token: str
    token_type: str
    scope: str
    created_at: int
    id_token: NotRequired[str]


class AsyncRefresh(TypedDict):
    """Whether something is still being fetched."""

    id: Id
    status: Literal["running", "finished"]
    result_count: Count


class AsyncRefreshAnswer(TypedDict):
    """The same, as it is answered."""

    async_refresh: AsyncRefresh


class UserInfo(TypedDict):
    """Whom a token stands for, in OpenID's words."""

    iss: Url
    sub: Url
    name: str
    preferred_username: str
    profile: Url
    picture: Url


class Event(TypedDict):
    """An event: ours, Mastodon has none."""

    id: Id
    uri: Url
    url: str
    account_id: Id
    title: str
    content: Html
    starts_at: Moment
    ends_at: Moment | None
    time_zone: str | None
    status: str
    join_mode: str
    join_url: str | None
    capacity: int | None
    places_left: int | None
    places: list[dict[str, object]]
    online_urls: list[str]
    categories: list[str]
    state: str | None


class Attendance(TypedDict):
    """Whether one comes."""

    state: str
