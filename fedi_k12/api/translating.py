"""Posts in another language: https://docs.joinmastodon.org/methods/statuses/#translate."""

import re

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, path_id
from fedi_k12.domain.languages import normalise_language
from fedi_k12.services import translating
from fedi_k12.services.translating import PostTranslation
from fedi_k12.web.auth import app_token_ok, viewer
from fedi_k12.web.params import params


@app_token_ok("read:statuses")
async def translate(request: web.Request) -> web.Response:
    """Return a post in the language of `lang`, else in the app's own, else in English."""
    asked = (await params(request)).text("lang").strip()
    first = re.split("[,;]", request.headers.get("Accept-Language", ""), maxsplit=1)[0]
    found = await translating.translation(
        context(request),
        post_id=path_id(request),
        language=asked or normalise_language(first) or "en",
        viewer=viewer(request),
    )
    return answer(_entity(found))


def _entity(found: PostTranslation) -> render.Entity:
    poll = found.post.poll
    return {
        "content": found.content,
        "spoiler_text": found.summary,
        "language": found.language,
        "media_attachments": [
            {"id": str(number), "description": text} for number, text in found.descriptions
        ],
        "poll": {"id": str(poll.id), "options": [{"title": text} for text in found.options]}
        if poll is not None
        else None,
        "detected_source_language": found.source,
        "provider": found.provider,
    }


ROUTES = [web.post("/api/v1/statuses/{id}/translate", translate)]
