"""The day's digest: gathered, picked, approved by a second person, published once (S-43)."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from fedi_k12.domain.digest_jobs import KeepDigests
from fedi_k12.domain.digests import Pick
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.notifications import TEAM_KINDS
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import (
    digest_reading,
    digests,
    follows,
    media,
    notifications,
    officials,
    posts,
    reactions,
    site,
)
from fedi_k12.services.digest_writing import keep_digests
from fedi_k12.services.pictures import Encoded, Prepared
from fedi_k12.services.site import SiteChanges
from fedi_k12.worker import run_until_idle
from storage.tables import DigestItemRow, DigestRow, MediaRow, PostRow, RecordRow

SMALL = Encoded(b"small", "png", 2, 1)
PICTURE = Prepared("image", Encoded(b"full", "png", 4, 3), SMALL, "LEHV6n")


async def said_by(ctx, account):
    async with ctx.read() as session:
        rows = await session.scalars(
            select(PostRow).where(PostRow.account_id == account.id).order_by(PostRow.id)
        )
        return list(rows)


async def test_forty_posts_become_one_article_and_one_note(
    ctx, do, clock, place, ada, publish, morning, approved, lincoln, make_server, make_remote
):
    """S-43: one outgoing activity of each, whatever the number of posts."""
    elsewhere = await make_server("remote.example")
    ren = await make_remote("ren")
    uri = f"{ren.uri}/follows/1"
    await do(follows.request_follow, follower=ren, target=lincoln, uri=uri)
    for number in range(40):
        await publish(ada, f"Class {number}")
    await run_until_idle(ctx)
    elsewhere.delivered.clear()

    await approved(await morning())
    clock.advance(minutes=2)
    await run_until_idle(ctx)

    sent = [one.body for one in elsewhere.delivered]
    assert sorted((one["type"], one["object"]["type"]) for one in sent) == [
        ("Create", "Article"),
        ("Create", "Note"),
    ]
    told = {one["object"]["type"]: one["object"] for one in sent}
    assert told["Article"]["name"] == "What happened yesterday"
    assert told["Article"]["content"].count("<h2>") == 40
    assert "/digest/" in told["Note"]["content"]
    assert [tag["name"].lower() for tag in told["Note"]["tag"]] == ["#whathappenedyesterday"]


async def test_only_what_is_public_of_who_allows_it_is_gathered(
    ctx, do, see, place, ada, tom, publish, morning, author, make_remote, arrive, lincoln
):
    """S-43: consent is each member's; letters, unlisted posts, answers and boosts stay out."""
    public = await publish(ada, "Our robot walks")
    await publish(ada, "Hush", visibility=Visibility.UNLISTED)
    await publish(ada, "For us", local_only=True)
    await publish(ada, "An answer", in_reply_to_id=public.id)
    theirs = await publish(tom, "I said nothing of being featured")
    await do(reactions.boost, actor=ada.actor, post_id=theirs.id)
    await arrive(await make_remote("ren"), "1")

    day = await morning()

    found = await see(digests.one, member_id=author.actor.member_id, day=day)
    assert [item.post_id for item in found.items] == [public.id]
    assert [item.included for item in found.items] == [False]


async def test_an_empty_day_publishes_nothing(
    ctx, see, place, tom, publish, morning, author, lincoln
):
    """S-43: nothing to edit, nothing that goes out, and it is not looked for again."""
    await publish(tom, "Not to be featured")

    day = await morning()
    await keep_digests(ctx, KeepDigests())

    assert await said_by(ctx, lincoln) == []
    assert await see(digests.desk, member_id=author.actor.member_id) == []
    with pytest.raises(NotFoundError):
        await see(digests.one, member_id=author.actor.member_id, day=day)


async def test_nothing_is_gathered_before_six_or_without_an_account(
    ctx, clock, do, ada, publish, morning, lincoln
):
    """S-43: the settings of the place name who tells it."""
    await publish(ada)
    await morning()
    async with ctx.read() as session:
        assert list(await session.scalars(select(DigestRow))) == []
    for name in ("ada", "nobody"):
        with pytest.raises(InvalidError, match="no official account"):
            await do(site.save_site, actor=None, changes=SiteChanges(digest_account=name))


