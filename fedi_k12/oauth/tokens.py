"""Apps, tokens and what this server says of its OAuth: RFC 6749, 7009, 8414."""

import base64
import binascii
from urllib.parse import unquote

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, UnauthenticatedError
from fedi_k12.domain.scopes import SCOPES
from fedi_k12.services import apps, views
from fedi_k12.services.apps import IssuedToken, OAuthError
from fedi_k12.web.auth import actor, public, requires
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.params import Params, params

_USED = (
    "The provided authorization grant is invalid, expired, revoked, does not match the "
    "redirection URI used in the authorization request, or was issued to another client."
)


@public
async def create_app(request: web.Request) -> web.Response:
    """Register an app: https://docs.joinmastodon.org/methods/apps/#create."""
    ctx = request.app[CONTEXT]
    asked = await params(request)
    wanted = [
        uri for text in asked.texts("redirect_uris") for uri in text.splitlines() if uri.strip()
    ]
    app = await ctx.write(
        apps.register_app,
        name=asked.text("client_name"),
        redirect_uris=wanted,
        scopes=asked.text("scopes"),
        website=asked.optional("website"),
        now=ctx.clock(),
    )
    return web.json_response(
        {
            "id": str(app.id),
            "name": app.name,
            "website": app.website,
            "scopes": sorted(app.scopes),
            "redirect_uri": "\n".join(app.redirect_uris),
            "redirect_uris": list(app.redirect_uris),
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "client_secret_expires_at": 0,
            "vapid_key": ctx.push_key.public,
        }
    )


@public
async def token(request: web.Request) -> web.Response:
    """Change a code for a token, or give an app one of its own."""
    try:
        asked = await params(request)
        client_id, secret = _client(request, asked)
        issued = await _issued(request, asked, client_id, secret)
    except OAuthError as error:
        return _refusal(error)
    except InvalidError as error:
        return _refusal(OAuthError("invalid_request", str(error)))
    return web.json_response(
        {
            "access_token": issued.access_token,
            "token_type": "Bearer",
            "scope": issued.scopes,
            "created_at": int(issued.created_at.timestamp()),
        },
        headers={"Cache-Control": "no-store", "Pragma": "no-cache"},
    )


@public
async def revoke(request: web.Request) -> web.Response:
    """Take a token back."""
    ctx = request.app[CONTEXT]
    asked = await params(request)
    client_id, secret = _client(request, asked)
    try:
        await ctx.write(
            apps.revoke,
            client_id=client_id,
            client_secret=secret,
            token=asked.text("token"),
            now=ctx.clock(),
        )
    except OAuthError as error:
        if error.code == "invalid_client":
            error = OAuthError(
                "unauthorized_client",
                "You are not authorized to revoke this token",
                status=403,
            )
        return _refusal(error)
    return web.json_response({})


@requires("profile")
async def userinfo(request: web.Request) -> web.Response:
    """Return who the token stands for: https://docs.joinmastodon.org/methods/oauth/#userinfo."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        view = await views.account_view(session, actor(request).account_id)
    return web.json_response(
        {
            "iss": f"{ctx.addresses.base_url}/",
            "sub": view.uri,
            "name": view.name,
            "preferred_username": view.username,
            "profile": view.url,
            "picture": ctx.addresses.avatar(view.id, view.version),
        }
    )


@public
async def metadata(request: web.Request) -> web.Response:
    """Return what this authorization server offers (RFC 8414)."""
    base = request.app[CONTEXT].addresses.base_url
    return web.json_response(
        {
            "issuer": f"{base}/",
            "service_documentation": "https://docs.joinmastodon.org/",
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "app_registration_endpoint": f"{base}/api/v1/apps",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "userinfo_endpoint": f"{base}/oauth/userinfo",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
            ],
            "code_challenge_methods_supported": ["S256"],
        }
    )


async def _issued(
    request: web.Request, asked: Params, client_id: str, secret: str
) -> IssuedToken:
    ctx = request.app[CONTEXT]
    match asked.text("grant_type"):
        case "authorization_code":
            issued = await ctx.write(
                apps.redeem_code,
                client_id=client_id,
                client_secret=secret,
                code=asked.text("code"),
                redirect_uri=asked.text("redirect_uri"),
                code_verifier=asked.optional("code_verifier"),
                now=ctx.clock(),
            )
            if issued is None:
                raise OAuthError("invalid_grant", _USED)
            return issued
        case "client_credentials":
            return await ctx.write(
                apps.client_token,
                client_id=client_id,
                client_secret=secret,
                scopes=asked.text("scope"),
                now=ctx.clock(),
            )
        case _:
            raise OAuthError(
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            )


def _client(request: web.Request, asked: Params) -> tuple[str, str]:
    """Return the app's id and secret: from the header (RFC 6749, 2.3.1) or the body."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            plain = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise UnauthenticatedError("The Authorization header cannot be read.") from error
        name, _, secret = plain.partition(":")
        return unquote(name), unquote(secret)
    return asked.text("client_id"), asked.text("client_secret")


def _refusal(error: OAuthError) -> web.Response:
    return web.json_response(
        {"error": error.code, "error_description": str(error)},
        status=error.status,
        headers={"Cache-Control": "no-store"},
    )
