"""The page that a link in a letter opens: it confirms an e-mail address.

Opening it changes nothing: programs that look through mail open links, too.
"""

from aiohttp import web

from fedi_k12.services import confirmation
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from webui.pages import render


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show which address is confirmed, and for whom."""
    ctx, token = request.app[CONTEXT], request.match_info["token"]
    async with ctx.read() as session:
        asked = await confirmation.asked(session, token=token, now=ctx.clock())
    return await render(request, "confirm.html", asked=asked, token=token, noindex=True)


@public
async def confirm(request: web.Request) -> web.StreamResponse:
    """Make the address the member's own."""
    ctx, token = request.app[CONTEXT], request.match_info["token"]
    may_sign_in = await ctx.write(confirmation.confirm, token=token, now=ctx.clock())
    return await render(
        request,
        "message.html",
        title="Your address is confirmed",
        text="From now on letters reach you there."
        if may_sign_in
        else "A moderator will look at your wish to join. Then you can sign in with the name "
        "and the password that you chose.",
        href="/home" if may_sign_in else "/",
        word="Go on" if may_sign_in else "To the front page",
        noindex=True,
    )


_ONE = "/auth/confirm/{token:[A-Za-z0-9_-]{20,200}}"
ROUTES = [web.get(_ONE, show), web.post(_ONE, confirm)]
