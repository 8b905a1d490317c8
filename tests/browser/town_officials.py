"""What the town's official account is to say, and waits for a second person."""

import contextlib
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.digests import Pick
from fedi_k12.domain.errors import SavedForApprovalError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.offices import Label
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.domain.submissions import Level
from fedi_k12.services import (
    break_glass,
    charters,
    digest_writing,
    digests,
    feeds,
    hidden_answers,
    offices,
    officials,
    posts,
    profiles,
    site,
)
from storage import deliveries
from storage.tables import AccountRow, DeletionRow, DigestRow, FeedItemRow, FeedRow, SentRow
from tests.browser.town import Town
from tests.charters import charter_draft


async def fill(town: Town) -> None:
    """Make an official account that Maya writes for and Tom reads."""
    school = await town.do(
        officials.make,
        actor=None,
        username="hillside",
        display_name="Hillside Elementary",
        keys=town.keys,
    )
    draft = charter_draft(town.ctx.clock(), approval=Level.ALL)
    await town.do(charters.adopt, actor=None, account_id=school.id, draft=draft)
    for name in ("maya", "tom"):
        await town.do(
            officials.delegate,
            actor=None,
            account_id=school.id,
            person_id=town.people[name].account.id,
            role=DelegateRole.MANAGER,
        )
        await town.accept_guide(name, school.id)
    await town.do(
        offices.give,
        actor=None,
        account_id=town.people["maya"].account.id,
        title="Superintendent",
        label=Label.COLUMN,
    )
    maya = Actor(
        school.id,
        town.people["maya"].actor.member_id,
        delegation=Delegation(DelegateRole.MANAGER),
    )
    draft = Draft(
        "Jenny Miller and her class show what they built. Thursday at six in Room 12."
    )
    with contextlib.suppress(SavedForApprovalError):
        await town.do(posts.publish, actor=maya, draft=Draft("The library is open again."))
    opened = await town.do(
        break_glass.publish,
        actor=maya,
        draft=Draft("The bus on route 4 is late: there was an accident. Nobody is hurt."),
        reason="Parents are calling the office.",
    )
    town.places |= {"opened": str(opened)}
    await _digests(town, school)
    await _feed(town, school.id)
    await _hidden(town, school.id)
    deleted = await _deleted(town, school.id)
    town.places |= {"deleted": str(deleted)}
    try:
        await town.do(posts.publish, actor=maya, draft=draft)
    except SavedForApprovalError as saved:
        town.places |= {"waiting": str(saved.submission_id)}
    try:
        await town.do(
            profiles.update_profile,
            actor=maya,
            changes=ProfileChanges(
                note="News of our school, every morning.",
                fields=(("Office", "Oak Street 4"), ("Web", "https://lincoln.example")),
                locked=True,
            ),
        )
    except SavedForApprovalError as saved:
        town.places |= {"waiting_profile": str(saved.submission_id)}


async def _feed(town: Town, account_id: int) -> None:
    """Have the school post from a feed that cannot be read, with entries of every state."""
    maya = Actor(
        account_id,
        town.people["maya"].actor.member_id,
        delegation=Delegation(DelegateRole.MANAGER),
    )
    now = town.ctx.clock()
    url = "https://news.example/a/rather/long/address/of/the/news/of/our/school.xml"
    feed_id = await town.do(feeds.add, actor=maya, account_id=account_id, url=url)

    async def fill(session: AsyncSession) -> None:
        row = await session.get(FeedRow, feed_id)
        row.read_at, row.failing_since = now, now
        row.next_at, row.trouble = now + timedelta(days=9), "It answered with 500."
        for number, state in enumerate(("waiting", "sent", "posted", "left")):
            session.add(
                FeedItemRow(
                    id=new_id(),
                    feed_id=feed_id,
                    key=str(number),
                    title=f"Lunch menu of week {number}",
                    link="https://news.example/lunch",
                    state=state,
                    why="More came at once than is posted." if state == "left" else "",
                    seen_at=now,
                )
            )

    await town.ctx.write(fill)


