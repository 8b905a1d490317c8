"""How an account presents itself: what is to change of it, and how that reads to a person."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fedi_k12.domain.searching import Searchable
from fedi_k12.domain.words import marked

PROFILE = "profile"
KINDS = frozenset({PROFILE, "pin", "unpin", "feature", "unfeature", "endorse", "unendorse"})
"""Kinds of papers that change how an official account presents itself."""

LABELS: Mapping[str, str] = {
    "display_name": marked("Name"),
    "note": marked("About the account"),
    "fields": marked("Lines of the profile"),
    "avatar_file": marked("Picture"),
    "avatar_alt": marked("What the picture shows"),
    "header_file": marked("Cover picture"),
    "header_alt": marked("What the cover picture shows"),
    "locked": marked("Followers are asked first"),
    "discoverable": marked("In lists of people"),
    "indexable": marked("Found by search engines"),
    "searchable_by": marked("Who finds its posts by their words"),
    "hide_collections": marked("Hides who follows it and whom it follows"),
    "show_media": marked("A tab with pictures"),
    "show_media_replies": marked("Pictures in answers, too"),
    "show_featured": marked("Shows what it recommends"),
    "bot": marked("Is a program"),
    "attribution_domains": marked("Sites that may name it as an author"),
}
_PICTURES = {"avatar_file", "header_file"}


class ProfileChanges(Struct, frozen=True):
    """What a member wants to present differently; None leaves as it is."""

    display_name: str | None = None
    note: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    locked: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    searchable_by: Searchable | None = None
    hide_collections: bool | None = None
    show_media: bool | None = None
    show_media_replies: bool | None = None
    show_featured: bool | None = None
    bot: bool | None = None
    avatar_file: str | None = None
    avatar_alt: str | None = None
    header_file: str | None = None
    header_alt: str | None = None
    attribution_domains: tuple[str, ...] | None = None
    """Whose pages may name the member as an author (`fediverse:creator`)."""
    remove_avatar: bool = False
    remove_header: bool = False


class Change(Struct, frozen=True):
    """One thing of a profile, as it is and as it is to be."""

    label: str
    before: str
    after: str
    picture: bool = False
    """Both are files, empty for none."""
    flag: bool = False
    """Both are empty for no, and something for yes."""


def differing(changes: ProfileChanges, now: ProfileChanges) -> ProfileChanges:
    """Return what of these changes is not so already."""
    kept = {
        name: None
        for name in changes.__struct_fields__
        if name in LABELS and getattr(changes, name) == getattr(now, name)
    }
    return replace(
        changes,
        **kept,
        remove_avatar=changes.remove_avatar and bool(now.avatar_file),
        remove_header=changes.remove_header and bool(now.header_file),
    )


def as_detail(changes: ProfileChanges, now: ProfileChanges) -> dict[str, object]:
    """Return changes as a paper keeps them: what is to be, and what was when they were sent."""
    wanted = {
        name: value for name, value in _plain(changes).items() if value not in (None, False)
    }
    wanted |= {name: False for name in LABELS if getattr(changes, name) is False}
    touched = {_touched(name) for name in wanted}
    return {
        "changes": wanted,
        "before": {name: value for name, value in _plain(now).items() if name in touched},
    }


def from_detail(detail: Mapping[str, object]) -> ProfileChanges:
    """Return the changes that a paper keeps."""
    return msgspec.convert(detail.get("changes", {}), ProfileChanges)


def listed(detail: Mapping[str, object]) -> tuple[Change, ...]:
    """Return what a paper changes, in the order of a profile, for whoever decides about it."""
    wanted = msgspec.convert(detail.get("changes", {}), dict[str, object])
    before = msgspec.convert(detail.get("before", {}), dict[str, object])
    gone = {_touched(name) for name in wanted if name not in LABELS}
    return tuple(
        Change(
            label,
            _said(before.get(name)),
            _said(wanted.get(name)),
            picture=name in _PICTURES,
            flag=isinstance(wanted.get(name), bool),
        )
        for name, label in LABELS.items()
        if name in wanted or name in gone
    )


def as_text(changes: tuple[Change, ...]) -> str:
    """Return changes as lines of plain text, for the records."""
    return "\n".join(
        f"{one.label}: {one.before or '-'} → {one.after or '-'}" for one in changes
    )


def _touched(name: str) -> str:
    return {"remove_avatar": "avatar_file", "remove_header": "header_file"}.get(name, name)


def _plain(changes: ProfileChanges) -> dict[str, object]:
    """Return changes as JSON has them: lists, no tuples."""
    return msgspec.json.decode(msgspec.json.encode(changes), type=dict[str, object])


def _said(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(_line(item) for item in value)
    if isinstance(value, bool) or value is None:
        return "1" if value else ""
    return str(value)


def _line(item: object) -> str:
    return ": ".join(str(part) for part in item) if isinstance(item, list) else str(item)
