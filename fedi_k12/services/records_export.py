"""Hand out records (R-16, R-17): one account over some time, in forms that archives take.

What is written: JSON Lines of the activities, an index as CSV, a WARC file, a page for each
thread, the files of the posts, and a manifest with the count and the hash of everything.
"""

import asyncio
import csv
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12 import __version__
from fedi_k12.context import Context
from fedi_k12.domain.errors import ConflictError, NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.records import moment
from fedi_k12.domain.spreadsheet import plain_cell
from fedi_k12.services import records as services
from fedi_k12.services import records_chain, records_html, redaction
from fedi_k12.services.redaction import Copy
from fedi_k12.services.warc import Warc
from storage import records
from storage.records import Kept, Wanted
from storage.tables import AccountRow

ACTIVITIES, INDEX, WARC, MANIFEST = (
    "activities.jsonl", "index.csv", "records.warc.gz", "manifest.json",
)  # fmt: skip
_COLUMNS = (
    "record", "time", "direction", "kind", "person", "object", "thread", "files", "digest",
    "hash", "disposed", "redacted",
)  # fmt: skip


_SEALED = {"member", "digest", "envelope_digest", "previous", "hash"}
"""What lines of a public copy are without."""


class Scope(Struct, frozen=True):
    """What is handed out: which records, of which official accounts, and how that is said."""

    accounts: Sequence[AccountRow]
    wanted: Wanted
    about: Mapping[str, str]
    """What the manifest says of it: `account`, `from`, `to`, and what was looked for."""
    public: bool = False
    """Whether public copies are handed out instead of the sealed originals (R-16).

    They come without hashes: whoever knows all of a record but a name could try names until
    the hash of the original fits.
    """


class Exported(Struct, frozen=True):
    """What was written: how many records, threads and files, and the manifest's hash."""

    records: int
    threads: int
    files: int
    manifest: str
    """SHA-256 of the manifest, which holds the hashes of everything else."""


