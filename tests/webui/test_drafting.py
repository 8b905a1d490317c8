"""What is begun is never lost: previews, drafts, and forms that were open for too long."""

from datetime import timedelta

import pytest

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import drafts, media, media_making, posts, timelines
from fedi_k12.web.auth import SESSION_COOKIE
from tests.browse import filled_in
from tests.webui.test_writing import picture


@pytest.fixture
def kept(ctx):
    async def look(member):
        async with ctx.read() as session:
            return await drafts.drafts(session, actor=member.actor)

    return look


@pytest.fixture
def said(ctx, maya):
    async def look():
        async with ctx.read() as session:
            page = await timelines.of_account(
                session,
                account_id=maya.account.id,
                viewer=maya.actor,
                page=PageRequest(limit=20),
            )
        return page.items

    return look


@pytest.fixture
def begin(at_maya):
    async def send(changes: dict[str, str], *, files=None, path: str = "/write"):
        page = await at_maya.get(path)
        return await at_maya.submit(page, "/posts", {"do": "keep", **changes}, files=files)

    return send


class TestPreview:
    async def test_it_shows_the_post_and_publishes_nothing(self, at_maya, said, tom):
        page = await at_maya.get("/write")
        shown = await at_maya.submit(
            page,
            "/posts",
            {"do": "preview", "text": "@tom #clay\n\nhttps://example.org/", "note": "A riddle"},
        )
        part = shown.root.find("section", id="preview")[0]

        assert shown.status == 200
        assert part.find("summary")[0].text == "A riddle"
        assert [a["href"] for a in part.find("a")][-3:] == [
            "https://home.example/@tom",
            "https://home.example/tags/clay",
            "https://example.org/",
        ]
        assert filled_in(shown.form("/posts"))["text"].startswith("@tom #clay")
        assert await said() == []

    async def test_an_article_and_a_picture_are_shown_without_asking_for_words(
        self, at_maya, said
    ):
        page = await at_maya.get("/write")
        shown = await at_maya.submit(
            page,
            "/posts",
            {"do": "preview", "title": "Fractions", "text": "# Clay\n\n- one"},
            files={"picture1": picture()},
        )
        part = shown.root.find("section", id="preview")[0]

        assert shown.status == 200
        assert "Fractions" in part.text
        assert [one.text for one in part.find("li")] == ["one"]
        assert part.find("img", alt="Picture without a description")
        assert shown.form("/posts").find("input", name="media")
        assert await said() == []

    async def test_what_is_shown_can_then_be_posted(self, at_maya, said):
        page = await at_maya.get("/write")
        shown = await at_maya.submit(page, "/posts", {"do": "preview", "text": "Clay."})
        await at_maya.submit(shown, "/posts")

        assert [post.content for post in await said()] == ["<p>Clay.</p>"]

    async def test_a_change_is_shown_before_it_is_made(self, at_maya, publish, maya, said):
        post = await publish(maya, "Clay.", visibility=Visibility.PUBLIC)
        where = f"/posts/{post}/edit"
        shown = await at_maya.submit(
            await at_maya.get(where), where, {"do": "preview", "text": "Paper."}
        )

        assert "Paper." in shown.root.find("section", id="preview")[0].text
        assert [one.content for one in await said()] == ["<p>Clay.</p>"]

    async def test_markup_is_not_obeyed(self, at_maya):
        page = await at_maya.get("/write")
        shown = await at_maya.submit(
            page,
            "/posts",
            {"do": "preview", "text": "<script>alert(1)</script>", "title": "<i>"},
        )

        assert len(shown.root.find("script")) == 1


