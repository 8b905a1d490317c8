"""Charters of official accounts for apps that know them: our own endpoint."""

from aiohttp import web

from fedi_k12.api.answers import answer, context, path_id
from fedi_k12.api.moments import moment
from fedi_k12.api.render import Entity
from fedi_k12.domain.charters import Charter, stored_week
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.services import charters
from fedi_k12.web.auth import public


@public
async def get_one(request: web.Request) -> web.Response:
    """Return the charter of an official account, also one that is over."""
    ctx = context(request)
    async with ctx.read() as session:
        charter = await charters.of(session, path_id(request))
    if charter is None:
        raise NotFoundError("Record not found")
    return answer(_entity(charter, holds=charter.holds_on(ctx.clock().date())))


def _entity(charter: Charter, *, holds: bool) -> Entity:
    return {
        "account_id": str(charter.account_id),
        "version": charter.version,
        "goal": charter.goal,
        "audience": charter.audience,
        "speakers": charter.speakers,
        "answered": charter.answered,
        "hours": stored_week(charter.hours),
        "time_zone": charter.time_zone,
        "forum": charter.forum.value,
        "approval": charter.approval.value,
        "records_class": charter.records_class,
        "languages": list(charter.languages),
        "direct_messages": charter.direct_messages,
        "own_threads": charter.own_threads,
        "review_by": charter.review_by.isoformat(),
        "since": moment(charter.since),
        "holds": holds,
    }


ROUTES = [web.get("/api/fedi/v1/accounts/{id}/charter", get_one)]