async def test_a_second_person_approves(
    ctx, do, see, place, ada, publish, morning, picked, author, approver, lincoln, maya, tom
):
    """S-43: never who edited it, by the page and by the database; each step is recorded."""
    await publish(ada)
    day = await morning()
    version = await picked(author, day)
    for who, told in ((tom, ["digest_waits"]), (maya, [])):
        asked = {"page": PageRequest(), "types": TEAM_KINDS}
        page = await see(notifications.page, actor=who.actor, **asked)
        assert [one.kind for one in page.items] == told
    mine = {"member_id": maya.actor.member_id, "day": day, "version": version}
    his = {**mine, "member_id": tom.actor.member_id}

    with pytest.raises(ForbiddenError, match="second person"):
        await do(digests.approve, **mine)
    with pytest.raises(ConflictError):
        await do(digests.approve, **{**his, "version": version - 1})
    with pytest.raises(ConflictError):
        await do(digests.save, member_id=tom.actor.member_id, day=day, picks=[])

    async def force(session):
        await session.execute(update(DigestRow).values(approved_by=maya.actor.member_id))

    async def alone(session):
        await session.execute(update(DigestRow).values(state="out"))

    for change in (force, alone):
        with pytest.raises(IntegrityError):
            await ctx.write(change)
    assert await said_by(ctx, lincoln) == []

    assert [one.day for one in await see(digests.desk, member_id=tom.actor.member_id)] == [day]
    given = {"actor": None, "account_id": lincoln.id, "person_id": tom.account.id}
    await do(officials.pause, **given)
    assert await see(digests.desk, member_id=tom.actor.member_id) == []
    with pytest.raises(ForbiddenError):
        await do(digests.approve, **his)
    await do(officials.resume, **given)

    with pytest.raises(InvalidError, match="Say what"):
        await do(digests.give_back, comment=" ", **his)
    await do(digests.give_back, comment="Shorter, please", **his)
    assert (await see(digests.one, member_id=maya.actor.member_id, day=day)).comment
    again = await picked(author, day)
    await do(digests.approve, **{**his, "version": again})
    with pytest.raises(ConflictError):
        await do(digests.approve, **{**his, "version": again})

    assert len(await said_by(ctx, lincoln)) == 2
    async with ctx.read() as session:
        kinds = list(await session.scalars(select(RecordRow.kind).order_by(RecordRow.seq)))
    for kind in ("digest sent for approval", "digest returned", "digest approved"):
        assert kind in kinds


async def test_an_editor_picks_orders_and_writes(
    do, see, place, ada, publish, morning, author, approver
):
    """S-43: what is not picked is not published."""
    first, second, _third = [await publish(ada, text) for text in ("One", "Two", "Three")]
    day = await morning()
    me = {"member_id": author.actor.member_id, "day": day}
    with pytest.raises(InvalidError, match="at least one"):
        await do(digests.send, **me)
    items = {item.post_id: item.id for item in (await see(digests.one, **me)).items}
    picks = [
        Pick(items[first.id], True, 2, "Then this"),
        Pick(items[second.id], True, 1, "First this"),
        Pick(1, True, 0, "Nothing of this day"),
    ]
    with pytest.raises(InvalidError, match="300"):
        await do(digests.save, picks=[Pick(items[first.id], True, 1, "x" * 301)], **me)
    await do(digests.save, picks=picks, **me)
    await do(digests.send, **me)
    await do(digests.approve, version=2, **{**me, "member_id": approver.actor.member_id})

    found = await see(digest_reading.published, day=day)
    assert [(item.post_id, item.line) for item in found.items] == [
        (second.id, "First this"),
        (first.id, "Then this"),
    ]