class TestDrafts:
    async def test_one_is_kept_and_gone_on_with_and_gone_when_posted(
        self, at_maya, begin, kept, said, maya
    ):
        answer = await begin(
            {"text": "Clay, begun.", "note": "A riddle", "who": "followers"},
            files={"picture1": picture()},
        )
        listed = await at_maya.follow(answer)
        draft = (await kept(maya))[0]
        assert answer.location == "/drafts?kept"
        assert "Clay, begun." in listed.main.text
        assert len(draft.media) == 1
        assert await said() == []

        form = await at_maya.get(f"/write?draft={draft.id}")
        filled = filled_in(form.form("/posts"))
        assert (filled["text"], filled["note"], filled["who"]) == (
            "Clay, begun.", "A riddle", "followers",
        )  # fmt: skip
        alt = f"alt-{draft.media[0].id}"
        await at_maya.submit(form, "/posts", {"text": "Clay, done.", alt: "A board."})

        post = (await said())[0]
        assert (post.content, post.visibility) == ("<p>Clay, done.</p>", Visibility.FOLLOWERS)
        assert [one.alt for one in post.media] == ["A board."]
        assert await kept(maya) == []

    async def test_it_is_kept_again_in_its_place(self, at_maya, begin, kept, maya):
        await begin({"text": "One"})
        number = (await kept(maya))[0].id
        await begin({"text": "Two"}, path=f"/write?draft={number}")

        assert [(one.id, one.words["text"]) for one in await kept(maya)] == [(number, "Two")]

    async def test_one_that_another_window_threw_away_is_kept_anew(
        self, at_maya, begin, kept, maya
    ):
        await begin({"text": "One"})
        number = (await kept(maya))[0].id
        form = await at_maya.get(f"/write?draft={number}")
        await at_maya.submit(await at_maya.get("/drafts"), f"/drafts/{number}/throw-away")
        assert await kept(maya) == []
        await at_maya.submit(form, "/posts", {"do": "keep"})

        assert [one.words["text"] for one in await kept(maya)] == ["One"]

    async def test_others_drafts_are_not_there(self, at_maya, at_tom, begin, kept, maya):
        await begin({"text": "Mine"})
        number = (await kept(maya))[0].id
        drafts_page = await at_tom.get("/drafts")
        csrf = drafts_page.root.find("input", name="csrf")[0]["value"]
        await at_tom.post(f"/drafts/{number}/throw-away", {"csrf": csrf})

        assert (await at_tom.get(f"/write?draft={number}")).status == 404
        assert "Mine" not in drafts_page.text
        assert len(await kept(maya)) == 1

    @pytest.mark.parametrize("number", ["x", "0", "9" * 40])
    async def test_what_is_no_draft_is_not_there(self, at_maya, number):
        assert (await at_maya.get(f"/write?draft={number}")).status == 404

    async def test_nothing_is_not_kept(self, begin, kept, maya):
        answer = await begin({"text": " "})

        assert answer.status == 422
        assert answer.root.find("a", href="#f-text")
        assert await kept(maya) == []

    async def test_too_many_are_refused_and_the_words_come_back(
        self, begin, kept, maya, monkeypatch
    ):
        monkeypatch.setattr(drafts, "MAX_DRAFTS", 1)
        await begin({"text": "One"})
        answer = await begin({"text": "Two"})

        assert answer.status == 422
        assert answer.root.find("textarea", id="f-text")[0].text == "Two"
        assert len(await kept(maya)) == 1

    async def test_its_pictures_stay_as_long_as_it_does(self, ctx, clock, begin, kept, maya):
        await begin({"text": "Clay"}, files={"picture1": picture()})
        clock.offset += timedelta(days=60)
        await media_making.prune_uploads(ctx, before=clock())
        draft = (await kept(maya))[0]
        assert len(draft.media) == 1

        await ctx.write(drafts.throw_away, actor=maya.actor, draft_id=draft.id)
        await media_making.prune_uploads(ctx, before=clock())
        async with ctx.read() as session:
            with pytest.raises(NotFoundError):
                await media.get(session, actor=maya.actor, media_id=draft.media[0].id)

    async def test_an_answer_to_what_is_gone_keeps_its_words(
        self, at_maya, begin, kept, publish, ctx, maya, tom
    ):
        post = await publish(tom, "Clay?", visibility=Visibility.PUBLIC)
        await begin({"text": "@tom Yes."}, path=f"/write?reply_to={post}")
        draft = (await kept(maya))[0]
        assert draft.words["reply_to"] == str(post)

        await ctx.write(posts.delete, actor=tom.actor, post_id=post, now=ctx.clock())
        form = await at_maya.get(f"/write?draft={draft.id}")

        assert filled_in(form.form("/posts"))["text"] == "@tom Yes."
        assert "reply_to" not in filled_in(form.form("/posts"))


