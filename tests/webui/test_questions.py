"""Questions on the pages: asked, answered, and what is wrong with them said in words."""

import pytest

from fedi_k12.domain.posts import ReceivedPoll, Visibility
from fedi_k12.services.receive import receive_posts
from fedi_k12.services.received import ReceivedPost


async def test_a_question_is_asked_with_an_answer_on_each_line(at_maya, at_tom):
    """Row 1.10 "Poll out"."""
    page = await at_maya.get("/write")
    answer = await at_maya.submit(
        page,
        "/posts",
        {
            "text": "When?",
            "answers": "Monday\n Friday \n\n",
            "open-for": "3600",
            "several": "1",
        },
    )
    thread = await at_maya.follow(answer)
    theirs = await at_tom.get(answer.location)

    assert "Monday" in thread.text
    assert "Friday" in thread.text
    boxes = theirs.root.find("input", name="choice")
    assert [box["type"] for box in boxes] == ["checkbox", "checkbox"]
    assert "Nobody sees who chose what." in theirs.text


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("Monday", "at least two"),
        ("a\na", "Two answers are the same"),
        ("\n".join(map(str, range(11))), "ten answers at most"),
        ("a\n" + "b" * 101, "100 characters at most"),
    ],
)
async def test_what_is_wrong_with_the_answers_stands_at_them(at_maya, answers, words):
    page = await at_maya.get("/write")
    answer = await at_maya.submit(page, "/posts", {"text": "When?", "answers": answers})

    assert answer.status == 422
    assert words in answer.text
    typed = answer.root.find("textarea", id="f-answers")[0]
    assert "".join(typed.children).strip() == answers
    assert answer.root.find("details", open="")


async def test_a_question_from_elsewhere_is_answered_here(ctx, at_tom, make_remote):
    """Row 1.10 "Voting"."""
    ria = await make_remote("ria")
    received = ReceivedPost(
        uri=f"{ria.uri}/posts/1",
        account_id=ria.id,
        visibility=Visibility.PUBLIC,
        content="<p>When?</p>",
        published=ctx.clock(),
        kind="Question",
        poll=ReceivedPoll((("a", 2), ("b", 1)), False, None, None, 3),
    )
    (post_id,) = await ctx.write(receive_posts, [received], now=ctx.clock())
    page = await at_tom.get(f"/@{ria.acct}/{post_id}")

    answer = await at_tom.submit(page, f"/posts/{post_id}/vote", {"choice": "1"})

    assert "your answer" in (await at_tom.follow(answer)).text