async def _hidden(town: Town, account_id: int) -> None:
    """Have an answer of Tom's hidden, about which he appeals, and one that stands."""
    at_once = Actor(
        account_id,
        town.people["maya"].actor.member_id,
        delegation=Delegation(DelegateRole.MANAGER, emergency=True),
    )
    tom, maya = town.people["tom"].actor, town.people["maya"].actor
    notice = await town.do(
        posts.publish, actor=at_once, draft=Draft("The bus at noon leaves from the gym.")
    )
    answer, stands = [
        await town.do(posts.publish, actor=one, draft=Draft(text, in_reply_to_id=notice))
        for one, text in ((tom, "Cheap bus tickets at my shop!"), (maya, "Thank you"))
    ]
    case = await town.do(
        hidden_answers.hide,
        actor=at_once,
        post_id=answer,
        code="commercial",
        words="Without the shop it would have been fine.",
    )
    await town.do(hidden_answers.appeal, actor=tom, case_id=case, text="It is no shop.")
    town.places |= {"hidden_case": str(case), "public_answer": str(stands)}


async def _deleted(town: Town, account_id: int) -> int:
    """Have the school delete a post that three servers got: one confirmed, one is tried."""
    at_once = Actor(
        account_id,
        town.people["maya"].actor.member_id,
        delegation=Delegation(DelegateRole.MANAGER, emergency=True),
    )
    number: int = await town.do(
        posts.publish, actor=at_once, draft=Draft("The spring concert is on Tuesday.")
    )
    await town.do(posts.delete, actor=at_once, post_id=number)

    async def asked(session: AsyncSession) -> None:
        row = await session.get_one(DeletionRow, number)
        row.asked_at = town.ctx.clock()
        owed = deliveries.Owed(
            uri=f"{row.uri}#delete",
            account_id=account_id,
            body=b"{}",
            object_key=row.uri,
            priority=5,
            inboxes=[("https://slow.example/inbox", "slow.example")],
            remembered=True,
        )
        await deliveries.add(session, [owed], now=town.ctx.clock() + timedelta(days=1))
        session.add(
            SentRow(
                activity_id=new_id(),
                object_key=row.uri,
                hosts=["families.example", "gone.example"],
                refused={"gone.example": 410},
                created_at=town.ctx.clock(),
            )
        )

    await town.ctx.write(asked)
    return number


async def _digests(town: Town, school: AccountRow) -> None:
    """Have three days gathered: one to be edited, one that waits for Tom, one that is out."""
    changes = site.SiteChanges(digest_account=school.username)
    await town.do(site.save_site, actor=None, changes=changes)
    writer = await town.member("digby", "Digby Marsh")
    maya, tom = (town.people[name].actor.member_id or 0 for name in ("maya", "tom"))

    async def found(session: AsyncSession) -> None:
        account = await session.get_one(AccountRow, writer.account.id)
        account.discoverable = True

    await town.ctx.write(found)
    for text in ("Our robot walks on its own now.", "Frogs in the school pond!"):
        await town.do(posts.publish, actor=writer.actor, draft=Draft(text))
    for back, name in enumerate(("digest_desk", "digest_waits", "digest"), 1):
        day = await _gathered(town, back)
        town.places |= {name: f"/digest/desk/{day}"}
        if name == "digest_desk":
            continue
        mine = {"member_id": maya, "day": day}
        view = await town.see(digests.one, **mine)
        picks = [Pick(item.id, True, item.position, "Well done!") for item in view.items]
        await town.do(digests.save, picks=picks, **mine)
        await town.do(digests.send, **mine)
        if name == "digest":
            await town.do(digests.approve, member_id=tom, day=day, version=2)
            town.places |= {name: f"/digest/{day:%Y/%m/%d}", "digest_year": f"/digest/{day:%Y}"}


async def _gathered(town: Town, back: int) -> date:
    """Have today gathered as if it were tomorrow, and put that so many days back."""
    at = town.ctx.clock().replace(hour=7) + timedelta(days=1)
    today = at.date() - timedelta(days=1)
    day = today - timedelta(days=back)
    await town.ctx.write(digest_writing.gather, now=at)

    async def move(session: AsyncSession) -> None:
        row = await session.scalar(select(DigestRow).where(DigestRow.day == str(today)))
        if row is not None:
            row.day = str(day)

    await town.ctx.write(move)
    return day
