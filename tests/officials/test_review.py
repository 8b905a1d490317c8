"""The yearly self-review: figures that equal a count by hand, and nobody's name (S-49)."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update

from fedi_k12.domain.delegates import DelegateRole
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import SweepStore
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.picture_check import Focus, PictureCheck
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.domain.review import Figures
from fedi_k12.domain.submissions import Level
from fedi_k12.services import (
    acting,
    approving,
    break_glass,
    desk,
    desk_views,
    hidden_answers,
    media,
    officials,
    posts,
    review,
    site,
)
from fedi_k12.services.pictures import Encoded, Prepared
from fedi_k12.services.site import SiteChanges
from fedi_k12.services.upkeep import sweep_store
from storage.tables import (
    DigestRow,
    DraftRow,
    MediaRow,
    MemberRow,
    PostRow,
    SubmissionRow,
    TokenRow,
    YearReviewRow,
)

SMALL = Encoded(b"small", "png", 2, 1)
PICTURE = Prepared("image", Encoded(b"full", "png", 4, 3), SMALL, "LEHV6n")
LOOKED = PictureCheck(Focus.NOBODY, by=1)
QUIET = {"visibility": Visibility.DIRECT}
PAGE = "/about/accountability"
NAMES = ("maya", "tom", "zoe", "gus", "pat", "ren", "nora", "principal", "lincoln")


@pytest.fixture
async def february(ctx, clock, submit, author, approver):
    """It is the first of February; what happened in January and before is there already."""
    await submit(author, "Long ago")
    now = ctx.clock()
    begin = datetime(now.year + 1, 2, 1, 12, tzinfo=UTC)
    clock.advance(seconds=(begin - now).total_seconds())
    return begin.year


@pytest.fixture
def store(ctx):
    """Return a function that runs something in a transaction, past the services."""

    async def run(*statements, rows=()):
        async def change(session):
            session.add_all(rows)
            for one in statements:
                await session.execute(one)

        await ctx.write(change)

    return run


@pytest.fixture
async def year(
    ctx, do, see, store, clock, publish, arrive, submit, decide, demand, february, lincoln,
    author, approver, maya, tom, make_member, make_remote, delegate_to, account_keys,
):  # fmt: skip
    """A year of which the figures are known: see `test_the_figures_of_a_year…`."""
    await do(
        officials.make, actor=None, username="hall", display_name="Town Hall", keys=account_keys
    )
    zoe, gus, pat = [await make_member(name) for name in ("zoe", "gus", "pat")]
    responder = {"actor": None, "account_id": lincoln.id, "role": DelegateRole.RESPONDER}
    await do(officials.delegate, person_id=zoe.account.id, **responder)
    for one in (gus, pat):
        await delegate_to(lincoln, one)
    await do(officials.end, actor=None, account_id=lincoln.id, person_id=pat.account.id)
    await store(
        update(MemberRow).where(MemberRow.id == gus.actor.member_id).values(
            disabled_at=ctx.clock()
        ),
        update(TokenRow).where(TokenRow.member_id == pat.actor.member_id).values(
            revoked_at=None
        ),
    )  # fmt: skip
    # Four texts: approved, given back, taken back, waiting.
    sent = [await submit(author, text) for text in ("One", "Two", "Three", "Four")]
    await decide(approving.approve, approver, sent[0])
    await decide(approving.return_it, approver, sent[1], comment="Shorter, please.")
    await decide(approving.withdraw, author, sent[2])
    # Two emergencies, one of them read afterwards; and one post that is deleted.
    ann = await manager_named(ctx, "principal_ann", lincoln)
    opened = [
        await do(break_glass.publish, actor=ann, draft=Draft(text), reason="Now")
        for text in ("The bus is late", "The bus came")
    ]
    await do(break_glass.review, member_id=approver.actor.member_id, opened_id=opened[0])
    await demand(Level.NONE)
    gone = await publish(author, "A concert")
    await do(posts.delete, actor=author.actor, post_id=gone.id)
    # Three pictures that everybody sees, one of them without words; one in a letter.
    for alt, more in (("A", {}), ("B", {}), ("C", {}), ("D", QUIET)):
        made = await do(
            media.store, prepared=PICTURE, actor=author.actor, file=f"{alt}.png",
            preview_file=f"{alt}s.png", alt=f"{alt}: children plant beans in a wooden bed.",
        )  # fmt: skip
        await publish(author, "Beans", media_ids=(made.id,), checked=LOOKED, **more)
    await store(update(MediaRow).where(MediaRow.file == "C.png").values(alt="  "))
    # Five questions: answered after 10 minutes, 3 hours, 30 hours; one closed, one waits.
    ren = await make_remote("ren")
    named = {"mentioned_account_ids": (lincoln.id,), "visibility": "direct"}
    for name, wait in (("a", 10), ("b", 180), ("c", 1800)):
        asked = await arrive(ren, name, **named)
        clock.advance(minutes=wait)
        reply = {"in_reply_to_id": asked, **QUIET}
        await publish(author, "@ren@remote.example Yes", **reply)
    for name in ("d", "e"):
        await arrive(ren, name, **named)
    waiting, _ = await see(desk_views.page, actor=author.actor)
    await do(desk.close, actor=author.actor, case_id=waiting[-1].id, reason="none")
    # Two answers hidden as spam; one as advertising, and shown again after an appeal. They are
    # a sixth question, which waits.
    notice = await publish(author, "School begins at eight")
    nora = await make_member("nora")
    for text, code in (("Buy", "spam"), ("Buy!", "spam"), ("Shop", "commercial")):
        answer = await publish(nora, text, in_reply_to_id=notice.id)
        case = await do(hidden_answers.hide, actor=approver.actor, post_id=answer.id, code=code)
    await do(hidden_answers.appeal, actor=nora.actor, case_id=case, text="It is no shop.")
    judge = await make_member("judge", role=Role.MODERATOR)
    await do(hidden_answers.decide_appeal, actor=judge.actor, case_id=case, overturn=True)
    told = {"state": "out", "edited_by": 1, "approved_by": 2, "gathered_at": ctx.clock()}
    day = f"{february}-02-01"
    out = ctx.clock()
    await store(
        rows=[DigestRow(id=new_id(), account_id=lincoln.id, day=day, published_at=out, **told)]
    )
    return february


async def manager_named(ctx, name, account):
    async with ctx.read() as session:
        member = await session.scalar(
            select(MemberRow).where(MemberRow.email.like(f"{name}@%"))
        )
        return await acting.actor_of(session, member, account.id)


async def test_the_figures_of_a_year_equal_a_count_by_hand(ctx, see, year, client):
    """S-49: each another number, nothing of the year before, and nobody's name."""
    found = await see(review.public, year=None, now=ctx.clock())

    assert found.figures == Figures(
        accounts=2, charters=1, delegates=5, accepted=4, holding=2,
        pictures=3, described=2,
        asked=6, answered=3, quickly=2, closed=1, waiting=2,
        sent=4, approved=1, returned=1, withdrawn=1,
        emergencies=2, reviewed=1, deleted=1, digests=1,
    )  # fmt: skip
    assert (found.year, found.complete, found.median_minutes) == (year, False, 180)
    assert [(one.number, one.acts, one.appealed, one.overturned) for one in found.grounds] == [
        (4, 2, 0, 0),
        (5, 1, 1, 1),
    ]
    page = await (await client.get(PAGE)).text()
    told = await (await client.get(f"{PAGE}.json")).json()
    assert "2 of 3 (66 %)" in page
    assert "3 hours" in page
    assert told["figures"]["described"] == 2
    main = page[page.index("<main") : page.index("</main>")].lower()
    for name in NAMES:
        assert name not in main
        assert name not in json.dumps(told).lower()


