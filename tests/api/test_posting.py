"""What an app is answered when it posts: what it would read, though nothing is read again."""

from sqlalchemy import event
from sqlalchemy.engine import Engine

POSTS = {
    "words": {"status": "What we saw today"},
    "hashtags in their order": {"status": "#Zebra and #maths, #MATHS and #apples"},
    "a hashtag others wrote otherwise": {"status": "#APPLES"},
    "a warning": {"status": "Spoken of", "spoiler_text": "Blood", "language": "es"},
    "followers only": {"status": "For you", "visibility": "private"},
    "a letter to nobody": {"status": "Note", "visibility": "direct"},
    "here only": {"status": "Here #maths", "local_only": True},
    "an article": {"status": "# Head\n\nand *words* #maths", "title": "On heads"},
    "choices": {"status": "Mine", "quote_approval_policy": "nobody"},
    "a link": {"status": "See https://example.com/a"},
    "a name": {"status": "Hello @tom"},
    "a poll": {"status": "Which?", "poll": {"options": ["a", "b"], "expires_in": 3600}},
}


async def test_the_answer_is_what_is_read_afterwards(call, maya, tom):
    await call(tom, "POST", "/api/v1/statuses", status="#Apples")

    for number, (what, body) in enumerate(POSTS.items(), 1):
        answer = await call(maya, "POST", "/api/v1/statuses", **body)

        assert answer["account"]["statuses_count"] == number, what
        assert answer["account"]["last_status_at"], what
        assert answer["application"], what
        assert answer == await call(maya, "GET", f"/api/v1/statuses/{answer['id']}"), what


async def test_an_answer_to_a_post_and_a_quote_of_it_are_as_read(call, maya, tom):
    first = await call(
        tom, "POST", "/api/v1/statuses", status="First", quote_approval_policy="public"
    )

    for more in ({"in_reply_to_id": first["id"]}, {"quoted_status_id": first["id"]}):
        answer = await call(maya, "POST", "/api/v1/statuses", status="Second", **more)

        assert answer == await call(maya, "GET", f"/api/v1/statuses/{answer['id']}")


async def test_the_same_key_is_answered_with_the_first_post(client, maya):
    headers = {**maya.headers, "Idempotency-Key": "once"}
    first, second = [
        await (
            await client.post("/api/v1/statuses", json={"status": words}, headers=headers)
        ).json()
        for words in ("First", "Second")
    ]

    assert first == second
    assert "First" in second["content"]


async def test_a_post_is_not_read_again_to_be_answered(call, maya):
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    await call(maya, "POST", "/api/v1/statuses", status="To begin with #maths")
    event.listen(Engine, "before_cursor_execute", note)
    try:
        await call(maya, "POST", "/api/v1/statuses", status="Again #maths")
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert any(one.startswith("INSERT INTO post ") for one in asked)
    assert not [one for one in asked if one.startswith("SELECT post.id, post.uri")]


async def test_who_speaks_for_an_official_account_is_answered_the_same(
    call, lincoln, maya, delegate_to
):
    speaking = await delegate_to(lincoln, maya)

    answer = await call(speaking, "POST", "/api/v1/statuses", status="News #maths")

    assert answer["account"]["id"] == str(lincoln.id)
    assert answer == await call(speaking, "GET", f"/api/v1/statuses/{answer['id']}")
