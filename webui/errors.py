"""Refusals as pages: what happened, what it means, what to do; no hint what exists."""

from http import HTTPStatus

from aiohttp import web

from fedi_k12.web.errors import store_is_gone
from webui.locales import direction_of, locale_of
from webui.pages import environment, render
from webui.words import speaking

_TITLES = {
    400: "That could not be read.",
    403: "That is not yours to do.",
    404: "This page is not here.",
    405: "That does not work here.",
    410: "This page is gone.",
    413: "That is too much at once.",
    422: "Something needs a change.",
    429: "Please wait a moment.",
    500: "Something went wrong on our side.",
    503: "Not at the moment.",
}
_NOT_HERE = (
    "It may have been taken down, or it is for people other than you, or the address has a "
    "slip in it. We cannot say which, and that is on purpose."
)


async def error_page(request: web.Request, status: int, sentence: str) -> web.Response:
    """Return the page of a refusal."""
    text = _NOT_HERE if status == HTTPStatus.NOT_FOUND else sentence
    title = _TITLES.get(status, HTTPStatus(status).phrase)
    try:
        return await render(
            request, "error.html", status=status, title=title, text=text, noindex=True
        )
    except Exception as error:
        if not store_is_gone(error):
            raise
        return _bare(request, status, title, text)


def _bare(request: web.Request, status: int, title: str, text: str) -> web.Response:
    """Return the page of a refusal for which the store need not answer."""
    language = locale_of(request)
    with speaking(language):
        page = (
            environment()
            .get_template("unavailable.html")
            .render(language=language, direction=direction_of(language), title=title, text=text)
        )
    return web.Response(
        text=page,
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers={"Cache-Control": "no-store", "Content-Language": language},
    )
