"""The page that ends letters by e-mail: without signing in, and for mail programs at once.

RFC 8058: a mail program posts `List-Unsubscribe=One-Click` to the address in the header, with
no cookie and no form of ours. Opening the address changes nothing: programs that look through
mail do that, too.
"""

from aiohttp import web

from fedi_k12.services import mailings
from fedi_k12.web.auth import one_click, public
from fedi_k12.web.keys import CONTEXT
from webui.pages import render

ABOUT = {
    "notices": "The letters that sum up your notifications",
    "desk": "The letters about what waits for the moderators",
}


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show which letters end, and the button for it."""
    key = request.match_info["key"]
    async with request.app[CONTEXT].read() as session:
        kind = await mailings.kind_of(session, key=key)
    return await render(
        request, "stop_letters.html", about=ABOUT[kind], place=f"/mail/stop/{key}", noindex=True
    )


@one_click
async def stop(request: web.Request) -> web.StreamResponse:
    """End the letters; a second time the same is said."""
    await request.app[CONTEXT].write(mailings.stop, key=request.match_info["key"])
    return await render(
        request,
        "message.html",
        title="No more of these letters",
        text="From now on none is sent. You can choose them again in your settings.",
        href="/settings/notifications",
        word="To your settings",
        noindex=True,
    )


_ONE = "/mail/stop/{key:[A-Za-z0-9_-]{20,200}}"
ROUTES = [web.get(_ONE, show), web.post(_ONE, stop)]