async def test_what_is_taken_back_disappears(
    ctx, do, see, clock, place, ada, tom, let_feature, publish, morning, approved, lincoln
):
    """S-43: deleted, withdrawn, or its author allows it no longer: also from the article."""
    await let_feature(tom)
    gone = await publish(ada, "Deleted later")
    out = await publish(ada, "Withdrawn later")
    his = await publish(tom, "His")
    stays = await publish(ada, "This stays")
    day = await morning()
    await approved(day)
    found = await see(digest_reading.published, day=day)
    assert {item.post_id for item in found.items} == {gone.id, out.id, his.id, stays.id}

    await do(posts.delete, actor=ada.actor, post_id=gone.id)
    item = next(one for one in found.items if one.post_id == out.id)
    with pytest.raises(NotFoundError):
        await do(digests.withdraw, actor=tom.actor, item_id=item.id)
    assert await do(digests.withdraw, actor=ada.actor, item_id=item.id) == day
    await let_feature(tom, False)

    now = await see(digest_reading.published, day=day)
    assert [one.post_id for one in now.items] == [stays.id]
    await keep_digests(ctx, KeepDigests())
    article, _note = await said_by(ctx, lincoln)
    assert "This stays" in article.content
    for word in ("Deleted later", "Withdrawn later", "His"):
        assert word not in article.content
    assert article.edited_at is not None
    # Nothing of what was copied is left, so the article is not said anew each time.
    async with ctx.read() as session:
        assert list(await session.scalars(select(DigestItemRow.post_id))) == [stays.id]
    clock.advance(minutes=10)
    await keep_digests(ctx, KeepDigests())
    assert (await said_by(ctx, lincoln))[0].edited_at == article.edited_at


async def test_pictures_are_copies_with_their_descriptions(
    ctx, do, see, place, ada, publish, morning, approved, lincoln
):
    """S-43: stored, not embedded; what is not described stays out of it."""
    for alt in ("Two children plant beans in a wooden bed.", ""):
        made = await do(
            media.store,
            prepared=PICTURE,
            actor=ada.actor,
            file="a/a.png",
            preview_file="b/b.png",
            alt=alt,
        )
        await publish(ada, "A picture", media_ids=(made.id,))
    day = await morning()
    await approved(day)

    async with ctx.read() as session:
        rows = await session.scalars(select(MediaRow).where(MediaRow.account_id == lincoln.id))
        copies = [(row.alt, row.file, row.post_id) for row in rows]
    article, _note = await said_by(ctx, lincoln)
    assert copies == [("Two children plant beans in a wooden bed.", "a/a.png", article.id)]
    found = await see(digest_reading.published, day=day)
    assert sorted(bool(item.picture) for item in found.items) == [False, True]


async def test_the_pages_from_the_morning_to_the_archive(
    seated, place, ada, publish, morning, author, approver, maya, tom, lincoln, client
):
    """S-43, S-44: without scripts; strangers read what is out, and nothing before."""
    await publish(ada, "Our robot walks")
    day = await morning()
    path = f"/digest/{day:%Y/%m/%d}"
    desk = f"/digest/desk/{day}"
    editor, second, writer = await seated(maya), await seated(tom), await seated(ada)

    assert (await client.get(path)).status == 404
    assert (await writer.get(desk)).status == 404
    assert (await editor.get("/approvals")).root.find("a", href=desk)
    page = await editor.get(desk)
    none = await editor.submit(page, desk, {"do": "send"})
    assert none.status == 422
    assert "Pick at least one post" in none.root.text
    box = next(one for one in page.root.find("input", type="checkbox"))
    sent = await editor.follow(
        await editor.submit(page, desk, {"do": "send", box["name"]: "1"})
    )
    assert "It waits for a second person. @maya edited it." in sent.root.text
    assert not sent.root.find("form", action=f"{desk}/approve")

    review = await second.get(desk)
    assert "Our robot walks" in review.root.text
    done = await second.follow(await second.submit(review, f"{desk}/approve"))
    assert "It is published" in done.root.text

    shown = await writer.get(path)
    assert "Our robot walks" in shown.root.text
    assert (await writer.get("/digest")).root.find("a", href=path)
    (item,) = shown.root.find("article")
    taken = await writer.submit(shown, f"/digest/items/{item['id'][1:]}/withdraw")
    assert "Our robot walks" not in (await writer.follow(taken)).root.text
    for wrong in ("/digest/2026/13/45", "/digest/1999/01/01", "/digest/desk/2026-02-31"):
        assert (await editor.get(wrong)).status == 404
    assert (await editor.get("/digest?month=0000-00")).status == 200


