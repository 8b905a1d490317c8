"""Explain how a handle or an address leads to an account or post, step by step.

For operators and researchers: every step says what was asked and found and, where something
is wrong, which rule it breaks and what can be done.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import quote

from msgspec import Struct, field

from federation.fetch import ACCEPT, get_signed, is_activity_json
from federation.knock import habits_of
from federation.policy import decide
from federation.proofs import verified_proof
from federation.sig.cavage import CLOCK_WINDOW, date_of
from federation.sig.integrity import proofs_in
from federation.sig.keys import from_multibase, load_public
from federation.signing import server_signer
from federation.vocab.actor import KINDS as ACTORS
from federation.vocab.actor import ActorIn, parse_actor
from federation.vocab.decode import decode
from federation.vocab.note import parse_object
from federation.vocab.values import Json, id_of, types
from federation.webfinger import MAX_JRD, finger
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError, InvalidError
from fedi_k12.domain.people import Handle, parse_handle
from fedi_k12.domain.urls import host_of, same_origin
from fedi_k12.guard import Answer, FetchError
from storage import hosts

_ADVICE = {
    "address": "The name leads to a private or reserved address. On the internet its DNS is "
    "wrong; on your own network see the setting allow_private_networks.",
    "dns": "The name cannot be looked up. Check how it is written, and its DNS records.",
    "connect": "Nothing answers there. Is the server running, and its firewall open?",
    "tls": "The certificate is expired, for another name, or of an authority that is not "
    "trusted. Its operator has to renew it; for tests see the setting ca_file.",
    "timeout": "The server is too slow or overloaded. Try again later.",
    "own_host": "That is this very server: look the account up here.",
    "redirect": "The server leads round in circles, or to something that is no address.",
    "scheme": "Only https is asked.",
    "port": "Only port 443 is asked.",
    "size": "The answer is larger than any account or post can be.",
    "http": "What answers there does not speak HTTP as it should: is a web server behind it?",
    "encoding": "The server compresses in a way nobody asked for; its proxy is set up wrongly.",
}


class Step(Struct, frozen=True):
    """One step: what was found and, where it is not `ok`, what to do."""

    name: str
    ok: bool
    found: str
    advice: str = ""


class Report(Struct):
    """All steps that were taken, the last of which decides."""

    subject: str
    steps: list[Step] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(step.ok for step in self.steps)

    @property
    def conclusion(self) -> str:
        """One sentence about the whole."""
        wrong = next((step for step in self.steps if not step.ok), None)
        if wrong is None:
            return f"{self.subject} is in order."
        return f"{self.subject} is not in order: see {wrong.name}."

    def as_dict(self) -> dict[str, object]:
        """Return the report for programs."""
        return {
            "subject": self.subject,
            "ok": self.ok,
            "steps": [
                {"name": s.name, "ok": s.ok, "found": s.found, "advice": s.advice}
                for s in self.steps
            ],
            "conclusion": self.conclusion,
        }

    def say(self, name: str, found: str) -> None:
        """Record a step that went well."""
        self.steps.append(Step(name, ok=True, found=found))

    def stop(self, name: str, found: str, advice: str = "") -> "_WrongError":
        """Record a step that went wrong, and return what ends the look."""
        self.steps.append(Step(name, ok=False, found=found, advice=advice))
        return _WrongError()


class _WrongError(Exception):
    """A step went wrong; the report says which."""


async def look_into(ctx: Context, what: str) -> Report:
    """Return every step by which `what`, a handle or an address, is found."""
    report = Report(what)
    try:
        if what.startswith(("https://", "http://")):
            await _look_at(ctx, report, what, "document")
        else:
            await _look_up(ctx, report, what)
    except _WrongError:
        pass
    return report


async def _look_up(ctx: Context, report: Report, what: str) -> None:
    try:
        handle = parse_handle(what, own_hosts=ctx.settings.own_hosts)
    except InvalidError as error:
        raise report.stop("handle", str(error)) from error
    if handle.host is None:
        raise report.stop(
            "handle", f"{handle} is of this server.", "Look it up with `account list`."
        )
    report.say("handle", f"user {handle.username}, host {handle.host}")
    await _policy(ctx, report, handle.host)
    await _addresses(ctx, report, handle.host)
    actor_uri, named = await _finger(ctx, report, handle)
    actor = await _look_at(ctx, report, actor_uri, "actor", known=handle.host)
    if actor is None:
        raise report.stop(
            "actor",
            "It is a post, not an account.",
            "The server's WebFinger answer has the wrong self link.",
        )
    _agree(report, named, actor, actor_uri)


async def _finger(ctx: Context, report: Report, handle: Handle) -> tuple[str, Handle]:
    resource = quote(f"acct:{handle.username}@{handle.host}", safe="")
    path = f"/.well-known/webfinger?resource={resource}"
    answer = await _ask_first(ctx, report, handle, path)
    if answer.status == HTTPStatus.NOT_FOUND:
        try:
            found = await finger(ctx, handle)
        except DomainError:
            pass
        else:
            report.say("webfinger", f"404; host-meta leads elsewhere, self {found.actor_uri}")
            named = await _subject(ctx, report, str(found.handle), handle, found.actor_uri)
            return found.actor_uri, named
    if answer.status != HTTPStatus.OK:
        unknown = answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
        raise report.stop(
            "webfinger",
            f"{answer.url} answered {answer.status}.",
            "The server knows nobody of that name."
            if unknown
            else "The server does not answer WebFinger; its operator has to look at it.",
        )
    kind = answer.content_type.partition(";")[0]
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise report.stop(
            "webfinger",
            f"{answer.url} is no JSON ({kind}).",
            "A page is served where WebFinger should be; the server's proxy is set up wrongly.",
        ) from error
    links = document.get("links") if isinstance(document, Mapping) else None
    actor_uri = next(
        (
            str(link["href"])
            for link in (links if isinstance(links, list) else [])
            if isinstance(link, Mapping)
            and link.get("rel") == "self"
            and is_activity_json(str(link.get("type", "")))
            and isinstance(link.get("href"), str)
        ),
        "",
    )
    subject = str(document.get("subject", "")) if isinstance(document, Mapping) else ""
    if not actor_uri:
        raise report.stop(
            "webfinger",
            f"{subject or 'The answer'} has no self link of ActivityPub's type.",
            "The account does not take part in the fediverse.",
        )
    report.say("webfinger", f"{answer.status} {kind}, subject {subject}, self {actor_uri}")
    return actor_uri, await _subject(ctx, report, subject, handle, actor_uri)


async def _ask_first(ctx: Context, report: Report, handle: Handle, path: str) -> Answer:
    schemes = ("https", "http") if ctx.settings.private_networks else ("https",)
    failure: FetchError | None = None
    for scheme in schemes:
        try:
            answer = await ctx.http.get(
                f"{scheme}://{handle.host}{path}",
                headers={"Accept": "application/jrd+json"},
                max_bytes=MAX_JRD,
            )
        except FetchError as error:
            failure = failure or error
            if error.reason not in {"tls", "connect", "http"}:
                break
        except DomainError as error:
            raise report.stop("connection", str(error)) from error
        else:
            report.say("connection", f"{scheme}, {handle.host} answers")
            if scheme == "https":
                report.say("certificate", f"in force, trusted, of {handle.host}")
            return answer
    reason = failure.reason if failure is not None else "connect"
    name = {"dns": "dns", "tls": "certificate"}.get(reason, "connection")
    raise report.stop(name, str(failure), _ADVICE.get(reason, ""))


async def _subject(
    ctx: Context, report: Report, subject: str, handle: Handle, actor_uri: str
) -> Handle:
    """Check whom the answer is about; a handle of another host has to be confirmed there."""
    try:
        named = parse_handle(subject, own_hosts=())
    except InvalidError as error:
        raise report.stop(
            "subject",
            f"{subject!r} is no handle.",
            "The server has to name the account in its WebFinger answer.",
        ) from error
    if named.username.lower() != handle.username.lower() or named.host is None:
        raise report.stop(
            "subject",
            f"Asked for {handle}, told of {subject}.",
            "The server answers for somebody else; it has to name who was asked for.",
        )
    if named.host == handle.host:
        report.say("subject", f"{subject} is who was asked for")
        return named
    advice = (
        f"Anybody can claim a handle of {named.host}. Its operator has to answer WebFinger for "
        f"{named} with {actor_uri}; until then the handle is shown as unverified."
    )
    try:
        again = await finger(ctx, named)
    except DomainError as error:
        raise report.stop("subject", f"Told of {named}. {error}", advice) from error
    if again.actor_uri != actor_uri or again.handle.host != named.host:
        raise report.stop(
            "subject",
            f"{handle.host} tells of {named}, but {named.host} says that this is "
            f"{again.handle}, {again.actor_uri}.",
            advice,
        )
    report.say("subject", f"{named}: the account goes by that handle, {named.host} confirms")
    return named


async def _look_at(
    ctx: Context, report: Report, url: str, name: str, *, known: str = ""
) -> ActorIn | None:
    """Look at a document; return the actor that it is, None for a post that is in order.

    The host that is `known` was looked up already.
    """
    try:
        host = host_of(url)
    except InvalidError as error:
        raise report.stop(name, f"{url}: {error}") from error
    if host != known:
        await _policy(ctx, report, host)
        await _addresses(ctx, report, host)
    document = await _document(ctx, report, url, name)
    named = id_of(document.get("id"))
    if named != url and not (named and same_origin(named, url)):
        raise report.stop(
            "id",
            f"{url} says that it is {named or 'nothing'}.",
            "A document is believed only where its id is; its server has to say its own.",
        )
    report.say("id", named)
    if "Collection" in types(document):
        await _list(ctx, report, document, named)
        return None
    if not set(types(document)) & set(ACTORS):
        try:
            note = parse_object(document)
        except InvalidError as error:
            raise report.stop("post", str(error), "Nothing that is shown as a post.") from error
        report.say("post", f"{note.kind} by {note.attributed_to}")
        await _proof(ctx, report, document)
        return None
    return _actor(report, document)


async def _document(ctx: Context, report: Report, url: str, name: str) -> Json:
    try:
        answer = await get_signed(ctx, url, {"Accept": ACCEPT}, await server_signer(ctx))
    except FetchError as error:
        step = {"dns": "dns", "tls": "certificate"}.get(error.reason, name)
        raise report.stop(step, str(error), _ADVICE.get(error.reason, "")) from error
    except DomainError as error:
        raise report.stop(name, str(error)) from error
    if answer.status in {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }:
        raise report.stop(
            "signature",
            f"{answer.url} answered {answer.status} to our signed request.",
            "That server cannot fetch our key, blocks us, or its clock is off. Is this server "
            f"running, and can that one reach {ctx.addresses.server_actor()}?",
        )
    if answer.status != HTTPStatus.OK:
        raise report.stop(name, f"{answer.url} answered {answer.status}.")
    habits = await habits_of(ctx, host_of(answer.url))
    way = "RFC 9421" if habits.scheme == "rfc9421" else "draft-cavage"
    signed = f"our request, signed by {way}," if habits.sign_gets else "our unsigned request"
    report.say("signature", f"{answer.status}: {signed} was accepted")
    await _clock(ctx, report, answer)
    if not is_activity_json(answer.content_type):
        raise report.stop(
            name,
            f"{answer.url} is of type {answer.content_type or 'none'}.",
            "It has to be application/activity+json; anything else could be an uploaded file.",
        )
    try:
        document = decode(answer.body)
    except InvalidError as error:
        raise report.stop(name, f"{answer.url}: {error}") from error
    report.say(name, f"{answer.content_type.partition(';')[0]}, {len(answer.body)} bytes")
    return document


async def _clock(ctx: Context, report: Report, answer: Answer) -> None:
    """Say how far the other clock is off, as it says now or as its last letter said."""
    async with ctx.read() as session:
        seconds = await hosts.clock_skew(session, host_of(answer.url))
    with suppress(DomainError):
        seconds = round((date_of(answer.headers) - ctx.clock()).total_seconds())
    minutes = abs(seconds) // 60
    found = f"Their clock is {minutes} minutes {'ahead of' if seconds > 0 else 'behind'} ours."
    if abs(seconds) > CLOCK_WINDOW.total_seconds():
        raise report.stop("clock", found, "What they sign counts as too old, or not yet made.")
    if minutes:
        report.say("clock", found)


async def _list(ctx: Context, report: Report, document: Json, named: str) -> None:
    """Say whether a list of official accounts is what its server signed (S-35)."""
    items = document.get("items")
    ids = [id_of(one) for one in items] if isinstance(items, list) else []
    if not all(one and same_origin(one, named) for one in ids):
        raise report.stop(
            "list",
            "Somebody in the list is of another server.",
            "A place says of its own accounts alone that they are official.",
        )
    if not any(proofs_in(document)):
        raise report.stop("proof", "The list is not signed.", "Nobody vouches for it.")
    report.say("list", f"{len(ids)}: {' '.join(ids)}")
    await _proof(ctx, report, document)


async def _proof(ctx: Context, report: Report, document: Json) -> None:
    """Say whether the proof of a post, where it has one, is its author's (FEP-8b32)."""
    if document.get("proof") is None:
        return
    if not any(proofs_in(document)):
        report.say("proof", "Of a kind that this server does not read.")
    elif (owner := await verified_proof(ctx, document)) is None:
        raise report.stop(
            "proof",
            "The proof is not by a key that its author lists under assertionMethod.",
            "The post was changed after it was proven, or its author's keys were.",
        )
    else:
        report.say("proof", f"valid, by {owner}")


