"""Reports of a member's year: https://docs.joinmastodon.org/methods/annual_reports/.

None is made here: nobody's year is counted, and nobody is ranked by it. Apps are told so in the
answers that they know.
"""

from aiohttp import web

from fedi_k12.api.answers import answer, empty, path_id
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.web.auth import requires


@requires("read:accounts")
async def show_all(request: web.Request) -> web.Response:
    """Return no report: none is made here."""
    del request
    return answer({"annual_reports": [], "accounts": [], "statuses": []})


@requires("read:accounts")
async def show(request: web.Request) -> web.Response:
    """Refuse the report of a year, as there is none."""
    raise NotFoundError(f"There is no report of {path_id(request, 'year')}.")


@requires("read:accounts")
async def state(request: web.Request) -> web.Response:
    """Return that no report of a year will be made for anybody: `ineligible`."""
    path_id(request, "year")
    return answer({"state": "ineligible"})


@requires("write:accounts")
async def read(request: web.Request) -> web.Response:
    """Refuse to mark the report of a year as read, as there is none."""
    raise NotFoundError(f"There is no report of {path_id(request, 'year')}.")


@requires("write:accounts")
async def generate(request: web.Request) -> web.Response:
    """Do nothing: as for everybody whom Mastodon makes no report for."""
    path_id(request, "year")
    return empty()


_ONE = "/api/v1/annual_reports/{year}"
ROUTES = [
    web.get("/api/v1/annual_reports", show_all),
    web.get(_ONE, show),
    web.get(_ONE + "/state", state),
    web.post(_ONE + "/read", read),
    web.post(_ONE + "/generate", generate),
]
