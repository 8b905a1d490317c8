"""Quoting, and deciding about what others do, through the pages.

Row 1.11 "Approval UI".
"""

import pytest

from fedi_k12.domain.approvals import Choices
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import views


@pytest.fixture
def look(ctx):
    """Return a function that gives the post that an answer leads to."""

    async def see(page, viewer=None):
        number = int(page.location.rsplit("/", 1)[1])
        async with ctx.read() as session:
            return await views.post_view(session, number, viewer=viewer)

    return see


async def quoted(at_tom, first, **changes):
    page = await at_tom.get(f"/write?quote={first}")
    return await at_tom.submit(page, "/posts", {"text": "So true", **changes})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/write?quote=1"),
        ("post", "/posts/1/let-in"),
        ("post", "/posts/1/turn-down"),
        ("post", "/posts/1/withdraw/2"),
    ],
)
async def test_visitors_are_led_to_the_door(visitor, method, path):
    page = await getattr(visitor, method)(path)

    assert page.status == 303
    assert page.location.startswith("/auth/sign_in?next=")


async def test_a_post_is_quoted_and_withdrawn(at_maya, at_tom, visitor, publish, maya):
    first = await publish(
        maya, "Fractions", visibility=Visibility.PUBLIC, choices=Choices(quote="public")
    )
    thread = await at_tom.get(f"/@maya/{first}")
    assert thread.root.find("a", href=f"/write?quote={first}")
    writing = await at_tom.get(f"/write?quote={first}")
    assert "Fractions" in writing.root.find("blockquote")[0].text
    answer = await quoted(at_tom, first, who="public", public_meant="1")

    shown = await visitor.get(answer.location)
    (box,) = shown.root.find("blockquote", class_="quoted")
    assert "Fractions" in box.text
    at_mine = await at_maya.get("/notifications")
    assert "Tom quotes your post" in at_mine.text
    number = answer.location.rsplit("/", 1)[1]
    page = await at_maya.get(answer.location)
    done = await at_maya.submit(page, f"/posts/{number}/withdraw/{first}")
    assert done.status == 303
    gone = await visitor.get(answer.location)
    assert gone.root.find("blockquote") == []
    assert "has withdrawn it" in gone.text


async def test_what_may_not_be_quoted_is_not_offered(at_tom, publish, maya):
    first = await publish(maya, "Mine", choices=Choices(quote="nobody"))

    thread = await at_tom.get(f"/@maya/{first}")
    assert thread.root.find("a", href=f"/write?quote={first}") == []
    page = await at_tom.get("/write")
    refused = await at_tom.submit(page, "/posts", {"text": "Still", "quote": str(first)})
    assert refused.status == 422
    assert "does not let you quote it" in refused.text
    assert refused.form("/posts").find("textarea", name="text")[0].text == "Still"


@pytest.mark.parametrize(("what", "state"), [("let-in", "accepted"), ("turn-down", "rejected")])
async def test_a_quote_that_waits_is_decided_among_the_notifications(
    at_maya, at_tom, publish, look, maya, what, state
):
    first = await publish(maya, "Ask me", choices=Choices(quote="ask"))
    answer = await quoted(at_tom, first)
    number = answer.location.rsplit("/", 1)[1]
    waiting = await at_tom.get(answer.location)
    assert "is shown when its author agrees" in waiting.text

    page = await at_maya.get("/notifications")
    assert "Tom asks to quote you" in page.text
    done = await at_maya.submit(page, f"/posts/{number}/{what}")

    assert done.status == 303
    assert (await look(answer)).quote.state == state
    assert "asks to quote" not in (await at_maya.get("/notifications")).text


async def test_nobody_decides_for_another(at_maya, at_tom, publish, look, maya):
    first = await publish(maya, "Ask me", choices=Choices(quote="ask"))
    answer = await quoted(at_tom, first)
    number = answer.location.rsplit("/", 1)[1]
    token = (await at_tom.get("/write")).form("/posts").find("input", name="csrf")[0]["value"]

    page = await at_tom.post(f"/posts/{number}/let-in", {"csrf": token})

    assert page.status == 404
    assert (await look(answer)).quote.state == "pending"


async def test_who_may_do_what_is_chosen_and_changed(at_maya, look):
    page = await at_maya.get("/write")
    words = {
        "text": "Hello",
        "may-reply": "nobody",
        "may-quote": "public",
        "may-pass": "nobody",
    }
    answer = await at_maya.submit(page, "/posts", words)
    post = await look(answer)
    assert post.allowed.policy.reply.automatic == ("author",)
    assert post.allowed.policy.quote.automatic == ("public",)
    assert post.allowed.policy.boost.automatic == ("author",)

    editing = await at_maya.get(f"/posts/{post.id}/edit")
    changed = await at_maya.submit(editing, f"/posts/{post.id}/edit", {"may-quote": "nobody"})

    again = await look(changed)
    assert again.allowed.policy.quote.automatic == ("author",)
    assert again.allowed.policy.reply.automatic == ("author",)


async def test_what_a_teacher_usually_wants_is_said_at_first(at_maya, look):
    page = await at_maya.get("/write")
    chosen = {
        name: [o["value"] for o in page.root.find("select", name=name)[0].find("option")
               if "selected" in o.attributes]
        for name in ("may-reply", "may-quote")
    }  # fmt: skip
    assert chosen == {"may-reply": ["ask"], "may-quote": ["followers"]}

    settings = await at_maya.get("/settings/reading")
    await at_maya.submit(settings, "/settings/reading", {"default_quote_policy": "nobody"})
    answer = await at_maya.submit(await at_maya.get("/home"), "/posts", {"text": "Hello"})

    assert (await look(answer)).allowed.policy.quote.automatic == ("author",)


async def test_a_closed_post_offers_no_reply(at_tom, publish, maya):
    first = await publish(maya, "News", choices=Choices(reply="nobody"))

    thread = await at_tom.get(f"/@maya/{first}")

    assert "takes no answers to this post" in thread.text
    assert all(form["action"] != "/posts" for form in thread.root.find("form"))
