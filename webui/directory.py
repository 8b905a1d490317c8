"""The directory: colleagues here who want to be found, by school, subject and grade."""

from aiohttp import web
from yarl import URL

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.facets import Kind, key_of, kind_of
from fedi_k12.services import directory
from fedi_k12.web.auth import signed_in
from fedi_k12.web.keys import CONTEXT
from webui.pages import render

PEOPLE = 30
MAX_PAGE = 1000
KINDS: tuple[tuple[Kind, str, str], ...] = (
    ("school", "School", "Any school"),
    ("subject", "Subject", "Any subject"),
    ("grade", "Grade", "Any grade"),
)


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show members who want to be found; nobody is ranked and nothing counted."""
    asked: dict[Kind, str] = {
        kind: key
        for kind, _label, _any in KINDS
        if (key := key_of(request.query.get(kind, "")))
    }
    number = _page(request)
    newest = request.query.get("order") == "newest"
    find = directory.newest_members if newest else directory.members_by_name
    async with request.app[CONTEXT].read() as session:
        found = await find(
            session, wanted=asked, limit=PEOPLE + 1, offset=(number - 1) * PEOPLE
        )
        offered = await directory.choices(session)
    return await render(
        request,
        "directory.html",
        people=[(one, _told(one)) for one in found[:PEOPLE]],
        asked=asked,
        kinds=KINDS,
        offered=offered,
        newest=newest,
        number=number,
        before=_address(asked, number - 1, newest=newest) if number > 1 else "",
        after=_address(asked, number + 1, newest=newest) if len(found) > PEOPLE else "",
        noindex=True,
    )


def _told(account: AccountView) -> str:
    """Return where and what somebody teaches, in one line."""
    lines = [field.source for field in account.fields if field.source and kind_of(field.name)]
    return " · ".join(lines)


def _page(request: web.Request) -> int:
    word = request.query.get("page", "")
    number = int(word) if word.isascii() and word.isdigit() and len(word) < len("10000") else 1
    return min(max(number, 1), MAX_PAGE)


def _address(asked: dict[Kind, str], number: int, *, newest: bool) -> str:
    query = {str(kind): key for kind, key in asked.items()} | {"page": str(number)}
    if newest:
        query["order"] = "newest"
    return str(URL("/directory").with_query(query))


ROUTES = [web.get("/directory", show)]
