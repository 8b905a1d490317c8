"""Records of official accounts: searched and read by those who answer for them."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Action, decide
from fedi_k12.services import records_desk
from fedi_k12.services.records_desk import Found, Search
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui.forms import Form
from webui.moderating import desk_page

_NAMES = ("account", "since", "until", "word", "person", "thread")
_LABELS = {"since": "From this day", "until": "To this day"}
MAX_WORDS = 2000
WAYS = {"in": "It came in.", "out": "It went out.", "here": "It was done here."}


@signed_in
async def show_records(request: web.Request) -> web.StreamResponse:
    """Show the records that are looked for, the newest first."""
    ctx, me = request.app[CONTEXT], actor(request)
    query = {name: request.query.get(name, "")[:MAX_WORDS].replace("\0", "") for name in _NAMES}
    form, status = Form(query), 200
    before = parse_id(request.query.get("before", ""))
    async with ctx.slow_read() as session:
        try:
            found = await records_desk.find(
                session, actor=me, search=Search(**query), before=before
            )
        except InvalidError as error:
            form.refuse(error, _LABELS)
            status = 422
            nothing = await records_desk.find(session, actor=me, search=Search(), before=1)
            found = Found((), None, nothing.accounts)
    return await desk_page(
        request,
        "records.html",
        "records",
        status=status,
        form=form,
        found=found,
        query={name: text for name, text in query.items() if text},
        WAYS=WAYS,
        on_desk=decide(me, Action.HANDLE_REPORTS).allowed,
    )


@signed_in
async def show_record(request: web.Request) -> web.StreamResponse:
    """Show a record with its bytes and what the check of its signature found."""
    ctx, me = request.app[CONTEXT], actor(request)
    seq = parse_id(request.match_info["seq"])
    if seq is None:
        raise NotFoundError("There is no such record.")
    async with ctx.read() as session:
        shown = await records_desk.one(session, actor=me, seq=seq)
    return await desk_page(
        request,
        "record.html",
        "records",
        shown=shown,
        WAYS=WAYS,
        on_desk=decide(me, Action.HANDLE_REPORTS).allowed,
    )


ROUTES = [
    web.get("/records", show_records),
    web.get(r"/records/{seq:\d+}", show_record),
]
