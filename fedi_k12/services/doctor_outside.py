"""Examine a server as others see it: name, certificate, proxy, and its way to the mail."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from ipaddress import ip_network

import msgspec

from fedi_k12 import __version__
from fedi_k12.guard import FetchError, GuardedClient
from fedi_k12.postman import greet
from fedi_k12.services.doctor import Finding
from fedi_k12.settings import Settings

SOON, VERY_SOON = timedelta(days=21), timedelta(days=7)
"""A certificate that ends sooner is noted, and is a fault."""
_PATIENCE = 10.0
_HOME = (
    "If this machine cannot reach itself by its own public address (some routers do not allow "
    "it), look from elsewhere."
)


class Seen(msgspec.Struct, frozen=True):
    """What the server says of a request to `/healthz?seen` that came to it."""

    host: str
    own_host: bool
    forwarded: bool
    trusted: bool
    inside: bool


async def look_from_outside(settings: Settings) -> list[Finding]:
    """Return what is found by calling this server by its public name; it has to be running."""
    client = GuardedClient(
        user_agent=f"fedi-k12/{__version__} (+{settings.base_url}/)",
        # The way to oneself may lead through any network.
        allowed_networks=(ip_network("0.0.0.0/0"), ip_network("::/0")),
        ca_file=settings.ca_file,
        resolve=settings.resolve,
    )
    await client.open()
    try:
        names = [
            await _name(client, name)
            for name in dict.fromkeys((settings.domain, settings.handle_domain))
        ]
        if any(finding.level == "fail" for finding in names):
            return names
        return [
            *names,
            *([await certificate(settings)] if settings.scheme == "https" else []),
            *await _reach(client, settings),
        ]
    finally:
        await client.close()


async def mail(settings: Settings) -> Finding:
    """Return whether the mail server lets this one in."""
    if not settings.smtp_url:
        return Finding("mail", "ok", "Mail is off: no smtp_url.")
    try:
        await greet(settings)
    except FetchError as error:
        return Finding(
            "mail",
            "fail",
            str(error),
            "See smtp_url: host, port, name, password; smtps:// is TLS from the start.",
        )
    return Finding(
        "mail", "ok", f"The mail server lets us in; letters are from {settings.sender}."
    )


async def _name(client: GuardedClient, name: str) -> Finding:
    try:
        found = await client.addresses(name.partition(":")[0])
    except FetchError as error:
        return Finding(
            "dns", "fail", str(error), f"Give {name} an A or AAAA record that leads here."
        )
    return Finding("dns", "ok", f"{name} is at {', '.join(found)}.")


async def certificate(settings: Settings) -> Finding:
    """Return whether the certificate that is shown for the domain is good, and for how long."""
    host, _, port = settings.domain.partition(":")
    context = ssl.create_default_context(cafile=settings.ca_file)
    place, _, other_port = settings.resolve.get(host, host).partition(":")
    try:
        async with asyncio.timeout(_PATIENCE):
            _reader, writer = await asyncio.open_connection(
                place, int(other_port or port or 443), ssl=context, server_hostname=host
            )
    except (OSError, TimeoutError) as error:
        reason = getattr(error, "verify_message", "") or str(error) or "no answer"
        return Finding(
            "tls",
            "fail",
            f"{host} shows no certificate that can be trusted: {reason}.",
            "Renew it (Caddy does so by itself), and see that the whole chain is served. "
            + _HOME,
        )
    shown = writer.get_extra_info("peercert") or {}
    writer.close()
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    return lasting(ends - datetime.now(UTC), ends)  # noqa: TID251 - the clock TLS went by


def lasting(left: timedelta, ends: datetime) -> Finding:
    """Return what is to be said of a certificate with so much time left."""
    found = f"The certificate is good until {ends:%Y-%m-%d}."
    advice = "Renew it, and see why that did not happen by itself."
    if left < SOON:
        return Finding("tls", "fail" if left < VERY_SOON else "note", found, advice)
    return Finding("tls", "ok", found)


async def _reach(client: GuardedClient, settings: Settings) -> list[Finding]:
    try:
        answer = await client.get(f"{settings.base_url}/healthz?seen", max_redirects=0)
        seen = msgspec.json.decode(answer.body, type=Seen)
    except (FetchError, msgspec.MsgspecError) as error:
        return [
            Finding(
                "reachable",
                "fail",
                f"{settings.base_url} does not lead to this server: {error}",
                "Is it running, does the proxy pass everything on, and is the firewall open? "
                + _HOME,
            )
        ]
    found = [Finding("reachable", "ok", f"{settings.base_url} answers."), through_proxy(seen)]
    if settings.handle_domain != settings.domain:
        found.append(await _handles(client, settings))
    return found


def through_proxy(seen: Seen) -> Finding:
    """Return whether a proxy passes on what is needed, by what the server saw."""
    if not seen.own_host:
        return Finding(
            "proxy",
            "fail",
            f"The proxy asks for {seen.host} instead of the name it was asked for.",
            "Let it leave Host as it is (nginx: proxy_set_header Host $host).",
        )
    if seen.forwarded and not seen.trusted:
        return Finding(
            "proxy",
            "fail",
            "The proxy says who asks (X-Forwarded-For), but is not believed.",
            "Put its address into FEDI_K12_TRUSTED_PROXIES. Until then everybody counts as one "
            "visitor, and limits meet all at once.",
        )
    if seen.trusted and not seen.forwarded:
        return Finding(
            "proxy",
            "fail",
            "The proxy does not say who asks.",
            "Let it set X-Forwarded-For (nginx: to $remote_addr).",
        )
    if seen.inside and not seen.forwarded:
        return Finding(
            "proxy",
            "note",
            "The request came from within, and no proxy said for whom.",
            "If there is a proxy, let it set X-Forwarded-For, and put its address into "
            "FEDI_K12_TRUSTED_PROXIES.",
        )
    return Finding("proxy", "ok", "Host and the address of who asks arrive as they should.")


async def _handles(client: GuardedClient, settings: Settings) -> Finding:
    name = settings.handle_domain
    address = f"acct:{settings.domain}@{name}"
    url = f"{settings.scheme}://{name}/.well-known/webfinger?resource={address}"
    try:
        answer = await client.get(url, headers={"Accept": "application/jrd+json"})
    except FetchError as error:
        reached = str(error)
    else:
        if answer.url.startswith(settings.base_url) or answer.status == HTTPStatus.OK:
            return Finding("handles", "ok", f"{name} passes WebFinger on.")
        reached = f"It answers {answer.status}."
    return Finding(
        "handles",
        "fail",
        f"{name} does not pass WebFinger on: {reached}",
        f"Let https://{name}/.well-known/webfinger redirect to "
        f"{settings.base_url}/.well-known/webfinger with the same query.",
    )
