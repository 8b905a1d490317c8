"""How a post has read before it was changed."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import MediaView, PostEditView
from fedi_k12.services import access, views
from storage import posts
from storage.tables import MediaRow, PostEditRow, PostRow


async def history(
    session: AsyncSession, *, post_id: int, viewer: Actor | None
) -> list[PostEditView]:
    """Return how a post has read, the oldest first and the present last."""
    row = await access.post_for(session, post_id, viewer=viewer)
    if row.hidden is not None and (viewer is None or viewer.account_id != row.account_id):
        return await _concealed(session, post_id, viewer)
    author = await views.account_view(session, row.account_id)
    now_media = (await posts.media_of(session, [row.id])).get(row.id, [])
    known = {media.id: views.view_of_media(media) for media in now_media}
    past = [
        PostEditView(
            content=item.content,
            summary=item.summary,
            sensitive=item.sensitive,
            created_at=item.created_at,
            account=author,
            media=_media_then(item, known),
            poll_options=tuple(str(option) for option in item.poll_options),
        )
        for item in await posts.edits_of(session, row.id)
    ]
    poll = (await posts.polls_of(session, [row.id])).get(row.id)
    present = PostEditView(
        content=row.content,
        summary=row.summary,
        sensitive=row.sensitive,
        created_at=row.edited_at or row.created_at,
        account=author,
        media=tuple(known.values()),
        poll_options=tuple(option.title for option in poll[1]) if poll else (),
    )
    return [*past, present]


async def remember(
    session: AsyncSession, row: PostRow, media: Sequence[MediaRow], actor: Actor
) -> None:
    """Keep how a post reads that the actor is about to change."""
    poll = (await posts.polls_of(session, [row.id])).get(row.id)
    session.add(
        PostEditRow(
            id=new_id(),
            post_id=row.id,
            member_id=actor.member_id,
            content=row.content,
            source=row.source,
            summary=row.summary,
            sensitive=row.sensitive,
            media=[{"id": str(m.id), "kind": m.kind, "alt": m.alt} for m in media],
            poll_options=[option.title for option in poll[1]] if poll else [],
            created_at=row.edited_at or row.created_at,
        )
    )


async def _concealed(
    session: AsyncSession, post_id: int, viewer: Actor | None
) -> list[PostEditView]:
    """Return the one version of a hidden answer that others read: the mark."""
    shown = await views.post_view(session, post_id, viewer=viewer)
    return [
        PostEditView(
            content=shown.content,
            summary="",
            sensitive=False,
            created_at=shown.created_at,
            account=shown.account,
            media=(),
            poll_options=(),
        )
    ]


def _media_then(item: PostEditRow, known: dict[int, MediaView]) -> tuple[MediaView, ...]:
    return tuple(
        known[int(media["id"])]
        for media in item.media
        if isinstance(media, dict) and int(media["id"]) in known
    )
