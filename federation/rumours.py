"""What somebody says of somebody else: found out from its own server, or not believed."""

from sqlalchemy.ext.asyncio import AsyncSession

from federation.letter import DroppedError, Letter, NeedsFetchError
from federation.vocab.parse import Activity
from fedi_k12.services.receive import receive_deletion
from storage import accounts
from storage.tables import PostRow


async def look_up(
    session: AsyncSession, letter: Letter, said: Activity, known: PostRow | None
) -> None:
    """Have a Create, Update or Delete that nobody vouches for be looked up at its own server.

    Raises `NeedsFetchError` until that was done. What then is gone is deleted here, too; what
    was fetched has been taken in. Raises `DroppedError` for what cannot be looked up.
    """
    uri = said.object_id
    if said.type not in {"Create", "Update", "Delete"}:
        raise DroppedError("FED-75")
    if said.type == "Delete":
        if f"gone {uri}" in letter.given_up and known is not None:
            author = await accounts.by_id(session, known.account_id)
            if author is not None:
                await receive_deletion(session, uri=uri, account_uri=author.uri, now=letter.now)
            return
        if known is None or known.local or uri in letter.given_up:
            raise DroppedError("FED-75")
        raise NeedsFetchError("gone", [uri])
    if uri in letter.given_up:
        if known is None:
            raise DroppedError("unknown_post")
    elif known is None or said.type == "Update":
        raise NeedsFetchError("post" if known is None else "post_anew", [uri])
