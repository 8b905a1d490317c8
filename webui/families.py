"""Getting an official account by e-mail, without an account of one's own."""

from aiohttp import web

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.services import class_rules, families, finding
from fedi_k12.web.auth import one_click, public, visitors_form
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.locales import LOCALES, locale_of
from webui.pages import render

_NOT_HERE = "There is nothing here that you may see."


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show the form: an address and a language."""
    return await _page(request, Form({"language": locale_of(request)}))


@visitors_form
async def ask(request: web.Request) -> web.StreamResponse:
    """Have a link sent. What is said does not depend on whether the address is known."""
    ctx = request.app[CONTEXT]
    account = await _account(request)
    form = await forms.read(request)
    language = form["language"] if form["language"] in LOCALES else locale_of(request)
    try:
        await ctx.write(
            families.ask,
            account_id=account.id,
            email=form["email"],
            locale=language,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors["email"] = forms.why(error)
        return await _page(request, form, status=422)
    return await render(
        request,
        "message.html",
        title="Look into your mail",
        text="A letter with a link is on its way. Letters begin once you open it and say yes. "
        "If they go to that address already, they go on, and nothing more is sent now.",
        href=f"/@{account.username}",
        word="Go on",
        noindex=True,
    )


@public
async def show_yes(request: web.Request) -> web.StreamResponse:
    """Show whose letters begin, and the button for it."""
    ctx, token = request.app[CONTEXT], request.match_info["token"]
    async with ctx.read() as session:
        account = await families.asked(session, token=token, now=ctx.clock())
    return await render(
        request,
        "family_answer.html",
        title="Do you want these letters?",
        account=account,
        place=request.path,
        word="Send them to me",
        noindex=True,
    )


@visitors_form
async def say_yes(request: web.Request) -> web.StreamResponse:
    """Let the letters begin."""
    ctx = request.app[CONTEXT]
    token = request.match_info["token"]
    begins = await ctx.write(families.confirm, token=token, now=ctx.clock())
    if not begins:
        return await render(
            request,
            "message.html",
            title="The teacher lets you in",
            text="Your address is confirmed. Letters begin once somebody of the class has let "
            "you in; nothing more is needed from you.",
            href="/",
            word="To the front page",
            noindex=True,
        )
    return await render(
        request,
        "message.html",
        title="The letters begin",
        text="The first comes in the morning after something was said. Each of them has a link "
        "that ends them.",
        href="/",
        word="To the front page",
        noindex=True,
    )


@public
async def show_stop(request: web.Request) -> web.StreamResponse:
    """Show whose letters end, and the button for it."""
    key = request.match_info["key"]
    async with request.app[CONTEXT].read() as session:
        account = await families.whose(session, key=key)
    return await render(
        request,
        "family_answer.html",
        title="No more of these letters",
        account=account,
        place=request.path,
        word="Send none any more",
        noindex=True,
    )


@one_click
async def stop(request: web.Request) -> web.StreamResponse:
    """End the letters and erase the address; a second time the same is said (RFC 8058)."""
    await request.app[CONTEXT].write(families.stop, key=request.match_info["key"])
    return await render(
        request,
        "message.html",
        title="No more of these letters",
        text="None is sent any more, and your address is erased here.",
        href="/",
        word="To the front page",
        noindex=True,
    )


async def _account(request: web.Request) -> AccountView:
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        account = await finding.lookup(
            session, acct=request.match_info["username"], own_hosts=ctx.settings.own_hosts
        )
        room = await class_rules.of(session, account.id) if account is not None else None
    known = account is not None and account.official and not account.suspended
    known = known and (room is None or room.archived_at is None)
    if account is None or not known or not ctx.settings.smtp_url:
        raise NotFoundError(_NOT_HERE)
    return account


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    account = await _account(request)
    async with request.app[CONTEXT].read() as session:
        classroom = await class_rules.of(session, account.id)
    return await render(
        request,
        "family_mail.html",
        status=status,
        form=form,
        account=account,
        classroom=classroom,
        LOCALES=LOCALES,
        noindex=True,
    )


_OF = r"/mail/of/{username:[A-Za-z0-9_.-]+}"
_YES = "/mail/families/yes/{token:[A-Za-z0-9_-]{20,200}}"
_STOP = "/mail/families/stop/{key:[A-Za-z0-9_-]{20,200}}"
ROUTES = [
    web.get(_OF, show),
    web.post(_OF, ask),
    web.get(_YES, show_yes),
    web.post(_YES, say_yes),
    web.get(_STOP, show_stop),
    web.post(_STOP, stop),
]
