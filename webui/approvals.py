"""Who may answer, quote and pass on, said as people would; and what waits for one's word."""

from typing import NoReturn

from aiohttp import web

from fedi_k12.domain.approvals import Choices, Interaction, Policy, choice_of
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.services import consents, quotes
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.leads import lead

REPLIES = (
    ("public", "Anyone"),
    ("ask", "Anyone, but strangers elsewhere ask me first"),
    ("followers", "People who follow me or whom I follow"),
    ("nobody", "Only people I name"),
)
QUOTES = (
    ("public", "Anyone"),
    ("ask", "My followers; others ask me first"),
    ("followers", "My followers"),
    ("nobody", "Only I"),
)
BOOSTS = (("public", "Anyone"), ("followers", "My followers"), ("nobody", "Nobody"))
PICKERS = (
    ("may-reply", "Who may answer?", REPLIES),
    ("may-quote", "Who may put it into a post of theirs?", QUOTES),
    ("may-pass", "Who may pass it on?", BOOSTS),
)


def choices(form: Form) -> Choices:
    """Return who may do what, as it was chosen in a form; what is not in it is as usual."""
    return Choices(
        form["may-reply"] or None, form["may-quote"] or None, form["may-pass"] or None
    )


def fill(form: Form, policy: Policy) -> None:
    """Put what a post says now into the form."""
    form.set("may-reply", choice_of(Interaction.REPLY, policy))
    form.set("may-quote", choice_of(Interaction.QUOTE, policy))
    form.set("may-pass", choice_of(Interaction.BOOST, policy))


@signed_in
async def let_in(request: web.Request) -> web.StreamResponse:
    """Let a post that quotes or answers one's own be."""
    await _decide(request, accept=True)


@signed_in
async def turn_down(request: web.Request) -> web.StreamResponse:
    """Do not let a post quote or answer one's own."""
    await _decide(request, accept=False)


async def _decide(request: web.Request, *, accept: bool) -> NoReturn:
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    await ctx.write(
        consents.decide,
        actor=actor(request),
        post_id=_id(request, "id"),
        accept=accept,
        now=ctx.clock(),
    )
    lead(form["back"])


@signed_in
async def withdraw(request: web.Request) -> web.StreamResponse:
    """Withdraw a post of one's own from a post that quotes it."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    await ctx.write(
        quotes.revoke,
        actor=actor(request),
        post_id=_id(request, "quoted"),
        quoting_id=_id(request, "id"),
        now=ctx.clock(),
    )
    lead(form["back"])


def _id(request: web.Request, name: str) -> int:
    number = parse_id(request.match_info[name])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


ROUTES = [
    web.post(r"/posts/{id:\d+}/let-in", let_in),
    web.post(r"/posts/{id:\d+}/turn-down", turn_down),
    web.post(r"/posts/{id:\d+}/withdraw/{quoted:\d+}", withdraw),
]