async def test_the_archive_as_feeds_collection_and_year_book(
    client, do, place, ada, publish, morning, approved, lincoln, seated, maya
):
    """S-44: permanent addresses; each digest is an article that other servers can fetch."""
    await publish(ada, "Our robot walks")
    day = await morning()
    await approved(day)
    path = f"/digest/{day:%Y/%m/%d}"

    for kind in ("atom", "rss"):
        answer = await client.get(f"/digest.{kind}")
        told = await answer.text()
        assert answer.content_type == f"application/{kind}+xml"
        assert f"https://home.example{path}" in told
        assert "Our robot walks" in told
        assert "#WhatHappenedYesterday" not in told

    asked = {"Accept": "application/activity+json"}
    actor = await (await client.get("/users/lincoln", headers=asked)).json()
    (stream,) = actor["streams"]
    assert stream == "https://home.example/users/lincoln/collections/digests"
    answer = await client.get("/users/lincoln/collections/digests", headers=asked)
    found = await answer.json()
    assert (found["type"], found["totalItems"]) == ("OrderedCollection", 1)
    (uri,) = found["orderedItems"]
    article = await (
        await client.get(uri.removeprefix("https://home.example"), headers=asked)
    ).json()
    assert (article["type"], article["name"]) == ("Article", "What happened yesterday")

    browser = await seated(maya)
    book = await browser.get(f"/digest/{day:%Y}")
    assert "Our robot walks" in book.root.text
    assert book.root.find("a", href=path)
    listed = await browser.get("/digest")
    assert listed.root.find("a", href=f"/digest/{day:%Y}")
    assert (await browser.get("/digest/1999")).status == 404
    assert (await browser.get("/digest/0000")).status == 404


async def test_the_note_is_found_by_its_hashtag(
    client, place, ada, publish, morning, approved, lincoln
):
    """S-44: apps read the archive as posts with the tag."""
    await publish(ada, "Our robot walks")
    await approved(await morning())

    answer = await client.get(
        f"/api/v1/accounts/{lincoln.id}/statuses?tagged=whathappenedyesterday"
    )

    (status,) = await answer.json()
    assert "/digest/" in status["content"]


async def test_past_digests_are_searched_for_what_still_stands_in_them(
    client, place, ada, publish, morning, approved, do, lincoln
):
    """S-44: by who said it, what, and the editor's line; what is deleted is gone."""
    robot = await publish(ada, "Unser Röboter läuft")
    await publish(ada, "Beans grow in the yard")
    await approved(await morning())
    await publish(ada, "Not told yet: a robot contest")
    await morning()

    found = await (await client.get("/digest?q=robot")).text()
    assert "Unser Röboter" in found
    assert "Beans grow" not in found
    assert "contest" not in found
    assert "Beans grow" in await (await client.get("/digest?q=WELL+bean")).text()
    assert "No digest has these words" in await (await client.get("/digest?q=zebra")).text()
    await do(posts.delete, actor=ada.actor, post_id=robot.id)
    assert "No digest has these words" in await (await client.get("/digest?q=robot")).text()
    for odd in ("%25", "x" * 900, "a&page=99999999999999999999", "(%5B"):
        assert (await client.get(f"/digest?q={odd}")).status == 200


async def test_a_year_book_of_many_days_asks_no_more_than_one_of_one(
    client, ctx, place, ada, publish, morning, approved, lincoln, counted
):
    """S-44: as many queries for a year as for a day."""
    await publish(ada, "Day one")
    first = await morning()
    await approved(first)
    with counted() as alone:
        await client.get(f"/digest/{first:%Y}")
    days = [first]
    for text in ("Day two", "Day three"):
        await publish(ada, text)
        days.append(await morning())
        await approved(days[-1])
    same = [day for day in days if day.year == first.year]
    with counted() as together:
        book = await (await client.get(f"/digest/{first:%Y}")).text()

    assert book.count("Day ") >= len(same)
    assert len(together) <= len(alone)


async def test_the_newest_note_is_pinned_until_somebody_takes_it_down(
    client, ctx, do, place, ada, publish, morning, approved, lincoln, author
):
    """S-44: the teaser stands at the top of the account's page, for apps, too."""

    async def pinned():
        path = f"/api/v1/accounts/{lincoln.id}/statuses?pinned=true"
        return [one["id"] for one in await (await client.get(path)).json()]

    notes = []
    for text in ("Day one", "Day two"):
        await publish(ada, text)
        await approved(await morning())
        notes.append(str((await said_by(ctx, lincoln))[-1].id))
        assert await pinned() == notes[-1:]

    async def take_down(session):
        await session.execute(update(PostRow).values(pinned_at=None))

    await ctx.write(take_down)
    await publish(ada, "Day three")
    await approved(await morning())
    assert await pinned() == []
