"""How a post has read: each version, and what is different from the one before."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from aiohttp import web
from msgspec import Struct

from fedi_k12.domain.changes import Piece, changes
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.posts import MediaView, PostEditView
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.services import post_history, views
from fedi_k12.web.auth import public, viewer
from fedi_k12.web.keys import CONTEXT
from webui.pages import path_of, render

VERSIONS = 30
"""So many are shown, the newest of them."""
_NOT_HERE = "There is nothing here that you may see."


class Version(Struct, frozen=True):
    """How a post read from a time on, beside how it read before."""

    at: datetime
    first: bool
    text: Sequence[Piece]
    note: Sequence[Piece]
    """Of the content note."""
    answers: Sequence[Piece]
    """Of a question, one on each line."""
    came: Sequence[MediaView]
    went: Sequence[MediaView]
    folded: str
    """"came" where its pictures were marked as sensitive, "went" where they no longer were."""

    @property
    def differs(self) -> bool:
        """Whether there is anything to tell."""
        pieces = (*self.text, *self.note, *self.answers)
        told = any(piece.kind != "same" for piece in pieces)
        return told or bool(self.came or self.went or self.folded)


@public
async def history(request: web.Request) -> web.StreamResponse:
    """Show the versions of a post to those who may see it, the newest first."""
    who = viewer(request)
    number = parse_id(request.match_info["post_id"])
    if number is None:
        raise NotFoundError(_NOT_HERE)
    async with request.app[CONTEXT].read() as session:
        post = await views.post_view(session, number, viewer=who)
        if post.boost_of is not None or (who is None and not post.local):
            # What others wrote elsewhere is theirs to show to strangers.
            raise NotFoundError(_NOT_HERE)
        edits = await post_history.history(session, post_id=post.id, viewer=who)
    if request.path != f"{path_of(post)}/history":
        raise web.HTTPSeeOther(f"{path_of(post)}/history")
    # Comparing takes longer than others should wait.
    versions = await asyncio.to_thread(_versions, edits[-VERSIONS - 1 :], len(edits))
    return await render(
        request,
        "history.html",
        post=post,
        versions=versions,
        older=len(edits) > len(versions),
        noindex=True,
    )


def _versions(edits: Sequence[PostEditView], there_are: int) -> list[Version]:
    """Return the versions with what is different, the newest first."""
    pairs = pairwise(edits)
    found = [_version(new, old) for old, new in pairs]
    if there_are == len(edits):
        found.insert(0, _version(edits[0], None))
    return found[::-1]


def _version(now: PostEditView, before: PostEditView | None) -> Version:
    old = before or now
    had = {one.id for one in old.media}
    has = {one.id for one in now.media}
    folded = "" if now.sensitive == old.sensitive else "came" if now.sensitive else "went"
    return Version(
        at=now.created_at,
        first=before is None,
        text=changes(plain_text(old.content), plain_text(now.content)),
        note=changes(old.summary, now.summary),
        answers=changes("\n".join(old.poll_options), "\n".join(now.poll_options)),
        came=[one for one in now.media if one.id not in had],
        went=[one for one in old.media if one.id not in has],
        # A content note folds by itself: then nothing more has to be told.
        folded=folded if not (now.summary or old.summary) else "",
    )


ROUTES = [web.get(r"/@{acct}/{post_id:\d+}/history", history)]
