"""Settings, read once at start: defaults, `fedi-k12.toml`, the environment, then flags.

Every field has a string under it that says what it means; `webui/help/settings.md` is held to
the fields by a test. See the operator's reference there.
"""

import ast
import difflib
import inspect
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_type_hints

import idna
import msgspec
from msgspec import Struct, field
from msgspec.structs import fields

PREFIX = "FEDI_K12_"
CONFIG_VARIABLE = "FEDI_K12_CONFIG"
DEFAULT_FILE = "fedi-k12.toml"

Network = IPv4Network | IPv6Network
Source = str
"""Where a value came from: `default`, the file's name, `environment`, or `flag`."""

_HOST = re.compile(r"(?=.{1,253}(?::|$))([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.?)+(:\d{1,5})?")
_SMTP = re.compile(
    r"smtps?://([^/\s@]*@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:[1-9]\d{0,4})?/?$"
)
_MAILBOX = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}")


class SettingsError(Exception):
    """A setting that is unknown or impossible; the message names the line to change."""


FEWEST_CONNECTIONS = 4
"""With fewer, what a request asks for would wait for itself."""


class Settings(Struct, frozen=True):
    """Everything an operator can choose."""

    domain: str = "localhost:8080"
    """The host, with its port where unusual, in every id this server makes. It can never be
    changed once the server has been used."""

    handle_domain: str = ""
    """What stands behind the second @ of handles; the domain unless set. Never changes."""

    scheme: Literal["", "https", "http"] = ""
    """`https` or `http` in ids; `https` unless the domain is a localhost name."""

    name: str = "fedi-k12"
    """The name of this community, until an admin sets another on the pages."""

    contact_email: str = ""
    """Where people write to whoever runs this server."""

    listen: str = "127.0.0.1:8080"
    """Address and port that `serve` listens on."""

    tls_cert: Path | None = None
    """Certificate chain (PEM) for serving TLS without a reverse proxy; with `tls_key`."""

    tls_key: Path | None = None
    """Private key (PEM) that belongs to `tls_cert`."""

    trusted_proxies: tuple[Network, ...] = ()
    """Addresses or networks of reverse proxies whose X-Forwarded-For is believed."""

    data_dir: Path = Path("data")
    """Folder for the SQLite file and the media."""

    database_url: str = ""
    """`postgresql+asyncpg://…` for PostgreSQL; a SQLite file in the data folder unless set."""

    database_connections: int = 16
    """How many connections a process opens to PostgreSQL, at most; it listens on one more, and
    asks what takes long on two."""

    media_url: str = ""
    """Where media are kept: a folder, or `s3://bucket/prefix`; `media` in the data folder
    unless set. The bucket's address and keys are read from `AWS_ENDPOINT_URL`, `AWS_REGION`,
    `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`."""

    max_upload_bytes: int = 16_777_216
    """The largest picture a member may upload, in bytes."""

    max_film_bytes: int = 103_809_024
    """The largest film or sound a member may upload, in bytes."""

    remote_media_bytes: int = 10_737_418_240
    """How much of other servers' pictures is kept, in bytes. Beyond it those that nobody looked
    at for longest are forgotten, and fetched again when somebody does."""

    remote_post_days: int = 0
    """After how many days posts of other servers that nobody here touched are forgotten; 0
    keeps them."""

    remote_stream_bytes: int = 21_474_836_480
    """How much of other servers' films and sounds is passed on in a day, in bytes, while
    members watch. 0 shows them as links to their own pages, as checks of files do too."""

    media_check_hashes: Path | None = None
    """A file of hashes (SHA-256, or `dhash:` and a difference hash) of files that are never
    kept, one a line."""

    media_check_command: str = ""
    """A command that gets each file of another server on its input before it is kept: it exits
    with 0 to let it pass, with 1 to stop it."""

    media_quarantine: Literal["keep", "forget"] = "keep"
    """What happens with the bytes of a stopped file: put aside for the authorities, or not."""

    registrations: Literal["closed", "invite", "approval", "open"] = "invite"
    """Who may become a member: nobody, those with a link, those a moderator approves, all."""

    registration_domains: tuple[str, ...] = ()
    """Domains that a member's e-mail address must be of; any unless set."""

    staff_second_factor: bool = False
    """Ask moderators, admins and owners for a second factor before they do their work."""

    groups_by: Literal["member", "moderator", "admin", "owner"] = "member"
    """Who may make groups: everybody here, or those with this role and above."""

    federation: Literal["open", "allowlist", "off"] = "open"
    """Which servers we talk with: all but blocked ones, only allowed ones, none."""

    new_servers: Literal["accept", "hold", "reject"] = "accept"
    """What servers never seen before send: act on it, keep it until a moderator lets the
    server in, or drop it."""

    hold_seconds: int = 10
    """How long, in seconds, a post waits before other servers are told of it, so that its
    author can take it back. 0 sends it at once."""

    authorized_fetch: bool = True
    """Require other servers to sign when they fetch members' profiles and posts."""

    allow_private_networks: tuple[Network, ...] | None = None
    """Private networks that outbound requests may reach: for development and tests. On a
    localhost name the loopback networks are allowed, so that two servers on one machine can
    talk; otherwise none."""

    resolve: dict[str, str] = field(default_factory=dict)
    """Host names to addresses instead of DNS, `name=address[:port],…`: for tests."""

    ca_file: Path | None = None
    """A certificate authority (PEM) to trust besides the system's: for tests."""

    poll_results_seconds: int = 180
    """How long, in seconds, other servers wait for new results of a question at most."""

    rate_limits: bool = True
    """`off` only for load tests."""

    smtp_url: str = ""
    """`smtp://name:password@host:587` of the mail server, or `smtps://…:465` for TLS from the
    start. A password is only ever given over TLS (STARTTLS). No mail is sent unless set."""

    mail_from: str = ""
    """The address that mail is sent from; `contact_email` unless set, or else `no-reply@` and
    the host."""

    translate_url: str = ""
    """A LibreTranslate-compatible service, such as `http://127.0.0.1:5000`, for public posts.
    Nothing is translated unless set."""

    translate_key: str = ""
    """The API key that the translation service asks for, if it asks for one."""

    metrics_token: str = ""
    """A bearer token with which a monitor may read /metrics; admins may in any case."""

    log_format: Literal["auto", "text", "json"] = "auto"
    """How logs read: text on a terminal and JSON elsewhere, or always one of them."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important messages that are logged."""

    @property
    def base_url(self) -> str:
        """What all local ids start with."""
        return f"{self.scheme}://{self.domain}"

    @property
    def own_hosts(self) -> frozenset[str]:
        """The hosts this server answers to and never fetches from."""
        return _own_hosts(self.domain, self.handle_domain, self.scheme)

    @property
    def sender(self) -> str:
        """The address that mail is sent from."""
        host = self.domain.partition(":")[0]
        return self.mail_from or self.contact_email or f"no-reply@{host}"

    @property
    def media_dir(self) -> Path:
        """The folder that media are kept in."""
        return Path(self.media_url) if self.media_url else self.data_dir / "media"

    @property
    def streams(self) -> bool:
        """Whether other servers' films are passed on: what cannot be checked is not."""
        checked = self.media_check_command or self.media_check_hashes is not None
        return self.remote_stream_bytes > 0 and not checked

    @property
    def private_networks(self) -> tuple[Network, ...]:
        """The private networks that outbound requests may reach."""
        return self.allow_private_networks or ()

    @property
    def listen_address(self) -> tuple[str, int]:
        """Host and port that `serve` listens on."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class Loaded(Struct, frozen=True):
    """The settings in force and where each came from."""

    settings: Settings
    sources: Mapping[str, Source]


class Described(Struct, frozen=True):
    """One setting for a person to read; secrets are masked."""

    name: str
    value: str
    source: Source
    meaning: str


_SECRETS = {"database_url", "smtp_url", "metrics_token", "translate_key"}


def load(
    environ: Mapping[str, str] | None = None,
    *,
    file: Path | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Loaded:
    """Return the settings in force; raise `SettingsError` naming what to change."""
    environ = os.environ if environ is None else environ
    names = Settings.__struct_fields__
    raw: dict[str, object] = {}
    sources: dict[str, Source] = dict.fromkeys(names, "default")
    path = file or Path(environ.get(CONFIG_VARIABLE, DEFAULT_FILE))
    for name, value in _from_file(path, needed=file is not None).items():
        _know(name, names, f"{path}: {name}")
        raw[name], sources[name] = value, path.name
    for variable, text in environ.items():
        if variable.startswith(PREFIX) and variable != CONFIG_VARIABLE:
            name = variable.removeprefix(PREFIX).lower()
            _know(name, names, variable)
            raw[name], sources[name] = text, "environment"
    for name, text in (overrides or {}).items():
        _know(name, names, f"--set {name}")
        raw[name], sources[name] = text, "flag"
    values = {
        name: _convert(name, value, _spelling(name, sources[name]))
        for name, value in raw.items()
    }
    return Loaded(_complete(Settings(**values), sources), sources)  # type: ignore[arg-type]  # converted above


def describe(loaded: Loaded) -> list[Described]:
    """Return every setting with its value (secrets masked), source and meaning."""
    meanings = documentation()
    rows = []
    for name in Settings.__struct_fields__:
        value = _shown(getattr(loaded.settings, name))
        if name in _SECRETS and value:
            value = _masked(value)
        rows.append(Described(name, value, loaded.sources[name], meanings[name]))
    return rows


@cache
def documentation() -> dict[str, str]:
    """Return what each setting means: the string under its field."""
    tree = ast.parse(inspect.getsource(Settings))
    body = tree.body[0].body  # type: ignore[attr-defined]  # the class statement
    found: dict[str, str] = {}
    for above, below in pairwise(body):
        if (
            isinstance(above, ast.AnnAssign)
            and isinstance(above.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            found[above.target.id] = " ".join(str(below.value.value).split())
    return found


@cache
def _own_hosts(domain: str, handle_domain: str, scheme: str) -> frozenset[str]:
    # Asked with each request, more than once.
    names = {domain, handle_domain}
    port = ":443" if scheme == "https" else ":80"
    return frozenset(names | {f"{name}{port}" for name in names if ":" not in name})


def is_local_name(domain: str) -> bool:
    """Return whether a domain is a name of this very machine (RFC 6761)."""
    host = domain.partition(":")[0]
    return host == "localhost" or host.endswith(".localhost")


def _from_file(path: Path, *, needed: bool) -> dict[str, object]:
    if not path.exists():
        if needed:
            raise SettingsError(f"There is no settings file {path}.")
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error


def _know(name: str, names: Sequence[str], where: str) -> None:
    if name in names:
        return
    near = difflib.get_close_matches(name, names, 1)
    hint = f" Did you mean {near[0]}?" if near else " `fedi-k12 settings` lists them."
    raise SettingsError(f"{where}: there is no such setting.{hint}")


def _spelling(name: str, source: Source) -> str:
    if source == "environment":
        return PREFIX + name.upper()
    return f"--set {name}" if source == "flag" else f"{source}: {name}"


@cache
def _types() -> dict[str, object]:
    return dict(get_type_hints(Settings))


def _convert(name: str, value: object, where: str) -> object:
    try:
        if name in {"trusted_proxies", "allow_private_networks"}:
            return tuple(ip_network(item, strict=False) for item in _items(value))
        if name == "registration_domains":
            return tuple(item.lower() for item in _items(value))
        if name == "resolve":
            return _pairs(value)
        if name in {"tls_cert", "tls_key", "ca_file", "data_dir", "media_check_hashes"}:
            return Path(str(value)).expanduser() if str(value) else None
        if name in {"rate_limits", "authorized_fetch"} and isinstance(value, str):
            value = {"on": "true", "off": "false", "yes": "true", "no": "false"}.get(
                value.lower(), value
            )
        return msgspec.convert(value, _types()[name], strict=False)
    except (ValueError, msgspec.ValidationError) as error:
        raise SettingsError(f"{where}: {value!r} is not possible: {error}") from error


def _items(value: object) -> list[str]:
    found = value if isinstance(value, list) else str(value).split(",")
    return [str(item).strip() for item in found if str(item).strip()]


def _pairs(value: object) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(name).lower(): str(address) for name, address in value.items()}
    found = {}
    for item in _items(value):
        name, equals, address = item.partition("=")
        if not (equals and name and address):
            raise ValueError("write name=address, with commas between")
        found[name.strip().lower()] = address.strip()
    return found


def _complete(given: Settings, sources: Mapping[str, Source]) -> Settings:
    """Fill in what depends on other settings, and refuse what does not go together."""

    def where(name: str) -> str:
        return _spelling(name, sources[name])

    domain = _host(given.domain, where("domain"))
    handle = _host(given.handle_domain, where("handle_domain")) if given.handle_domain else ""
    local = is_local_name(domain)
    if (given.tls_cert is None) != (given.tls_key is None):
        raise SettingsError("tls_cert and tls_key: set both, or neither.")
    for name in ("tls_cert", "tls_key", "ca_file", "media_check_hashes"):
        path = getattr(given, name)
        if path is not None and not path.is_file():
            raise SettingsError(f"{where(name)}: there is no file {path}.")
    host, _, port = given.listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the last port
        raise SettingsError(f"{where('listen')}: write HOST:PORT, such as 127.0.0.1:8080.")
    if given.database_connections < FEWEST_CONNECTIONS:
        raise SettingsError(
            f"{where('database_connections')}: write {FEWEST_CONNECTIONS} or more."
        )
    if given.hold_seconds < 0:
        raise SettingsError(f"{where('hold_seconds')}: write a number of seconds, or 0.")
    if given.database_url and not given.database_url.startswith(("postgresql", "sqlite")):
        raise SettingsError(
            f"{where('database_url')}: write postgresql+asyncpg://…, or leave it out (SQLite)."
        )
    if given.translate_url and not given.translate_url.startswith(("http://", "https://")):
        raise SettingsError(f"{where('translate_url')}: write http://… or https://….")
    if given.remote_post_days < 0:
        raise SettingsError(f"{where('remote_post_days')}: write a number of days, or 0.")
    if given.smtp_url and not _SMTP.match(given.smtp_url):
        # Not the value itself: a password may stand in it.
        raise SettingsError(f"{where('smtp_url')}: write smtp://host:587 or smtps://host:465.")
    if given.mail_from and not _MAILBOX.fullmatch(given.mail_from):
        raise SettingsError(f"{where('mail_from')}: write an address: office@lincoln.example.")
    if "://" in given.media_url and not re.fullmatch(
        r"s3://[a-z0-9.-]+(/.*)?", given.media_url
    ):
        raise SettingsError(f"{where('media_url')}: write a folder, or s3://bucket/prefix.")
    database = given.database_url or f"sqlite+aiosqlite:///{given.data_dir}/fedi-k12.db"
    if database.startswith(("postgresql://", "postgres://")):
        database = "postgresql+asyncpg://" + database.partition("://")[2]
    networks = given.allow_private_networks
    if networks is None:
        loopback = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
        networks = loopback if local else ()
    return _replace(
        given,
        domain=domain,
        handle_domain=handle or domain,
        scheme=given.scheme or ("http" if local and given.tls_cert is None else "https"),
        database_url=database,
        allow_private_networks=networks,
    )


def _replace(given: Settings, **changes: object) -> Settings:
    values = {item.name: getattr(given, item.name) for item in fields(given)}
    return Settings(**{**values, **changes})


def _host(text: str, where: str) -> str:
    host, colon, port = text.strip().lower().partition(":")
    try:
        host = idna.encode(host, uts46=True).decode() if not host.isascii() else host
    except idna.IDNAError as error:
        raise SettingsError(f"{where}: {text!r} is not a host name: {error}") from error
    whole = host + colon + port
    if not _HOST.fullmatch(whole) or whole.endswith("."):
        raise SettingsError(
            f"{where}: {text!r} is not a host name. Write it without https:// and slashes, "
            "such as social.lincoln.k12.or.us."
        )
    return whole


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}={address}" for name, address in value.items())
    return str(value)


def _masked(value: str) -> str:
    if "://" not in value:
        return "••••••"
    return re.sub(r"(://[^:/@]*:)[^@]*(@)", r"\1••••••\2", value)
