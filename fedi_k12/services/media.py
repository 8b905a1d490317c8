"""Attachments: taken in from members, described, and re-served for other servers' posts."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.licences import credit_line
from fedi_k12.domain.media import streamed_type
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import MAX_ALT_CHARACTERS, MediaView
from fedi_k12.services import moderation, views
from fedi_k12.services.pictures import Encoded, Prepared
from storage import accounts
from storage.tables import AccountRow, EmojiRow, MediaRow, PictureRow, PostRow


class StoredFile(Struct, frozen=True):
    """Where something shown comes from: a file of ours, or another server's address."""

    file: str | None
    remote_url: str | None
    handle: str = ""
    """Of an account: what to draw a picture from where it has none."""
    poster: bool = False
    """`remote_url` is the picture that stands for a film or sound."""
    streamed: str | None = None
    """The type as which a film or sound of another server is passed on."""


class Preview(Struct, frozen=True):
    """A picture that its sender chose to stand for an upload, kept already."""

    file: str
    width: int
    height: int
    blurhash: str


async def store(
    session: AsyncSession,
    *,
    actor: Actor,
    prepared: Prepared,
    file: str,
    preview_file: str,
    alt: str = "",
    focus: tuple[float, float] = (0.0, 0.0),
    preview: Preview | None = None,
    now: datetime,
) -> MediaView:
    """Record an upload whose files are kept already; it waits to be attached to a post."""
    row = MediaRow(
        id=new_id(),
        account_id=actor.account_id,
        kind=prepared.kind,
        state="ready",
        mime_type=prepared.full.mime_type,
        file=file,
        preview_file=preview_file,
        alt=checked_alt(alt),
        blurhash=prepared.blurhash,
        width=prepared.full.width,
        height=prepared.full.height,
        preview_width=prepared.preview.width,
        preview_height=prepared.preview.height,
        focus_x=within(focus[0]),
        focus_y=within(focus[1]),
        size=len(prepared.full.data),
        created_at=now,
    )
    if preview is not None:
        put_preview(row, preview)
    session.add(row)
    await session.flush()
    return views.view_of_media(row)


async def update(
    session: AsyncSession,
    *,
    actor: Actor,
    media_id: int,
    alt: str | None = None,
    focus: tuple[float, float] | None = None,
    preview: Preview | None = None,
    credit: str | None = None,
    license_url: str | None = None,
) -> MediaView:
    """Change the words, the focus or the preview of an upload that is not in a post yet.

    None leaves as it is; a `license_url` of "" takes the licence away.
    """
    row = await _own(session, actor, media_id)
    if row.post_id is not None:
        raise NotFoundError("Record not found")
    if alt is not None:
        row.alt = checked_alt(alt)
    if focus is not None:
        row.focus_x, row.focus_y = within(focus[0]), within(focus[1])
    if preview is not None:
        put_preview(row, preview)
    if credit is not None:
        row.credit = credit_line(credit)
    if license_url is not None:
        row.license_url = license_url or None
    await session.flush()
    return views.view_of_media(row)


async def caption(
    session: AsyncSession, *, actor: Actor, media_id: int, file: str, language: str | None
) -> None:
    """Let a film that is in no post yet have captions, kept already."""
    row = await _own(session, actor, media_id)
    if row.post_id is not None:
        raise NotFoundError("Record not found")
    row.captions_file, row.captions_language = file, language


async def get(session: AsyncSession, *, actor: Actor, media_id: int) -> MediaView:
    """Return one of the actor's uploads."""
    return views.view_of_media(await _own(session, actor, media_id))


async def delete(session: AsyncSession, *, actor: Actor, media_id: int) -> list[str]:
    """Forget an upload that is not part of a post; return the files it had."""
    row = await _own(session, actor, media_id)
    if row.post_id is not None or (row.scheduled_id or row.submission_id) is not None:
        raise InvalidError("Validation failed: Media attachment is used by a post")
    await session.delete(row)
    return files_in(row)


async def attachment(session: AsyncSession, media_id: int, *, preview: bool) -> StoredFile:
    """Return where an attachment comes from; not found where its host's media are refused."""
    row = await session.get(MediaRow, media_id)
    if row is None:
        raise NotFoundError("There is no such file.")
    author = await accounts.by_id(session, row.account_id)
    if author is None or author.suspended_at is not None:
        raise NotFoundError("There is no such file.")
    await _refuse_host(session, author)
    if preview and (row.preview_file or row.preview_remote_url):
        return StoredFile(row.preview_file, row.preview_remote_url, poster=True)
    played = streamed_type(row.kind, row.mime_type, row.remote_url or "")
    return StoredFile(row.file, row.remote_url, streamed=None if preview else played)