class TestAsking:
    async def test_for_a_description_is_done_once(self, at_maya, said):
        page = await at_maya.get("/write")
        asked = await at_maya.submit(
            page, "/posts", {"text": "Our board."}, files={"picture1": picture()}
        )
        assert asked.status == 422
        assert "has no description yet" in asked.text
        assert await said() == []

        await at_maya.submit(asked, "/posts")
        assert [len(post.media) for post in await said()] == [1]

    async def test_another_picture_is_asked_about_too(self, at_maya, said):
        page = await at_maya.get("/write")
        asked = await at_maya.submit(
            page, "/posts", {"text": "Our board."}, files={"picture1": picture()}
        )
        again = await at_maya.submit(asked, "/posts", files={"picture1": picture()})

        assert again.status == 422
        assert await said() == []


class TestTooOld:
    """A form that was open for too long comes back filled."""

    TYPED = {"text": "Three paragraphs.", "note": "Long", "who": "followers"}  # noqa: RUF012

    async def test_after_the_secret_changed(self, at_maya, said):
        page = await at_maya.get("/write")
        answer = await at_maya.submit(page, "/posts", {**self.TYPED, "csrf": "stale"})
        filled = filled_in(answer.form("/posts"))

        assert answer.status == 403
        assert self.TYPED.items() <= filled.items()
        assert await said() == []

        await at_maya.submit(answer, "/posts")
        assert [post.content for post in await said()] == ["<p>Three paragraphs.</p>"]

    async def test_after_the_session_ended(self, at_maya, seated, maya, said):
        page = await at_maya.get("/write")
        session = at_maya.cookies.pop(SESSION_COOKIE)
        answer = await at_maya.submit(page, "/posts", self.TYPED)
        assert answer.status == 403
        assert self.TYPED.items() <= filled_in(answer.form("/posts")).items()
        assert "Nothing is lost" in answer.text
        assert await said() == []

        # Signed in again, in another window of the same browser.
        at_maya.cookies[SESSION_COOKIE] = session
        again = await at_maya.submit(answer, "/posts")
        await at_maya.submit(again, "/posts")
        assert [post.content for post in await said()] == ["<p>Three paragraphs.</p>"]

    @pytest.mark.parametrize("signed_in", [True, False])
    async def test_a_change_to_a_post_as_well(self, at_maya, publish, maya, said, signed_in):
        post = await publish(maya, "Clay.")
        where = f"/posts/{post}/edit"
        page = await at_maya.get(where)
        if not signed_in:
            del at_maya.cookies[SESSION_COOKIE]
        answer = await at_maya.submit(page, where, {"text": "Paper.", "csrf": "stale"})

        assert answer.status == 403
        assert filled_in(answer.form(where))["text"] == "Paper."
        assert [one.content for one in await said()] == ["<p>Clay.</p>"]

    async def test_a_short_reply_comes_back_in_the_whole_form(self, at_maya, publish, tom):
        post = await publish(tom, "Clay?", visibility=Visibility.PUBLIC)
        page = await at_maya.get(f"/@tom/{post}")
        answer = await at_maya.submit(page, "/posts", {"text": "@tom Yes.", "csrf": ""})

        assert answer.status == 403
        assert filled_in(answer.form("/posts"))["reply_to"] == str(post)

    async def test_pictures_taken_in_before_are_still_there(self, at_maya):
        page = await at_maya.get("/write")
        asked = await at_maya.submit(
            page, "/posts", {"text": "Board"}, files={"picture1": picture()}
        )
        number = asked.root.find("input", name="media")[0]["value"]
        answer = await at_maya.submit(
            asked, "/posts", {f"alt-{number}": "A board", "csrf": "stale"}
        )

        assert answer.root.find("input", name="media")[0]["value"] == number
        assert answer.root.find("textarea", id=f"alt-{number}")[0].text == "A board"

    async def test_nobody_elses_pictures_are_shown(self, at_maya, at_tom):
        page = await at_tom.get("/write")
        asked = await at_tom.submit(
            page, "/posts", {"text": "Board"}, files={"picture1": picture()}
        )
        number = asked.root.find("input", name="media")[0]["value"]
        own = await at_maya.get("/write")
        answer = await at_maya.submit(own, "/posts", {"media": number, "csrf": "stale"})

        assert answer.status == 403
        assert not answer.root.find("input", name="media")
