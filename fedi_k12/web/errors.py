"""Turn refusals into answers, in one place: JSON for programs, a page for people."""

from http import HTTPStatus
from traceback import format_exception

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from fedi_k12.domain.errors import (
    DomainError,
    InvalidError,
    MalformedError,
    NotFoundError,
    TooManyError,
    UnsupportedTypeError,
)
from fedi_k12.domain.troubles import Part
from fedi_k12.web.keys import CONTEXT, ERROR_PAGE, NOTES
from storage.trouble import in_words, is_trouble

API = ("/api/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo")
SERVERS = ("/inbox", "/users/", "/actor", "/.well-known/", "/nodeinfo/", "/contexts/")
_SENTENCES = {
    404: "There is nothing here that you may see.",
    405: "This address does not take that method.",
    413: "That is more than this server takes at once.",
}
_WORDS = (
    ("taken", "ERR_TAKEN"),
    ("reserved", "ERR_RESERVED"),
    ("must be accepted", "ERR_ACCEPTED"),
    ("can't be blank", "ERR_BLANK"),
    ("too long", "ERR_TOO_LONG"),
    ("too short", "ERR_TOO_SHORT"),
    ("not included", "ERR_INCLUSION"),
    ("not of a school", "ERR_BLOCKED"),
)
"""https://docs.joinmastodon.org/methods/accounts/#422-unprocessable-entity."""
HUNG_UP = 499
"""As nginx calls it in its log: there is nobody to whom anything could be said."""
_NOT_NOW = "Our store does not answer at the moment. Please try again in a minute."
_log = structlog.get_logger()


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every refusal in the form the asker reads; log what nobody foresaw."""
    try:
        _refuse_nul(request)
        _refuse_packed(request)
        return await handler(request)
    except DomainError as error:
        return await _refusal(request, error)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        sentence = _SENTENCES.get(error.status, error.reason)
        answer = await _answer(request, error.status, sentence)
        if allow := error.headers.get("Allow"):
            answer.headers["Allow"] = allow
        return answer
    except Exception as error:  # noqa: BLE001 - the last net: logged, and answered with an id
        if isinstance(error, ConnectionResetError) and request.transport is None:
            # Whoever asked hung up, in the middle of what they sent or were sent.
            return web.Response(status=HUNG_UP)
        if is_trouble(error):
            return await _not_now(request, error)
        notes = request.get(NOTES)
        request_id = notes.request_id if notes else ""
        _log.error(
            "unforeseen error",
            method=request.method,
            path=request.path,
            error="".join(format_exception(error)),
        )
        return await _answer(
            request, 500, f"Something went wrong on our side. Tell us this number: {request_id}"
        )


async def _not_now(request: web.Request, error: Exception) -> web.Response:
    """Say that the store does not answer, or takes nothing."""
    request.app[CONTEXT].troubles.begin(Part.STORE, in_words(error))
    _log.error("the store does not answer", path=request.path, error=type(error).__name__)
    answer = await _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, _NOT_NOW)
    answer.headers["Retry-After"] = "60"
    return answer


def store_is_gone(error: BaseException) -> bool:
    """Return whether an error is the store's, which does not answer or takes nothing."""
    return is_trouble(error)


def for_servers(request: web.Request) -> bool:
    """Return whether the address is one that other servers call."""
    return request.path.startswith(SERVERS)


def for_apps(request: web.Request) -> bool:
    """Return whether the address is one that client programs call."""
    return request.path.startswith(API)


def _refuse_nul(request: web.Request) -> None:
    """Refuse an address with a NUL in it: nothing has one, and PostgreSQL stores none."""
    if "\0" in request.path or "%00" in request.rel_url.raw_query_string:
        raise MalformedError("The address holds characters that no address has.")


def _refuse_packed(request: web.Request) -> None:
    """Refuse a body with a Content-Encoding: what it unpacks to has no known size (FED-40)."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise UnsupportedTypeError("Send the body without a Content-Encoding.")


async def _refusal(request: web.Request, error: DomainError) -> web.Response:
    notes = request.get(NOTES)
    if notes is not None and notes.reason is None and for_servers(request):
        # What another server did wrong is what its operator will ask us about.
        notes.reason = f"{error.code}: {error}"[:200]
    answer = await _answer(request, error.status, str(error), error)
    if isinstance(error, TooManyError):
        answer.headers["Retry-After"] = str(error.retry_after)
    elif error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = "60"
    elif error.status == HTTPStatus.UNAUTHORIZED and for_apps(request):
        answer.headers["WWW-Authenticate"] = 'Bearer realm="fedi-k12", error="invalid_token"'
    elif error.status == HTTPStatus.UNAUTHORIZED and for_servers(request):
        answer.headers.update(_ask_to_sign(request))
    return answer


def _ask_to_sign(request: web.Request) -> dict[str, str]:
    """Return what tells another server how to sign: RFC 9421, 5.1, and draft-cavage, 3.1.1."""
    older, newer = "(request-target) host date", '"@method" "@target-uri"'
    if request.method == "POST":
        older, newer = f"{older} digest", f'{newer} "content-digest"'
    return {
        "Accept-Signature": f"sig1=({newer});created;keyid",
        "WWW-Authenticate": f'Signature realm="fedi-k12",headers="{older}"',
    }


def _word_for(text: str) -> str:
    """Return Mastodon's word for what is wrong with a field."""
    return next((word for part, word in _WORDS if part in text), "ERR_INVALID")


async def _answer(
    request: web.Request, status: int, sentence: str, error: DomainError | None = None
) -> web.Response:
    if for_apps(request):
        if isinstance(error, NotFoundError):
            sentence = str(error) or "Record not found"
        body: dict[str, object] = {"error": sentence}
        if isinstance(error, InvalidError) and error.fields:
            body["details"] = {
                name: [{"error": _word_for(text), "description": text}]
                for name, text in error.fields.items()
            }
        return web.json_response(body, status=status)
    wants_page = "text/html" in request.headers.get("Accept", "")
    page = request.app.get(ERROR_PAGE)
    if page is not None and wants_page and not request.path.startswith("/inbox"):
        return await page(request, status, sentence)
    # RFC 9457; never echoes what was sent.
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": sentence,
    }
    return web.json_response(problem, status=status, content_type="application/problem+json")