async def keep_attachment(
    session: AsyncSession, media_id: int, *, file: str, preview_file: str, prepared: Prepared
) -> None:
    """Record the files that were made of another server's picture."""
    row = await session.get(MediaRow, media_id)
    if row is None:
        return
    row.file, row.preview_file = file, preview_file
    row.width, row.height = prepared.full.width, prepared.full.height
    row.preview_width, row.preview_height = prepared.preview.width, prepared.preview.height
    row.blurhash = row.blurhash or prepared.blurhash
    row.size = len(prepared.full.data)
    if row.post_id is not None and (post := await session.get(PostRow, row.post_id)):
        post.version += 1


async def keep_poster(
    session: AsyncSession, media_id: int, *, file: str, width: int, height: int
) -> None:
    """Record the file that was made of the picture that stands for an attachment."""
    row = await session.get(MediaRow, media_id)
    if row is not None:
        row.preview_file, row.preview_width, row.preview_height = file, width, height


async def portrait(session: AsyncSession, account_id: int, *, cover: bool) -> StoredFile:
    """Return where an account's picture (or its cover) comes from."""
    row = await accounts.by_id(session, account_id)
    if row is None or row.deleted_at is not None:
        raise NotFoundError("There is no such file.")
    if row.suspended_at is not None:
        return StoredFile(None, None, row.acct)
    await _refuse_host(session, row)
    if cover:
        return StoredFile(row.header_file, row.header_remote_url, row.acct)
    return StoredFile(row.avatar_file, row.avatar_remote_url, row.acct)


async def keep_portrait(
    session: AsyncSession, account_id: int, *, file: str, cover: bool, remote_url: str
) -> None:
    """Record the file made of another server's picture, unless it changed meanwhile."""
    row = await accounts.by_id(session, account_id)
    if row is None:
        return
    if cover and row.header_remote_url == remote_url:
        row.header_file = file
    elif not cover and row.avatar_remote_url == remote_url:
        row.avatar_file = file


async def emoji(session: AsyncSession, emoji_id: int) -> StoredFile:
    """Return where a custom emoji comes from."""
    row = await session.get(EmojiRow, emoji_id)
    if row is None:
        raise NotFoundError("There is no such file.")
    return StoredFile(row.file, row.remote_url)


async def keep_emoji(session: AsyncSession, emoji_id: int, *, file: str) -> None:
    """Record the file made of another server's emoji."""
    row = await session.get(EmojiRow, emoji_id)
    if row is not None:
        row.file = file


async def picture(session: AsyncSession, key: str) -> tuple[StoredFile, bool]:
    """Return where a picture in a text comes from, and whether it is to be small."""
    row = await session.get(PictureRow, key)
    if row is None:
        raise NotFoundError("There is no such file.")
    decision = await moderation.decision_for(session, row.host, mode="open")
    if decision.reject_media or not decision.allowed:
        raise NotFoundError("There is no such file.")
    return StoredFile(row.file, row.url), row.small


async def keep_picture(session: AsyncSession, key: str, *, file: str, size: int) -> None:
    """Record the file made of a picture in a text."""
    row = await session.get(PictureRow, key)
    if row is not None:
        row.file, row.size = file, size


def files_of(prepared: Prepared) -> tuple[Encoded, Encoded]:
    """Return what is to be kept of an upload: the picture and its preview."""
    return prepared.full, prepared.preview


async def _own(session: AsyncSession, actor: Actor, media_id: int) -> MediaRow:
    row = await session.get(MediaRow, media_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    return row


async def _refuse_host(session: AsyncSession, author: AccountRow) -> None:
    if not author.is_local:
        decision = await moderation.decision_for(session, author.host, mode="open")
        if decision.reject_media or not decision.allowed:
            raise NotFoundError("There is no such file.")


def files_in(row: MediaRow) -> list[str]:
    """Return the keys of the files that an attachment has here."""
    keys = (row.file, row.preview_file, row.raw_file, row.captions_file)
    return [key for key in keys if key is not None]


def put_preview(row: MediaRow, preview: Preview) -> None:
    """Let a picture stand for an upload."""
    row.preview_file, row.blurhash = preview.file, preview.blurhash
    row.preview_width, row.preview_height = preview.width, preview.height


def checked_alt(text: str) -> str:
    """Return a description as it is kept; raise `InvalidError` for one that is too long."""
    if len(text) > MAX_ALT_CHARACTERS:
        raise InvalidError(
            f"Validation failed: Description is too long (maximum is {MAX_ALT_CHARACTERS} "
            "characters)",
            fields={"description": f"is too long (maximum is {MAX_ALT_CHARACTERS})"},
        )
    return text.replace("\x00", "")


def within(value: float) -> float:
    """Return a coordinate of a focus, held between -1 and 1."""
    return max(-1.0, min(1.0, value)) if value == value else 0.0  # noqa: PLR0124 - NaN is not itself
