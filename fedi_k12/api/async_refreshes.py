"""What is still being fetched: https://docs.joinmastodon.org/methods/async_refreshes/."""

from aiohttp import web

from fedi_k12.api.answers import answer, context, path_id
from fedi_k12.domain.threads import Gathering
from fedi_k12.services import backfill
from fedi_k12.web.auth import requires

RETRY_SECONDS = 3


@requires("read")
async def get_refresh(request: web.Request) -> web.Response:
    """Return whether the fetching of a thread is over, and how many posts it brought."""
    async with context(request).read() as session:
        found = await backfill.gathering(session, backfill_id=path_id(request))
    return answer(
        {
            "async_refresh": {
                "id": str(found.id),
                "status": "running" if found.running else "finished",
                "result_count": found.found,
            }
        }
    )


def refresh_headers(found: Gathering | None) -> dict[str, str]:
    """Return the header that tells an app to ask again, while there is more to come."""
    if found is None or not found.running:
        return {}
    value = f'id="{found.id}", retry={RETRY_SECONDS}, result_count={found.found}'
    return {"Mastodon-Async-Refresh": value}


ROUTES = [web.get("/api/v1_alpha/async_refreshes/{id}", get_refresh)]