class _Outputs(Struct):
    """The files that are being written."""

    activities: IO[str]
    write_row: Callable[[Sequence[object]], object]
    warc: Warc
    threads: dict[str, tuple[int, str]] = field(default_factory=dict)
    """By thread: its first record, and how the thread is called in what is handed out."""
    media: dict[str, datetime] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Files of posts that should be here and are not."""
    number: int = 0
    public: bool = False
    redacted: int = 0


async def export(
    ctx: Context,
    folder: Path,
    *,
    account: AccountRow,
    since: datetime,
    until: datetime,
    actor: Actor | None = None,
    public: bool = False,
    tell: Callable[[int], None] = lambda _so_far: None,
) -> Exported:
    """Write the records of an official account from `since` to before `until` into `folder`.

    As `write_out` does.
    """
    scope = Scope(
        [account],
        Wanted(account_ids=[account.id], since=since, until=until),
        {"account": account.uri, "from": moment(since), "to": moment(until)},
        public,
    )
    return await write_out(ctx, folder, scope, actor=actor, tell=tell)


async def write_out(
    ctx: Context,
    folder: Path,
    scope: Scope,
    *,
    actor: Actor | None = None,
    tell: Callable[[int], None] = lambda _so_far: None,
) -> Exported:
    """Write records into `folder`.

    The folder must not be there yet, or be empty: `ConflictError`. What is written is the same
    as long as the records are. `tell` is told how many records are written. That somebody
    exported is a record itself, of each account.
    """
    await asyncio.to_thread(_make, folder)
    with (
        (folder / ACTIVITIES).open("w", encoding="utf-8", newline="\n") as activities,
        (folder / INDEX).open("w", encoding="utf-8", newline="") as index,
        (folder / WARC).open("wb") as warc,
    ):
        out = _Outputs(
            activities,
            csv.writer(index).writerow,
            Warc(warc, software=_software(), about=scope.about),
            public=scope.public,
        )
        out.write_row(_COLUMNS)
        async with ctx.slow_read() as session:
            async for sealed, shown in _handed_out(session, scope):
                _write(out, shown, ctx.addresses.base_url)
                thread = sealed.entry.thread or sealed.entry.object_id
                called = shown.entry.thread or shown.entry.object_id
                out.threads.setdefault(thread, (shown.entry.seq, called))
                tell(out.number)
            threads = await _pages(session, folder, scope, out.threads)
            marks = await records_chain.checkpoints(session)
        await _files(ctx, folder, out)
    about: dict[str, object] = {**scope.about, "records": out.number}
    if scope.public:
        about |= {"public": True, "redacted": out.redacted}
    if out.missing:
        about["missing_files"] = out.missing
    manifest = await asyncio.to_thread(
        _manifest, folder, about if scope.public else {**about, "checkpoints": _marks(marks)}
    )
    await ctx.write(
        services.note,
        kind="records exported",
        actor=actor,
        concerned=[account.id for account in scope.accounts],
        object_id=scope.accounts[0].uri if len(scope.accounts) == 1 else "records",
        now=ctx.clock(),
        detail={**about, "manifest": manifest},
    )
    return Exported(out.number, threads, len(out.media) - len(out.missing), manifest)


async def account_named(session: AsyncSession, name: str) -> AccountRow:
    """Return the official account of a handle, or raise `NotFoundError`."""
    row = await services.official_named(session, name.strip().lstrip("@").partition("@")[0])
    if row is None:
        raise NotFoundError(f"{name} is no official account here.")
    return row


async def _handed_out(session: AsyncSession, scope: Scope) -> AsyncIterator[tuple[Kept, Kept]]:
    """Yield the records of a scope: as they are kept, and as they may be handed out."""
    redacted = await redaction.redacted(session) if scope.public else set()
    async for kept in records.found(session, scope.wanted):
        if not scope.public:
            yield kept, kept
            continue
        seq = kept.entry.seq
        copies = await redaction.copies(session, [seq]) if seq in redacted else {}
        yield kept, _public(kept, copies.get(seq))


def _public(kept: Kept, copy: Copy | None) -> Kept:
    """Return a record without what is left out, and what leads to its sealed original."""
    entry = replace(kept.entry, member_id=None, digest="", envelope_digest="", previous="")
    body = kept.body
    if copy is not None and body is not None:
        body = copy.body
        entry = replace(
            entry,
            person=copy.clean(entry.person),
            object_id=copy.clean(entry.object_id),
            thread=copy.clean(entry.thread),
            media=() if copy.files_withheld else entry.media,
        )
    return replace(
        kept,
        entry=entry,
        hash="",
        body=body,
        envelope=None,
        redacted=tuple(copy.reasons) if copy is not None else (),
    )


def _write(out: _Outputs, kept: Kept, base_url: str) -> None:
    entry = kept.entry
    line = described(kept)
    if out.public:
        line = {name: value for name, value in line.items() if name not in _SEALED}
        line["redacted"] = list(kept.redacted)
        out.redacted += bool(kept.redacted)
    else:
        line["envelope"] = _decoded(kept.envelope)
    if kept.body is not None:
        # The text is the very bytes: what is decoded beside it may be written differently.
        line |= {"bytes": kept.body.decode("utf-8", "replace"), "activity": _decoded(kept.body)}
    out.activities.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    out.write_row(
        [
            entry.seq,
            moment(entry.at),
            entry.direction,
            plain_cell(entry.kind),
            plain_cell(entry.person),
            plain_cell(entry.object_id),
            plain_cell(entry.thread),
            " ".join(entry.media),
            entry.digest,
            kept.hash,
            "yes" if kept.body is None else "",
            " ".join(kept.redacted),
        ]
    )
    if kept.body is not None:
        _to_warc(out, kept, kept.body, base_url)
        out.media |= {key: entry.at for key in entry.media if key not in out.media}
    out.number += 1


def described(kept: Kept) -> dict[str, object]:
    """Return what is known of a record besides its bytes, as JSON values."""
    entry = kept.entry
    return {
        "record": entry.seq,
        "time": moment(entry.at),
        "direction": entry.direction,
        "kind": entry.kind,
        "account": entry.account,
        "member": entry.member_id,
        "person": entry.person,
        "object": entry.object_id,
        "thread": entry.thread,
        "digest": entry.digest,
        "envelope_digest": entry.envelope_digest,
        "files": list(entry.media),
        "previous": entry.previous,
        "hash": kept.hash,
        "disposed": kept.body is None,
    }


def _to_warc(out: _Outputs, kept: Kept, body: bytes, base_url: str) -> None:
    entry, warc = kept.entry, out.warc
    envelope = _decoded(kept.envelope) or {}
    uri = entry.object_id if "://" in entry.object_id else f"{entry.account}#{entry.seq}"
    if entry.direction == "in" and not out.public:
        target = str(envelope.get("target", "/inbox"))
        headers = envelope.get("headers")
        of = warc.request(
            f"{base_url}{target}",
            body,
            at=entry.at,
            line=f"POST {target} HTTP/1.1",
            headers=headers if isinstance(headers, dict) else {},
        )
    else:
        of = warc.resource(uri, body, at=entry.at)
    about = described(kept)
    if out.public:
        about = {name: value for name, value in about.items() if name not in _SEALED}
    warc.metadata(uri, json.dumps(about).encode(), at=entry.at, of=of)


async def _pages(
    session: AsyncSession, folder: Path, scope: Scope, threads: Mapping[str, tuple[int, str]]
) -> int:
    pages = []
    (folder / "threads").mkdir()
    for thread, (first, about) in threads.items():
        name = f"{first}.html"
        narrow = replace(scope, wanted=replace(scope.wanted, thread=thread))
        shown = [(kept, kept.body) async for _sealed, kept in _handed_out(session, narrow)]
        number = records_html.thread_page(
            folder / "threads" / name, title=f"Records about {about}", records=shown
        )
        pages.append((f"threads/{name}", about, number))
    names = ", ".join(account.display_name or account.username for account in scope.accounts)
    records_html.index_page(folder / "index.html", title=f"Records of {names}", threads=pages)
    return len(pages)


async def _files(ctx: Context, folder: Path, out: _Outputs) -> None:
    for key, at in out.media.items():
        target = folder / "media" / key
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            await ctx.blobs.copy(key, target)
        except NotFoundError:
            out.missing.append(key)
            continue
        with target.open("rb") as file:
            out.warc.resource(
                f"{ctx.addresses.base_url}/media/{key}",
                file,
                at=at,
                content_type="application/octet-stream",
            )


def _manifest(folder: Path, about: Mapping[str, object]) -> str:
    files = [
        {"file": name, "size": path.stat().st_size, "sha256": _hash_of(path)}
        for name, path in _all(folder)
    ]
    text = json.dumps({**about, "software": _software(), "files": files}, indent=2)
    (folder / MANIFEST).write_text(text + "\n", "utf-8")
    return _hash_of(folder / MANIFEST)


def _all(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise ConflictError(f"{folder} is not empty: name a new folder.")
    folder.mkdir(parents=True, exist_ok=True)


def _marks(marks: list[records_chain.Checkpoint]) -> list[dict[str, object]]:
    return [
        {"day": one.day, "seq": one.seq, "hash": one.hash, "key": one.key,
         "signature": one.signature}
        for one in marks
    ]  # fmt: skip


def _decoded(data: bytes | None) -> dict[str, object] | None:
    if data is None:
        return None
    found = json.loads(data)
    return found if isinstance(found, dict) else None


def _software() -> str:
    return f"fedi-k12/{__version__}"
