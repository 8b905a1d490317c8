"""Articles, pages and films as apps can show them: title, teaser and card, or all of it."""

from html import escape

from fedi_k12.context import Context
from fedi_k12.domain.events import summary_line
from fedi_k12.domain.pictures import absolute_pictures
from fedi_k12.domain.posts import PostView

Entity = dict[str, object]


def content(ctx: Context, view: PostView, *, whole: bool) -> str:
    """Return the HTML of a Status: of something long title and teaser, or (`whole`) it all."""
    text = absolute_pictures(view.content, ctx.addresses.base_url)
    if view.is_note or not view.title:
        return text
    if view.event is not None:
        line = escape(summary_line(view.event.details), quote=False)
        return f"<p>{_link(view.url, view.title)}<br>{line}</p>{text}"
    head = f"<p>{_link(view.url, view.title)}</p>"
    if whole or not view.excerpt:
        return f"{head}{text}"
    page = f"{ctx.addresses.account_page(view.account.acct)}/{view.id}"
    more = f"<p>{_link(page, 'Read all of it')}</p>" if view.content else ""
    return f"{head}<p>{escape(view.excerpt, quote=False)}</p>{more}"


def card(ctx: Context, view: PostView, *, author: Entity | None = None) -> Entity | None:
    """Return the PreviewCard of a Status: what it is about, or what it is itself.

    `author` is the Account of whoever wrote the page.
    """
    about = view.card
    if about is not None:
        return _card(
            ctx,
            url=about.url,
            host=about.host,
            title=about.title or about.host,
            description=about.description,
            image=about.image,
            author_name=about.author_name,
            author_url=about.author.url if about.author is not None else "",
            author=author,
            site=about.site,
            language=about.language,
        )
    if view.is_note or not view.title:
        return None
    cover = view.cover
    return _card(
        ctx,
        url=view.url,
        host=view.account.domain or ctx.addresses.handle_domain,
        title=view.title,
        description=summary_line(view.event.details) if view.event else view.excerpt,
        image=cover[0] if cover else "",
        image_alt=cover[1] if cover else "",
        author_name=view.account.name,
    )


def _card(
    ctx: Context,
    *,
    url: str,
    host: str,
    title: str,
    description: str,
    image: str,
    image_alt: str = "",
    author_name: str,
    author_url: str = "",
    author: Entity | None = None,
    site: str = "",
    language: str | None = None,
) -> Entity:
    return {
        "url": url,
        "title": title,
        "description": description,
        "language": language,
        "type": "link",
        "author_name": author_name,
        "author_url": author_url,
        "authors": [{"name": author_name, "url": author_url, "account": author}]
        if author_name
        else [],
        "provider_name": site or host,
        "provider_url": "",
        "html": "",
        "width": 0,
        "height": 0,
        "image": ctx.addresses.absolute(image) if image else None,
        "image_description": image_alt,
        "embed_url": "",
        "blurhash": None,
        "published_at": None,
    }


def _link(url: str, words: str) -> str:
    return (
        f'<a href="{escape(url)}" rel="nofollow noopener noreferrer" target="_blank">'
        f"{escape(words, quote=False)}</a>"
    )
