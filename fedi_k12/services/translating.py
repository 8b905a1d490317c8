"""Posts in another language, by the service that the operator chose.

Only what is for everybody is given to the service: nothing private leaves the server. What the
service said is kept while the post says the same, so each language is asked for once.
"""

import hashlib
import html
import json
import re
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.languages import normalise_language
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView, Visibility
from fedi_k12.domain.sanitise import plain_text, safe_html
from fedi_k12.services import views
from fedi_k12.translator import Translated, Translator
from storage.tables import PostRow, TranslationRow

MAX_CHARACTERS = 50_000
"""Of everything in a post together; a book is not for a service that others share."""
_MARKUP = re.compile(r"(<[^>]*>)")
_UNTOUCHED = r'<span class="notranslate" translate="no">\g<0></span>'
_SHORTCODE = re.compile(r":[a-zA-Z0-9_]{2,}:")


class PostTranslation(Struct, frozen=True):
    """A post in another language; `content` is safe HTML, the rest are plain words."""

    post: PostView
    language: str
    content: str
    title: str
    summary: str
    options: tuple[str, ...]
    descriptions: tuple[tuple[int, str], ...]
    """Of each attachment that is described: its id, and the description."""
    source: str
    provider: str


def may_be_translated(post: PostView) -> bool:
    """Return whether a post is for everybody, so that a service may be given it."""
    post = post.boost_of or post
    wide = post.visibility in {Visibility.PUBLIC, Visibility.UNLISTED}
    return wide and not (post.local_only or post.removed or post.waiting)


def reads_otherwise(post: PostView, language: str) -> bool:
    """Return whether a post is said to be in a language other than the reader's."""
    said = normalise_language(post.language or "")
    return said is not None and said.partition("-")[0] != language.partition("-")[0]


async def translation(
    ctx: Context, *, post_id: int, language: str, viewer: Actor | None
) -> PostTranslation:
    """Return a post in another language, asked for or kept from before.

    Raises `NotFoundError` for what the viewer may not see and where nothing is translated
    here, `ForbiddenError` for what is not for everybody or not in a language that can be put
    into this one, `UnavailableError` where the service does not answer.
    """
    wanted = normalise_language(language)
    if wanted is None:
        raise InvalidError("Validation failed: Language is not a language tag, such as es")
    async with ctx.read() as session:
        view = await views.post_view(session, post_id, viewer=viewer)
        post = view.boost_of or view
        kept = await session.get(TranslationRow, (post.id, wanted))
    if ctx.translator is None:
        raise NotFoundError("Nothing is translated on this server.")
    if not may_be_translated(post):
        raise ForbiddenError("Only posts that are for everybody are translated.")
    texts = _texts(post)
    if sum(len(text) for text in texts) > MAX_CHARACTERS:
        raise ForbiddenError("This post is too long to be translated.")
    digest = hashlib.sha256(json.dumps([post.language, *texts]).encode()).hexdigest()
    if kept is not None and kept.digest == digest:
        found = Translated(tuple(str(text) for text in kept.texts), kept.source)
        return _put_together(post, found, kept.provider, wanted)
    made = await _ask(ctx.translator, post, texts, wanted)
    provider = ctx.translator.provider
    await ctx.write(
        _keep, post.id, wanted, digest=digest, made=made, provider=provider, now=ctx.clock()
    )
    return _put_together(post, made, provider, wanted)


async def _ask(
    translator: Translator, post: PostView, texts: Sequence[str], language: str
) -> Translated:
    spoken = await translator.languages()
    said = normalise_language(post.language or "")
    source = next((code for code in _forms(said) if code in spoken), None)
    targets = spoken[source] if source else frozenset().union(*spoken.values())
    target = next((code for code in _forms(language) if code in targets), None)
    if target is None or (said is not None and source is None):
        raise ForbiddenError("This post cannot be put into that language here.")
    wanted = [at for at, text in enumerate(texts) if text]
    if not wanted:
        return Translated(tuple(texts), said or "")
    made = await translator.translate(
        [_guarded(texts[at]) for at in wanted], source=source, target=target
    )
    whole = dict(zip(wanted, made.texts, strict=True))
    return Translated(
        tuple(whole.get(at, "") for at in range(len(texts))), said or made.source or ""
    )


async def _keep(
    session: AsyncSession,
    post_id: int,
    language: str,
    *,
    digest: str,
    made: Translated,
    provider: str,
    now: datetime,
) -> None:
    """Keep what the service said, unless the post went meanwhile."""
    if await session.get(PostRow, post_id) is None:
        return
    row = await session.get(TranslationRow, (post_id, language))
    if row is None:
        row = TranslationRow(post_id=post_id, language=language)
        session.add(row)
    row.digest, row.source, row.provider = digest, made.source or "", provider
    row.texts, row.created_at = list(made.texts), now
    await session.flush()


def _texts(post: PostView) -> list[str]:
    """Return all words of a post as HTML, in the order of `_put_together`."""
    options = [option.title for option in post.poll.options] if post.poll else []
    plain = [post.title, post.summary, *options, *(media.alt for media in post.media)]
    return [post.content, *(html.escape(text, quote=False) for text in plain)]


def _put_together(
    post: PostView, found: Translated, provider: str, language: str
) -> PostTranslation:
    content, *plain = found.texts
    title, summary, *rest = [plain_text(safe_html(text)) for text in plain]
    options = len(post.poll.options) if post.poll else 0
    described = zip(post.media, rest[options:], strict=True)
    return PostTranslation(
        post=post,
        language=language,
        content=safe_html(content, kind="note" if post.is_note else "article"),
        title=title,
        summary=summary,
        options=tuple(rest[:options]),
        descriptions=tuple((media.id, alt) for media, alt in described if media.alt),
        source=found.source or "",
        provider=provider,
    )


def _forms(language: str | None) -> list[str]:
    """Return a language as it is said and as it is known widely: pt-BR, then pt."""
    return [language, language.partition("-")[0]] if language else []


def _guarded(text: str) -> str:
    """Mark emojis as what is not translated (HTML, `translate`)."""
    parts = _MARKUP.split(text)
    parts[::2] = [_SHORTCODE.sub(_UNTOUCHED, part) for part in parts[::2]]
    return "".join(parts)
