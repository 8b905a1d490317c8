"""Read what a client posts to its outbox: an activity, or a bare object to be created.

Ids, authors and dates are ours to give: what a client says of them is left aside (FED-80).
"""

from collections.abc import Mapping

from msgspec import Struct

from federation.vocab import values
from federation.vocab.note import visibility_of_addresses
from federation.vocab.parse import ACTIVITIES
from federation.vocab.values import Json
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.languages import normalise_language
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.sanitise import plain_text, safe_html

MAX_PEOPLE = 50
MAX_ATTACHMENTS = 16
MAX_FIELDS = 20
OBJECTS = frozenset({"Note", "Question"})
"""What a client can have created here."""


class Wish(Struct, frozen=True):
    """An activity that a client wants done."""

    type: str
    object_id: str
    object: Json | None
    target_id: str
    raw: Json


class Audience(Struct, frozen=True):
    """Who may see what is created, to whom it goes, and to whom without the others knowing."""

    visibility: Visibility
    people: tuple[str, ...]
    hidden: tuple[str, ...]


class Words(Struct, frozen=True):
    """What an object of a client says, in the form that members write in."""

    text: str | None
    content_type: str
    summary: str | None
    sensitive: bool | None
    language: str | None


def parse_wish(raw: object, *, actor_uri: str) -> Wish:
    """Return what a client wants; a bare object is one to be created (section 6.2.1).

    Raises `InvalidError` for what is neither, `ForbiddenError` for another's name under it.
    """
    if not isinstance(raw, Mapping):
        raise InvalidError("Send one activity, or one object, as a JSON object.")
    kind = next((name for name in values.types(raw)), "")
    if not kind:
        raise InvalidError("type: exactly one is needed.")
    if kind not in ACTIVITIES:
        raw = {"type": "Create", "object": raw, "to": raw.get("to"), "cc": raw.get("cc")}
        kind = "Create"
    for name in ("actor", "attributedTo"):
        said = values.id_of(raw.get(name))
        if said and said != actor_uri:
            raise ForbiddenError(f"{name}: only {actor_uri} speaks through this outbox.")
    found = raw.get("object")
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    embedded = found if isinstance(found, Mapping) else None
    object_id = values.id_of(found)
    if embedded is None and not object_id:
        raise InvalidError("object: an id or an object is needed.")
    if embedded is not None:
        said = values.id_of(embedded.get("attributedTo"))
        if kind in {"Create", "Update"} and said and said != actor_uri:
            raise ForbiddenError("object.attributedTo: one writes only for oneself.")
    return Wish(kind, object_id, embedded, values.id_of(raw.get("target")), raw)


def audience(wish: Wish, *, followers_uri: str) -> Audience:
    """Return who may see what is created and to whom it goes (sections 6 and 6.2)."""
    parts = [wish.raw] + ([wish.object] if wish.object is not None else [])

    def named(*names: str) -> list[str]:
        return [uri for part in parts for name in names for uri in values.ids(part.get(name))]

    to, cc = named("to"), named("cc", "audience")
    rest = {followers_uri, *values.PUBLIC_NAMES}
    return Audience(
        visibility_of_addresses(to, cc, followers_uri=followers_uri),
        tuple(dict.fromkeys(uri for uri in (*to, *cc) if uri not in rest))[:MAX_PEOPLE],
        tuple(dict.fromkeys(uri for uri in named("bto", "bcc") if uri not in rest))[
            :MAX_PEOPLE
        ],
    )


def words(document: Json) -> Words:
    """Return what an object says; what it does not mention is None (for a partial Update)."""
    source = document.get("source")
    kind = values.text(document, "mediaType", limit=100)
    text: str | None = None
    content_type = "text/markdown"
    if isinstance(source, Mapping) and isinstance(source.get("content"), str):
        text = str(source["content"])
        if values.text(source, "mediaType", limit=100) != "text/markdown":
            content_type = "text/plain"
    elif isinstance(document.get("content"), str):
        text = str(document["content"])
        if kind == "text/plain":
            content_type = "text/plain"
        elif kind != "text/markdown":
            text = _markdown(text)
    elif isinstance(document.get("contentMap"), Mapping):
        text = next((_markdown(v) for v in _map(document).values()), None)
    return Words(
        text=text,
        content_type=content_type,
        summary=plain_text(safe_html(values.text(document, "summary")))
        if "summary" in document
        else None,
        sensitive=document.get("sensitive") is True if "sensitive" in document else None,
        language=next((normalise_language(tag) for tag in _map(document)), None),
    )


def mentioned(document: Json) -> tuple[str, ...]:
    """Return the ids of those whom an object names in its tags."""
    found = [
        values.id_of(item.get("href"))
        for item in values.objects(document.get("tag"), limit=200)
        if "Mention" in values.types(item)
    ]
    return tuple(dict.fromkeys(uri for uri in found if uri))[:MAX_PEOPLE]


def attached(document: Json) -> tuple[str, ...]:
    """Return the ids or addresses of what an object carries."""
    found = []
    for item in values.items(document.get("attachment"), limit=MAX_ATTACHMENTS):
        name = values.id_of(item)
        if not name and isinstance(item, Mapping):
            name = values.link(item.get("url")) or ""
        if name:
            found.append(name)
    return tuple(dict.fromkeys(found))


def fields(document: Json) -> tuple[tuple[str, str], ...] | None:
    """Return the profile fields of an actor's document, None where it says nothing of them."""
    if "attachment" not in document:
        return None
    return tuple(
        (values.text(item, "name", limit=500), plain_text(values.text(item, "value")))
        for item in values.objects(document.get("attachment"), limit=MAX_FIELDS)
        if "PropertyValue" in values.types(item)
    )


def _map(document: Json) -> dict[str, str]:
    found = document.get("contentMap")
    if not isinstance(found, Mapping):
        return {}
    return {str(tag): text for tag, text in found.items() if isinstance(text, str)}


def _markdown(html: str) -> str:
    """Return HTML as the Markdown that members would have written for it."""
    # Few post over this door, and reading HTML as trees takes 8 MB.
    from markdownify import markdownify

    return str(markdownify(safe_html(html, kind="article"), heading_style="ATX")).strip()
