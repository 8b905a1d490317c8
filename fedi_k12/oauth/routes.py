"""Every address of OAuth."""

from aiohttp import web

from fedi_k12.oauth import authorize, tokens

ROUTES = [
    web.post("/api/v1/apps", tokens.create_app),
    web.post("/api/v1/apps/", tokens.create_app),
    web.get("/oauth/authorize", authorize.ask),
    web.get("/oauth/authorize/", authorize.ask),
    web.post("/oauth/authorize", authorize.decide),
    web.get("/oauth/authorize/native", authorize.native),
    web.post("/oauth/token", tokens.token),
    web.post("/oauth/token/", tokens.token),
    web.post("/oauth/revoke", tokens.revoke),
    web.get("/oauth/userinfo", tokens.userinfo),
    web.post("/oauth/userinfo", tokens.userinfo),
    web.get("/.well-known/oauth-authorization-server", tokens.metadata),
]
