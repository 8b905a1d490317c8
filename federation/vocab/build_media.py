"""Build the document of an upload. Pure."""

from federation.vocab.build_parts import (
    AttachmentOut,
    build_attachment,
)
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.posts import MediaView


def build_media(uri: str, view: MediaView, *, addresses: Addresses) -> dict[str, object]:
    """Return an upload as an Image (or what it is), with the id under which posts carry it."""
    attachment = AttachmentOut(
        kind=view.kind,
        url=addresses.file(view.file) if view.file else "",
        media_type=view.mime_type,
        alt=view.alt,
        width=view.width,
        height=view.height,
        blurhash=view.blurhash,
        focus=(view.focus_x, view.focus_y),
        duration=view.duration,
    )
    return {"id": uri, **build_attachment(attachment)}