def _actor(report: Report, document: Json) -> ActorIn:
    try:
        actor = parse_actor(document)
    except InvalidError as error:
        raise report.stop(
            "form", str(error), "The actor's document breaks a rule of ActivityPub."
        ) from error
    report.say("form", f"{actor.kind} {actor.username}, inbox {actor.inbox}")
    owner = document.get("publicKey")
    stated = id_of(owner.get("owner")) if isinstance(owner, Mapping) else ""
    if stated and stated != actor.id:
        raise report.stop(
            "key",
            f"The key says that it is of {stated}, not of {actor.id}.",
            "Nothing that this account sends can be verified; its server has to correct it.",
        )
    usable = []
    for key in actor.keys:
        try:
            found = load_public(key.pem or from_multibase(key.multibase))
        except DomainError as error:
            raise report.stop(
                "key",
                f"{key.id}: {error}",
                "Nothing that this account signs with it can be verified.",
            ) from error
        size = getattr(found, "key_size", None)
        usable.append(f"{key.id} ({'RSA ' + str(size) if size else 'Ed25519'})")
    if not usable:
        raise report.stop(
            "key",
            "There is no key of the account's own.",
            "Nothing that this account sends can be verified.",
        )
    report.say("key", ", ".join(usable))
    return actor


def _agree(report: Report, named: Handle, actor: ActorIn, actor_uri: str) -> None:
    """Check that name and id confirm each other, both ways."""
    if actor.id != actor_uri:
        raise report.stop(
            "agreement",
            f"WebFinger leads to {actor_uri}, which says that it is {actor.id}.",
            "WebFinger has to name the actor's own id.",
        )
    if actor.username.lower() != named.username.lower() and not actor.webfinger:
        raise report.stop(
            "agreement",
            f"WebFinger says {named}, the actor says {actor.username}.",
            "The actor's preferredUsername and its handle have to be the same.",
        )
    if actor.webfinger and actor.webfinger.lower() != str(named).lstrip("@").lower():
        raise report.stop(
            "agreement",
            f"WebFinger says {named}, the actor says {actor.webfinger}.",
            "The handle is shown as unverified until both agree.",
        )
    report.say("agreement", f"{named} and {actor.id} confirm each other")


async def _policy(ctx: Context, report: Report, host: str) -> None:
    decision = await decide(ctx, host)
    if not decision.allowed:
        raise report.stop(
            "policy",
            f"This server does not talk with {host}. {decision.why}",
            "`fedi-k12 domain list` shows what is decided.",
        )
    report.say("policy", f"{host} is {'limited' if decision.limited else 'talked with'}")


async def _addresses(ctx: Context, report: Report, host: str) -> None:
    name = host.rpartition("]")[0].strip("[") or host.partition(":")[0]
    try:
        found = await ctx.http.addresses(name)
    except FetchError as error:
        raise report.stop("dns", str(error), _ADVICE.get(error.reason, "")) from error
    report.say("dns", f"{name} is at {', '.join(found)}")
