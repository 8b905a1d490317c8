"""NotificationFallback: https://docs.joinmastodon.org/entities/NotificationFallback/."""

from html import escape

from aiohttp import web
from msgspec import Struct

from fedi_k12.api import render
from fedi_k12.context import Context
from fedi_k12.domain import notice_words
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.notifications import EVENT_KINDS, NotificationView
from fedi_k12.web.params import Params


class Knows(Struct, frozen=True):
    """Which types of notifications an app shows by itself, and the language it speaks."""

    types: frozenset[str]
    language: str


def knows(request: web.Request, asked: Params) -> Knows | None:
    """Return what an app says it knows; None for one that says nothing, and has no fallback."""
    if not asked.has("supported_types"):
        return None
    first = request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0]
    return Knows(frozenset(asked.texts("supported_types")), first.strip() or "en")


def fallback(ctx: Context, view: NotificationView, app: Knows | None) -> render.Entity:
    """Return the `fallback` of a notification that the app does not know, else nothing."""
    if app is None or view.kind in notice_words.BASELINE | app.types:
        return {}
    words = notice_words.link_words(ctx.settings.handle_domain, app.language)
    href = escape(ctx.addresses.absolute(_page(view)))
    link = f'<a href="{href}">{escape(words, quote=False)}</a>'
    return {
        "fallback": {
            "title": notice_words.title(view.kind, _name(view), app.language),
            "summary": notice_words.summary(link, app.language),
            "details": _details(view),
        }
    }


def _name(view: NotificationView) -> str:
    if view.kind == "severed_relationships":
        return escape(str((view.detail or {}).get("target_name", "")), quote=False)
    if view.report is not None and view.report.host:
        # Who reported elsewhere is not known here: their server speaks for them.
        return escape(view.report.host, quote=False)
    return _mention(view.account)


def _mention(account: AccountView) -> str:
    """Return an account as posts name it, so that apps lead to it as they do there."""
    return (
        f'<span class="h-card"><a href="{escape(account.url)}" class="u-url mention">'
        f"@<span>{escape(account.username, quote=False)}</span></a></span>"
    )


def _details(view: NotificationView) -> str | None:
    if view.collection is not None:
        return f"<p>{escape(view.collection.name, quote=False)}</p>"
    if view.kind == "moderation_warning":
        text = str((view.detail or {}).get("text", ""))
        return f"<p>{escape(text, quote=False)}</p>" if text else None
    if view.kind in EVENT_KINDS and view.post is not None and view.post.title:
        return f"<p>{escape(view.post.title, quote=False)}</p>"
    return None


def _page(view: NotificationView) -> str:
    """Return the page of this server that shows what the notification is about."""
    if view.collection is not None:
        return view.collection.path
    if view.report is not None:
        return f"/moderation/reports/{view.report.id}"
    return {
        "severed_relationships": "/severed",
        "sign_in": "/settings/security",
        "departure": "/settings/departure",
    }.get(view.kind, "/notifications")
