"""Lists of groups, of staff and of the place: as many queries for one thing as for many."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fedi_k12.domain.groups import Act, GroupDraft
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Role
from fedi_k12.services import (
    announcements,
    emojis,
    entry,
    follows,
    groups,
    moderation,
    officials,
    owned_tags,
    reports,
)
from fedi_k12.services.group_moderation import Ruling, rule
from fedi_k12.services.site import SiteChanges, save_site
from storage.tables import (
    ConsultationRow,
    PastArchiveRow,
    PastPictureRow,
    PastPostRow,
    PostRow,
    ReportRow,
    RestrictionRow,
)
from tests.api.every_list import AT_MOST, MANY, PLACES
from tests.api.filling import Doing, measured

pytestmark = pytest.mark.timeout(240)
"""Making many of everything takes a while on a busy machine."""
RULES = AT_MOST["/api/v1/instance/rules"]
"""As many as a place has."""
PINS = AT_MOST["/api/fedi/v1/groups/{id}/pinned"]
"""As many as a group keeps at its top."""


@pytest.fixture
async def vera(make_member):
    """An admin, whose app may do what admins do."""
    scopes = "read write admin:read admin:write"
    return await make_member("vera", role=Role.ADMIN, scopes=scopes)


def consultation(account_id, post_id, now):
    """Return that an account asks people by a post, for a week."""
    return ConsultationRow(
        id=new_id(), account_id=account_id, post_id=post_id, title="Bells", background="",
        starts_at=now, ends_at=now + timedelta(days=7),
    )  # fmt: skip


async def say_before(session, account_id, number, now):
    """Let an account have said one more thing on X, with a picture."""
    whose = {"account_id": account_id, "source": "x"}
    archive = PastArchiveRow(
        id=new_id(), **whose, sha256=f"{number:064}", state="done", total=1, created_at=now
    )
    session.add(archive)
    await session.flush()
    words = {"text": f"Hello {number}", "words": f" hello {number}"}
    post = PastPostRow(
        id=new_id(), **whose, archive_id=archive.id, key=str(number), at=now, **words
    )
    session.add(post)
    await session.flush()
    files = {"file": f"past{number}.png", "preview_file": f"small{number}.png"}
    sizes = {"width": 4, "height": 3, "preview_width": 4, "preview_height": 3}
    session.add(PastPictureRow(id=new_id(), post_id=post.id, position=0, **files, **sizes))


def restriction(account_id, person, now):
    """Return that somebody's answers to the school are to wait."""
    return RestrictionRow(
        id=new_id(),
        account_id=account_id,
        person_id=person.account.id,
        handle=person.account.acct,
        post_id=1,
        post_uri="https://home.example/1",
        rule_code="spam",
        rule_number=4,
        rule="spam or repetition",
        days=7,
        asked_by=1,
        asked_at=now,
    )


def of_the_school(account_id, post_id, person, now):
    """Return a question of the school, and somebody whose answers are to wait."""
    asked = consultation(account_id, post_id, now)
    return asked, restriction(account_id, person, now)


@pytest.fixture
def fill_places(ctx, make_member, make_remote, account_keys, vera):
    """Return a function that makes one more of what groups, staff and the place have."""
    names, kept = {}, {}

    async def begin(session):
        do = Doing(ctx, session)
        for name, wishes in (("group", {}), ("asked", {"approval": True})):
            draft = GroupDraft(name.title(), "", "", **wishes)
            more = {"username": name, "needed": Role.MEMBER, "keys": account_keys}
            names[name] = await do(vera, groups.create, draft=draft, **more)
        more = {"username": "school", "display_name": "School", "keys": account_keys}
        kept["school"] = (await do(vera, officials.make, **more)).id
        names["school"] = kept["school"]

    async def round_of(session, number, kim, bea, far):
        do, group = Doing(ctx, session), names["group"]
        more = {"username": f"g{number}", "needed": Role.MEMBER, "keys": account_keys}
        await do(kim, groups.create, draft=GroupDraft(f"G{number}"), **more)
        for one in ("group", "asked"):
            await do(kim, follows.follow, target_id=names[one])
        post = await do.write(kim, f"Hello {number}", group_id=group)
        uri = await session.scalar(select(PostRow.uri).where(PostRow.id == post))
        if number < PINS:
            await do(vera, rule, group_id=group, ruling=Ruling(Act.PIN, uri))
        await do(vera, rule, group_id=group, ruling=Ruling(Act.LOCK, uri))
        await do(vera, rule, group_id=group, ruling=Ruling(Act.BAN, bea.account.uri))
        if number + 1 < AT_MOST["/api/fedi/v1/groups/{id}"]:
            await do(vera, rule, group_id=group, ruling=Ruling(Act.APPOINT, kim.account.uri))
        reported = [await do.write(bea, f"Nonsense {number}")]
        await do(kim, reports.file, target_id=bea.account.id, post_ids=reported)
        kept.setdefault("posts", []).append(await do.write(far, "Much nonsense"))
        for severity in ("limit", "allow"):
            await do(
                vera,
                moderation.set_host_policy,
                domain=f"{severity}{number}.example",
                severity=severity,
                ground="spam",
            )
        await do(vera, entry.block_email_domain, domain=f"mail{number}.example")
        await do(
            vera,
            entry.block_network,
            network=f"198.51.100.{number}",
            severity="no_access",
        )
        await do(vera, emojis.add, shortcode=f"e{number}", file=f"{number}.png")
        told = await do(vera, announcements.announce, text=f"News {number} @kim0 #news")
        await do(kim, announcements.react, announcement_id=told, name="👍")
        await say_before(session, kept["school"], number, ctx.clock())
        session.add_all(of_the_school(kept["school"], post, kim, ctx.clock()))
        await do(vera, owned_tags.own, name=f"ours{number}", keys=account_keys)
        await do(
            vera,
            save_site,
            changes=SiteChanges(
                rules=tuple(f"Rule {one}" for one in range(min(number + 1, RULES)))
            ),
        )

    async def report(session, far, kim):
        do = Doing(ctx, session)
        await do(kim, reports.file, target_id=far.account.id, post_ids=kept["posts"])
        newest = select(ReportRow.id).order_by(ReportRow.id.desc()).limit(1)
        names["report"] = await session.scalar(newest)

    async def run(number):
        if not number:
            await ctx.write(begin)
            kept["far"] = await make_member("far")
        kim, bea = await make_member(f"kim{number}"), await make_member(f"bea{number}")
        await make_remote("kim", f"peer{number}.example")
        await ctx.write(round_of, number, kim, bea, kept["far"])
        if number in {0, MANY - 1}:
            await ctx.write(report, kept["far"], kim)
        return names

    return run


async def test_lists_of_staff_and_groups_cost_the_same_for_one_and_for_many(
    fill_places, queries, vera
):
    assert await measured(PLACES, fill_places, queries, {"vera": vera}) == ({}, {})
