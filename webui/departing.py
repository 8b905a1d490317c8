"""A member's page about leaving the district: what goes with them, and until when (R-10)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.services import departures, moves
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui.forms import Form
from webui.pages import render
from webui.times import day_words

_SENTENCES = {
    "noted": "You leave the district, and your account leaves with you",
    "60": "You leave the district in two months, and your account leaves with you",
    "30": "You leave the district in a month, and your account leaves with you",
    "7": "You leave the district in a week, and your account leaves with you",
    "left": "You have left the district. There is still time to take your account along",
    "stays": "You stay with the district after all, and so does your account",
}


def notice_words(detail: Mapping[str, Any] | None) -> str:
    """Return the sentence of a notification about leaving."""
    return _SENTENCES.get((detail or {}).get("what", ""), _SENTENCES["noted"])


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show a member who leaves what they can take along, and until when."""
    ctx, me = request.app[CONTEXT], actor(request)
    async with ctx.read() as session:
        found = await departures.of_member(session, member_id=me.member_id or 0)
        if found is None:
            raise NotFoundError("There is nothing here that you may see.")
        moving = await moves.moving(session, actor=me, now=ctx.clock())
    return await render(
        request,
        "departing.html",
        one=found,
        last=day_words(found.last_day),
        closes=day_words(found.closes_on),
        moving=moving,
        noindex=True,
    )


async def decide(request: web.Request, given: dict[str, Any], form: Form) -> None:
    """Note at the desk that somebody leaves; raises `InvalidError` for what does not fit."""
    try:
        day = date.fromisoformat(form["leaves_on"])
    except ValueError as error:
        raise InvalidError(
            "Choose their last day.", fields={"leaves_on": "is no day"}
        ) from error
    await request.app[CONTEXT].write(
        departures.note,
        last_day=day,
        end_delegations=form["delegations"] == "now",
        why=form["why"],
        **given,
    )


ROUTES = [web.get("/settings/departure", show)]
