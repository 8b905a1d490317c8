"""Articles that members write.

Row 1.7 "Article (long form)". Row 1.7 "Source". Row 1.7 "Summary / sensitive".
Row 1.7 "Content maps / language". Row 1.7 "HTML out".
"""

from fedi_k12.worker import run_until_idle

TEXT = "## Why\n\nBecause **so**.\n\n| Day | Room |\n| --- | --- |\n| Monday | 12 |\n\n" + (
    "More of it. " * 600
)


async def write(client, maya, **fields):
    answer = await client.post(
        "/api/v1/statuses",
        data={
            "title": "Reading aloud",
            "status": TEXT,
            "spoiler_text": "Why we read to them",
            "visibility": "public",
            "language": "en",
        }
        | fields,
        headers=maya.headers,
    )
    return answer.status, await answer.json()


async def test_an_article_goes_out_as_one(client, ctx, remote, ren, send, maya, document):
    await send(ren, ren.activity("Follow", maya.account.uri))
    remote.delivered.clear()

    status, entity = await write(client, maya)
    await run_until_idle(ctx)

    assert status == 200
    sent = next(item.body for item in remote.delivered if item.body["type"] == "Create")
    article = sent["object"]
    assert article["type"] == "Article"
    assert article["name"] == "Reading aloud"
    assert article["summary"] == "Why we read to them"
    assert article["sensitive"] is False
    assert "<h2>Why</h2>" in article["content"]
    assert "<td>Monday</td>" in article["content"]
    assert article["contentMap"] == {"en": article["content"]}
    assert article["source"] == {"content": TEXT, "mediaType": "text/markdown"}
    assert article["preview"]["type"] == "Note"
    assert "Why we read to them" in article["preview"]["content"]
    assert article["url"] in article["preview"]["content"]
    shown = await document(article["id"])
    assert shown["content"] == article["content"]
    assert entity["spoiler_text"] == ""


async def test_an_article_is_shown_in_short_and_in_full(client, maya, at_maya):
    _status, entity = await write(client, maya)

    lists = await at_maya.get("/home")
    page = await at_maya.get(f"/@maya/{entity['id']}")

    assert "Why we read to them" in lists.main.text
    assert "More of it." not in lists.main.text
    assert page.main.text.count("More of it.") == 600
    assert "<h2>Why</h2>" in page.body


async def test_only_an_article_may_be_long(client, maya):
    status, entity = await write(client, maya, title="")

    assert status == 422
    assert "character limit" in entity["error"]


async def test_an_article_stays_one_when_it_is_edited(client, maya):
    _status, entity = await write(client, maya)
    path = f"/api/v1/statuses/{entity['id']}"
    source = await (await client.get(f"{path}/source", headers=maya.headers)).json()

    answer = await client.put(
        path, data={"title": source["title"], "status": "## Anew"}, headers=maya.headers
    )
    edited = await answer.json()

    assert "<h2>Anew</h2>" in edited["content"]
    assert "Reading aloud" in edited["content"]


async def test_an_article_is_written_on_the_page(at_maya):
    form = await at_maya.get("/write")
    assert "Title, if this is an article" in form.main.text
