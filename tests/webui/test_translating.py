"""Posts in another language, by a service as LibreTranslate is one.

See https://docs.joinmastodon.org/methods/statuses/#translate and
https://docs.libretranslate.com.
"""

import json
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from fedi_k12.worker import run_until_idle
from tests.remote import PUBLIC

WORDS = {"Hola": "Hello", "Sí": "Yes", "No": "No", "mundo": "world", "Un gato": "A cat"}
SPOKEN = [
    {"code": "en", "name": "English", "targets": ["de", "en", "es"]},
    {"code": "es", "name": "Spanish", "targets": ["en", "es"]},
    {"code": "de", "name": "German"},
]


@dataclass
class Service:
    """Puts Spanish words into English as LibreTranslate does, or answers something else."""

    asked: list[dict] = field(default_factory=list)
    languages: object = field(default_factory=lambda: SPOKEN)
    languages_asked: int = 0
    instead: web.Response | None = None
    url: str = ""

    async def spoken(self, request):
        self.languages_asked += 1
        body = self.languages
        return web.Response(body=body if isinstance(body, bytes) else json.dumps(body).encode())

    async def translate(self, request):
        body = json.loads(await request.read())
        self.asked.append(body)
        if self.instead is not None:
            return self.instead
        texts = []
        for text in body["q"]:
            made = text
            for spanish, english in WORDS.items():
                made = made.replace(spanish, english)
            texts.append(made)
        found = [{"confidence": 90, "language": "es"} for _ in texts]
        return web.json_response({"translatedText": texts, "detectedLanguage": found})


@pytest.fixture
async def service():
    made = Service()
    app = web.Application()
    app.router.add_get("/languages", made.spoken)
    app.router.add_post("/translate", made.translate)
    server = TestServer(app)
    await server.start_server()
    made.url = f"http://127.0.0.1:{server.port}"
    yield made
    await server.close()


@pytest.fixture
def settings(settings, service):
    # Nothing of this machine may be reached otherwise: the service alone is let be there.
    return replace(settings, translate_url=service.url, translate_key="hush")


@pytest.fixture
def call(client):
    async def run(member, method, path, **body):
        headers = member.headers if member is not None else {}
        answer = await client.request(method, path, json=body, headers=headers)
        return answer.status, await answer.json()

    return run


@pytest.fixture
def translated(call):
    async def run(member, post, lang="en"):
        given = {"lang": lang} if lang else {}
        return await call(member, "POST", f"/api/v1/statuses/{post['id']}/translate", **given)

    return run


@pytest.fixture
def write(call):
    async def run(member, text="Hola mundo", **parts):
        given = {"status": text, "language": "es", **parts}
        status, post = await call(member, "POST", "/api/v1/statuses", **given)
        assert status == 200, post
        return post

    return run


async def test_all_the_words_of_a_post_are_translated(call, translated, write, maya, service):
    poll = {"options": ["Sí", "No"], "expires_in": 3600}
    post = await write(maya, "Hola mundo :tree: :80:", spoiler_text="Hola & <b>", poll=poll)

    status, found = await translated(maya, post)

    assert status == 200
    assert found["content"] == "<p>Hello world <span>:tree:</span> <span>:80:</span></p>"
    assert found["spoiler_text"] == "Hello & <b>"
    assert found["poll"] == {
        "id": post["poll"]["id"],
        "options": [{"title": "Yes"}, {"title": "No"}],
    }
    assert (found["language"], found["detected_source_language"]) == ("en", "es")
    assert found["provider"] == "LibreTranslate"
    [asked] = service.asked
    assert (asked["source"], asked["target"], asked["format"]) == ("es", "en", "html")
    assert asked["api_key"] == "hush"


async def test_descriptions_of_pictures_are_translated(
    ctx, call, translated, maya, make_server, send, service
):
    server = await make_server("remote.example")
    rosa = server.actor("rosa")
    picture = {"type": "Image", "mediaType": "image/png", "url": "http://remote.example/p.png"}
    media = [{**picture, "name": "Un gato"}, {**picture, "url": "http://remote.example/q.png"}]
    note = rosa.note(
        text='<p>Hola <a href="http://x.example/:ab:">mundo</a></p>',
        contentMap={"es": "<p>Hola</p>"},
        attachment=media,
        to=[PUBLIC],
    )
    note["cc"].append(maya.account.uri)
    note["tag"] = [{"type": "Mention", "href": maya.account.uri, "name": "@maya@home.example"}]
    assert await send(rosa, rosa.create(note)) == 202
    await run_until_idle(ctx)
    [told] = (await call(maya, "GET", "/api/v1/notifications"))[1]

    status, found = await translated(maya, told["status"])

    assert status == 200
    first = told["status"]["media_attachments"][0]["id"]
    assert found["media_attachments"] == [{"id": first, "description": "A cat"}]
    assert 'href="http://x.example/:ab:"' in service.asked[0]["q"][0]