async def test_the_full_report_is_for_administrators(
    ctx, see, seated, year, make_member, client
):
    """S-49: it tells the accounts apart and names who has yet to do something."""
    boss = await make_member("boss", role=Role.ADMIN)
    mona = await make_member("mona", role=Role.MODERATOR)
    page = await (await seated(boss)).get("/moderation/accountability")

    assert (await (await seated(mona)).get("/moderation/accountability")).status == 403
    assert page.status == 200
    for said in ("@zoe", "@gus", "@pat", "There is none", "4 sent, 1 let out"):
        assert said in page.text
    found = await see(review.report, actor=boss.actor, year=None, now=ctx.clock())
    hall, school = found.accounts
    assert (hall.review_by, hall.figures) == (None, Figures(accounts=1))
    assert (school.unread, school.holders) == (("zoe",), ("gus", "pat"))
    for wrong in ("1999", "x"):
        assert (await client.get(f"{PAGE}?year={wrong}")).status == 404


async def test_a_year_that_is_over_becomes_a_draft_once_and_never_a_post(
    ctx, do, see, clock, year, seated, author, maya, lincoln, client
):
    """S-49: its figures stay as they were; the article waits among the account's drafts."""
    await do(site.save_site, actor=None, changes=SiteChanges(digest_account="lincoln"))

    async def kept(table):
        async with ctx.read() as session:
            return await session.scalar(select(func.count()).select_from(table))

    async def sweep():
        await sweep_store(ctx, SweepStore())
        return [await kept(one) for one in (YearReviewRow, DraftRow, PostRow, SubmissionRow)]

    before = [await kept(one) for one in (PostRow, SubmissionRow)]
    assert await sweep() == [1, 1, *before]  # The year in which the school came.
    clock.advance(days=366)
    assert await sweep() == [2, 2, *before]
    assert await sweep() == [2, 2, *before]

    drafts = await (await seated(maya, lincoln)).get("/drafts")
    assert f"How we spoke in {year}" in drafts.text
    async with ctx.read() as session:
        words = (
            await session.scalars(select(DraftRow.words).order_by(DraftRow.id.desc()))
        ).first()
    assert "2 of 3 pictures had a description" in words["text"]
    assert "half of them within 3 hours" in words["text"]
    assert "Rule 5 (advertising): 1 time; 1 appealed, 1 taken back." in words["text"]
    assert not [name for name in NAMES if name in words["text"].lower()]
    told = await (await client.get(f"{PAGE}.json?year={year}")).json()
    assert told["complete"] is True
    # The guide, charters and people were counted when it was over; the posts stay counted.
    assert told["figures"]["described"] == 2
    assert (await see(review.public, year=None, now=ctx.clock())).figures.sent == 0
    with pytest.raises(NotFoundError):
        await see(review.public, year=year - 5, now=ctx.clock())


async def test_a_review_costs_the_same_for_one_account_and_for_many(
    ctx, do, see, lincoln, account_keys, counted
):
    """S-49: the number of statements does not grow with what is counted."""
    given = {"year": None, "now": ctx.clock()}
    with counted() as one:
        await see(review.public, **given)
    for number in range(5):
        more = {"username": f"school{number}", "display_name": f"School {number}"}
        await do(officials.make, actor=None, keys=account_keys, **more)
    with counted() as many:
        await see(review.public, **given)

    assert len(many) == len(one)
