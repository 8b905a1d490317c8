"""What posts are found by: what is written in and beside them, in families' languages."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from fedi_k12.domain.posts import Draft, MediaEdit, PollDraft, ReceivedPoll, Visibility
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.domain.search_query import stem, tokens
from fedi_k12.services import media, posts, profiles, reactions, receive, search
from fedi_k12.services.pictures import Encoded, Prepared
from fedi_k12.services.received import ReceivedMedia, ReceivedPost
from storage import search as index
from storage.search_words import put_words
from storage.tables import PostWordsRow

PICTURE = Prepared(
    "image", Encoded(b"x", "png", 4, 3), Encoded(b"x", "png", 4, 3), "LEHV6nWB2yk8"
)
LONG_AGO = datetime(2020, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def find(see):
    async def run(member, q, **more):
        found = await see(search.posts, actor=member.actor, q=q, limit=20, **more)
        return [view.id for view in found]

    return run


@pytest.fixture
def edit(do):
    async def run(member, post, text="New", media_edits=(), **parts):
        await do(
            posts.edit,
            actor=member.actor,
            post_id=post.id,
            draft=Draft(text, **parts),
            media_edits=media_edits,
        )

    return run


@pytest.fixture
def upload(do, maya):
    async def run(alt):
        made = await do(
            media.store,
            actor=maya.actor,
            prepared=PICTURE,
            file="aa/a.png",
            preview_file="bb/b.png",
            alt=alt,
        )
        return made.id

    return run


async def test_a_new_post_is_found_by_what_it_is_found_by_when_read_again(
    ctx, publish, upload, maya
):
    link = "https://lessons.example/page"
    made = [
        await publish(maya, f"Look at #clay: {link}", language="en-GB", sensitive=True),
        await publish(maya, "A hill", summary="Fire", media_ids=(await upload("Volcano"),)),
        await publish(maya, "Which?", poll=PollDraft(("Ash", "Lava"), expires_in=3600)),
        await publish(maya, "", media_ids=(await upload("Bee"),), visibility=Visibility.DIRECT),
    ]
    made.append(await publish(maya, "And so on", in_reply_to_id=made[0].id))
    made.append(await publish(maya, "As I said", quote_of_id=made[0].id))

    await assert_the_same_when_read_again(ctx, {post.id for post in made})


async def test_what_arrives_is_found_by_what_it_is_found_by_when_read_again(
    ctx, do, make_remote
):
    ria = await make_remote("ria")
    about = {
        "plain": {"content": "<p>A hill</p>", "language": "es"},
        "link": {"content": '<p>See <a href="https://lessons.example/p">it</a></p>'},
        "quiet": {
            "content": '<p><a href="https://lessons.example/q">q</a></p>',
            "fetched": True,
        },
        "media": {
            "media": (
                ReceivedMedia("video", "https://x.example/a.mp4", alt="Volcano"),
                ReceivedMedia("image", "https://x.example/a.png", alt="Bee"),
            ),
            "summary": "Fire",
            "sensitive": True,
        },
        "poll": {
            "poll": ReceivedPoll((("Ash", 0), ("Lava", 0)), False, None, None, None),
            "content_map": {"en": "<p>School</p>", "es": "<p>Escuela</p>"},
        },
        "answer": {"in_reply_to_uri": f"{ria.uri}/posts/plain"},
        "orphan": {"in_reply_to_uri": "https://x.example/gone"},
        "quote": {"quote_of_uri": f"{ria.uri}/posts/plain", "visibility": "unlisted"},
    }
    received = [
        ReceivedPost(
            **{
                "uri": f"{ria.uri}/posts/{name}",
                "account_id": ria.id,
                "content": f"<p>{name}</p>",
                "published": ctx.clock(),
                **parts,
                "visibility": Visibility(parts.get("visibility", "public")),
            }
        )
        for name, parts in about.items()
    ]

    made = await do(receive.receive_posts, received)

    await assert_the_same_when_read_again(ctx, set(made))


async def assert_the_same_when_read_again(ctx, made):
    async def kept(session):
        rows = await session.execute(select(PostWordsRow.post_id, PostWordsRow.words))
        return {post_id: str(words).split() for post_id, words in rows}

    async with ctx.read() as session:
        before = await kept(session)
    assert set(before) == made
    await ctx.write(put_words, list(before))
    async with ctx.read() as session:
        assert await kept(session) == before


async def test_words_beside_the_text_are_found_as_they_read_now(
    do, find, upload, publish, edit, maya
):
    hill, bee = await upload("A volcano from clay"), await upload("A bee")
    post = await publish(maya, "Look", media_ids=(hill,))
    assert await find(maya, "volcano") == [post.id]
    assert await find(maya, "volcano has:image") == [post.id]
    assert await find(maya, '"look a volcano"') == []

    await edit(maya, post, media_ids=(hill,), media_edits=(MediaEdit(hill, alt="Glacier"),))
    assert (await find(maya, "volcano"), await find(maya, "glacier")) == ([], [post.id])

    await edit(maya, post, media_ids=(bee,))
    assert (await find(maya, "glacier"), await find(maya, "bee")) == ([], [post.id])

    await edit(maya, post, "No picture")
    assert (await find(maya, "bee"), await find(maya, "picture has:media")) == ([], [])

    await do(posts.delete, actor=maya.actor, post_id=post.id)
    assert await find(maya, "picture") == []


async def test_answers_of_a_poll_titles_and_content_notes_are_found(find, publish, edit, maya):
    poll = PollDraft(("Museum", "Planetarium"), 3600)
    asked = await publish(maya, "Where to?", poll=poll, summary="About spiders")
    article = await publish(maya, "Text", title="Photosynthesis", summary="An abstract")

    assert await find(maya, "planetarium") == [asked.id]
    assert await find(maya, "spider has:poll") == [asked.id]
    assert await find(maya, "photosynth abstract") == [article.id]

    await edit(maya, asked, "Where to?", poll=PollDraft(("Lake", "River"), 3600))
    assert (await find(maya, "planetarium"), await find(maya, "river")) == ([], [asked.id])


async def test_words_beside_others_posts_are_found_and_follow_their_edits(
    ctx, do, find, arrive, make_remote, maya
):
    ria = await make_remote("ria", indexable=True)

    def parts(alt, answer):
        return {
            "media": (ReceivedMedia("image", "https://x.example/a.png", alt=alt),),
            "poll": ReceivedPoll(((answer, 0), ("No", 0)), False, None, None, None),
            "content_map": {"en": "<p>School</p>", "es": "<p>Escuela</p>"},
        }

    post_id = await arrive(ria, content="<p>School</p>", **parts("Volcano", "Museum"))
    for q in ("volcano", "museum", "escuelas", "school", "has:poll", "has:image from:me -x"):
        expected = [] if "from:me" in q else [post_id]
        assert await find(maya, q) == expected, q

    new = ReceivedPost(
        uri=f"{ria.uri}/posts/1",
        account_id=ria.id,
        visibility=Visibility.PUBLIC,
        content="<p>School</p>",
        published=ctx.clock(),
        updated=ctx.clock(),
        **parts("Glacier", "Lake"),
    )
    await do(receive.receive_update, new)

    assert [await find(maya, q) for q in ("volcano", "museum")] == [[], []]
    assert [await find(maya, q) for q in ("glacier", "lake")] == [[post_id], [post_id]]

    await do(receive.receive_deletion, uri=f"{ria.uri}/posts/1", account_uri=ria.uri)
    assert await find(maya, "glacier") == []


@pytest.mark.parametrize(
    ("written", "found", "not_found"),
    [
        ("Three fractions", ["fraction", "fractions", "fract"], ["frac tion", "raction"]),
        ("Classes of families", ["class", "family", '"of family"'], ['"family of"']),
        ("Reunión de niños", ["reunion", "niño", "NINOS", "reunión"], ["union"]),
        ("Profesores y la escuela", ["profesor", "PROFESORES", "escuelas"], ["lechuga"]),
        ("Họp ở trường Đại học", ["trường", "truong", "dai hoc", "Đại"], ['"học đại"']),
        ("明天学校没有课", ["学校", "没有", "明天学校"], ["校学", "老师"]),
        ("明日は学校です", ["学校", "です"], ["先生"]),
        ("오늘은 학교에서 만나요", ["학교", "학교에서", "만나"], ["교학"]),
        ("اجتماع في المَدْرَسَة غدًا", ["مدرسة", "المدرسة", "غدا", "اجتماع"], ["مدير"]),
        ("कल विद्यालय में", ["विद्यालय", "विद्या"], ["शिक्षक"]),
        ("พรุ่งนี้โรงเรียนปิด", ["โรงเรียน", "ปิด"], ["ครู"]),
        ("Школа и учителя", ["ШКОЛА", "учител"], ["урок"]),
    ],
    ids=["English", "English plurals", "Spanish", "Spanish plurals", "Vietnamese", "Chinese",
         "Japanese", "Korean", "Arabic", "Hindi", "Thai", "Russian"],
)  # fmt: skip
async def test_words_of_families_languages_are_found(
    find, publish, maya, written, found, not_found
):
    post = await publish(maya, written)

    for q in found:
        assert await find(maya, q) == [post.id], q
    for q in not_found:
        assert await find(maya, q) == [], q


def test_what_means_one_or_several_is_compared_alike():
    for one, several in [
        ("fraction", "fractions"), ("family", "families"), ("class", "classes"),
        ("box", "boxes"), ("exercise", "exercises"), ("note", "notes"), ("day", "days"),
        ("profesor", "profesores"), ("escuela", "escuelas"), ("المدرسة", "مدرسة"),
    ]:  # fmt: skip
        assert [stem(word) for word in tokens(one)] == [stem(word) for word in tokens(several)]
    for whole in ("bus", "glass", "not", "yes", "2026s", "los"):
        assert stem(whole) == whole


@pytest.fixture
async def crowd(ctx, do, arrive, make_remote, monkeypatch):
    """An old post that lets itself be found, under many newer ones that do not.

    Of strangers' posts two are looked at, and nobody is rare enough to be looked up.
    """
    monkeypatch.setattr(index, "SCANNED", 2)
    monkeypatch.setattr(index, "_FIRST", 1)
    monkeypatch.setattr(index, "_MOST", 1)
    monkeypatch.setattr(index, "FEW", 0)
    ria = await make_remote("ria", indexable=True)
    loud = await make_remote("loud")
    parts = {
        "language": "es-MX",
        "media": (ReceivedMedia("image", "https://x.example/a.png"),),
        "poll": ReceivedPoll((("Yes", 0), ("No", 0)), False, None, None, None),
        "in_reply_to_uri": "https://x.example/gone",
        "sensitive": True,
        "fetched": True,
    }
    old = await arrive(ria, content="<p>Volcano trip</p>", published=LONG_AGO, **parts)
    for number in range(5):
        await arrive(loud, f"n{number}", content="<p>Volcano</p>", language="en")
    return old


@pytest.mark.parametrize(
    "q",
    ["volcano from:ria@remote.example", "from:ria@remote.example", "volcano before:2020-06-01",
     "volcano during:2020-05-04", "volcano language:es", "volcano has:image",
     "volcano has:poll", "volcano is:reply", "volcano is:sensitive", "volcano trip",
     '"volcano trip"'],
)  # fmt: skip
async def test_what_narrows_a_search_makes_it_whole(find, see, crowd, maya, q):
    assert await find(maya, "volcano") == [], "the bound that the others are measured by"

    assert await find(maya, q) == [crowd]


async def test_ones_own_library_is_searched_whole(ctx, do, find, crowd, maya):
    await do(reactions.bookmark, actor=maya.actor, post_id=crowd)

    assert await find(maya, "volcano") == [crowd]
    assert await find(maya, "volcano in:library") == [crowd]
    assert await find(maya, "in:library") == [crowd]
    assert await find(maya, "volcano in:library -trip") == []
    assert await find(maya, "volcano in:library after:2020-06-01") == []


async def test_few_who_let_themselves_be_found_are_found_whole(find, crowd, maya, monkeypatch):
    monkeypatch.setattr(index, "FEW", 1)

    assert await find(maya, "volcano") == [crowd]


async def test_all_that_is_found_is_read_page_by_page(
    do, find, publish, maya, tom, monkeypatch
):
    monkeypatch.setattr(index, "_FIRST", 2)
    await do(profiles.update_profile, actor=maya.actor, changes=ProfileChanges(indexable=True))
    made = [
        (await publish(maya, f"Volcano {number}", visibility=Visibility.PUBLIC)).id
        for number in range(7)
    ]

    assert await find(tom, "volcano") == made[::-1]
    assert await find(tom, "volcano", offset=5) == made[1::-1]
    assert await find(tom, "volcano", max_id=made[3], min_id=made[0]) == [made[2], made[1]]
    assert await find(tom, "volcano", account_id=maya.account.id) == made[::-1]
    assert await find(tom, "volcano", account_id=tom.account.id) == []