async def test_each_language_is_asked_for_once_until_the_post_changes(
    call, translated, write, maya, tom, service
):
    post = await write(maya)

    for member in (maya, tom, maya):
        assert (await translated(member, post))[0] == 200
    await call(tom, "POST", f"/api/v1/statuses/{post['id']}/favourite")
    await translated(tom, post)
    assert len(service.asked) == 1

    path = f"/api/v1/statuses/{post['id']}"
    await call(maya, "PUT", path, status="Hola", language="es")
    assert (await translated(tom, post))[1]["content"] == "<p>Hello</p>"
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    "parts",
    [{"visibility": "private"}, {"visibility": "direct"}, {"local_only": True}],
    ids=["FED-91 followers", "FED-91 a letter", "FED-91 members only"],
)
async def test_what_is_not_for_everybody_is_never_given_away(
    translated, write, maya, tom, service, parts
):
    post = await write(maya, "Hola @tom", **parts)

    assert (await translated(maya, post))[0] == 403
    assert (await translated(tom, post))[0] in {403, 404}
    assert service.asked == []


async def test_what_one_may_not_see_is_not_found(translated, write, maya, tom):
    post = await write(maya, visibility="private")

    assert (await translated(tom, post))[0] == 404
    assert (await translated(tom, {"id": "1"}))[0] == 404
    assert (await translated(None, post))[0] == 401


async def test_a_language_that_the_service_has_not_is_refused(translated, write, maya, service):
    spanish, french = await write(maya), await write(maya, language="fr")

    assert (await translated(maya, spanish, "de"))[0] == 403
    assert (await translated(maya, spanish, "es"))[0] == 403
    assert (await translated(maya, french, "en"))[0] == 403
    assert (await translated(maya, spanish, "not a language"))[0] == 422
    assert (await translated(maya, spanish, "en-GB"))[0] == 200
    assert (await translated(maya, spanish, None))[1]["language"] == "en"


async def test_what_can_be_put_into_what_is_told_and_asked_once_a_day(
    call, maya, service, clock
):
    path = "/api/v1/instance/translation_languages"
    for _ in range(2):
        status, found = await call(None, "GET", path)
        assert (status, found) == (200, {"de": ["en", "es"], "en": ["de", "es"], "es": ["en"]})
    assert service.languages_asked == 1

    service.languages = b"down"
    clock.advance(hours=25)
    assert (await call(None, "GET", path))[1]["es"] == ["en"]
    assert service.languages_asked == 2
    _, instance = await call(None, "GET", "/api/v2/instance")
    assert instance["configuration"]["translation"] == {"enabled": True}


@pytest.mark.parametrize(
    "languages",
    [b"", b"null", b"[1]", b'{"a": 1}', b"[]", b"x" * 2_000_000, b'[{"code": "<b>"}]'],
    ids=["nothing", "null", "numbers", "an object", "none", "endless", "no codes"],
)
async def test_a_service_that_says_no_languages_is_out_of_order(
    call, translated, write, maya, service, languages
):
    service.languages = languages
    post = await write(maya)

    assert (await translated(maya, post))[0] == 503
    assert (await call(None, "GET", "/api/v1/instance/translation_languages"))[0] == 503


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(status=429),
        lambda: web.Response(status=403, text='{"error": "Invalid API key"}'),
        lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        lambda: web.Response(text="<html>"),
        lambda: web.Response(text="[" * 100_000),
        lambda: web.json_response({"translatedText": "one text"}),
        lambda: web.json_response({"translatedText": []}),
        lambda: web.json_response({"translatedText": [1] * 9}),
        lambda: web.Response(body=b'{"translatedText": ["' + b"x" * 2_000_000),
    ],
    ids=["busy", "key", "FED-55 elsewhere", "page", "nested", "text", "few", "numbers",
         "endless"],
)  # fmt: skip
async def test_an_answer_that_is_none_is_said_to_be_out_of_order(
    translated, write, maya, service, answer
):
    post = await write(maya)
    service.instead = answer()

    status, found = await translated(maya, post)

    assert status == 503
    assert "translation service" in found["error"]
    service.instead = None
    assert (await translated(maya, post))[0] == 200


async def test_what_a_hostile_service_writes_is_harmless(
    translated, write, maya, at_maya, service
):
    post = await write(maya, spoiler_text="Hola")
    bad = '<p onclick="x()">Hi\x00<script>x()</script><img src="http://t.example/x"></p>'
    data = json.dumps(
        {"translatedText": [bad, bad], "detectedLanguage": {"language": "<script>" * 50}}
    )
    service.instead = web.Response(text=data)

    status, found = await translated(maya, post)

    assert status == 200
    assert found["content"].startswith("<p>Hi</p>")
    assert found["spoiler_text"].startswith("Hi")
    assert found["detected_source_language"] == "es"
    page = await at_maya.get(f"/posts/{post['id']}/translation")
    assert page.main.find("script") == []
    assert page.main.find("img", src="http://t.example/x") == []


async def test_a_reader_is_offered_what_is_in_another_language(
    write, maya, tom, at_tom, visitor
):
    spanish, english = await write(maya), await write(maya, "Hello", language="en")
    unsaid = await write(maya, "Hola", visibility="unlisted", language="")
    private = await write(maya, "Hola @tom", visibility="direct")

    def offers(page):
        return [link["href"] for link in page.main.find("a") if "/translation" in link["href"]]

    page = await at_tom.get(f"/@maya/{spanish['id']}")
    assert offers(page) == [f"/posts/{spanish['id']}/translation"]
    for post in (english, unsaid, private):
        assert offers(await at_tom.get(f"/@maya/{post['id']}")) == []
    assert offers(await visitor.get(f"/@maya/{spanish['id']}")) == []
    page = await at_tom.get(f"/posts/{spanish['id']}/translation")
    assert "Hello world" in page.main.text
    assert "Translated from Español by a machine: LibreTranslate." in page.main.text
