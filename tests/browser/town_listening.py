"""What people ask the town's school, and what its staff show."""

import contextlib
from datetime import timedelta

from msgspec.structs import replace

from fedi_k12.domain.consultations import ConsultationDraft, Outcome
from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.discussions import DiscussionDraft
from fedi_k12.domain.errors import SavedForApprovalError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import (
    consultations,
    desk,
    desk_views,
    discussions,
    filters,
    owned_tags,
    posts,
    restrictions,
    site,
)
from fedi_k12.services.filters import FilterChanges, KeywordChange
from fedi_k12.services.site import SiteChanges
from storage.tables import AccountRow
from tests.browser.town import Town

_SHOP = ("Cheap shoes for the gym at my shop!", "Shoes again, for less!")


async def ask(town: Town, school: AccountRow) -> None:
    """Let people ask the school something: one waits, one is assigned, one was answered."""
    sal = Actor(
        school.id,
        town.people["sal"].actor.member_id,
        delegation=Delegation(DelegateRole.MANAGER),
    )
    numbers = {}
    for name, words in {
        "question": "Until when is the library open on Friday? My daughter reads there.",
        "assigned": "Who do I ask about the bus?",
        "answered": "Is there school on Monday?",
    }.items():
        draft = Draft(f"@{school.username} {words}", visibility=Visibility.DIRECT)
        numbers[name] = await town.do(
            posts.publish, actor=town.people["maya"].actor, draft=draft
        )
    found, _ = await town.see(desk_views.page, actor=sal)
    by_post = {case.last.id: case.id for case in found if case.last is not None}
    town.places |= {name: str(by_post[number]) for name, number in numbers.items()}
    await town.do(
        desk.assign,
        actor=sal,
        case_id=by_post[numbers["assigned"]],
        member_id=sal.member_id,
    )
    reply = Draft(
        "@maya There is.", visibility=Visibility.DIRECT, in_reply_to_id=numbers["answered"]
    )
    with contextlib.suppress(SavedForApprovalError):
        await town.do(posts.publish, actor=sal, draft=reply)
    closed = {"actor": sal, "case_id": by_post[numbers["answered"]]}
    await town.do(desk.close, reason="elsewhere", remark="Told at the gate", **closed)
    changes = SiteChanges(district_tag="HillsideSchools")
    await town.do(site.save_site, actor=None, changes=changes)
    await _own_tag(town)
    await _consult(town, sal)
    await _restrict(town, sal)


async def _own_tag(town: Town) -> None:
    """Let a hashtag be the district's: Tom looks after it and took something off."""
    name = "HillsideSchools"
    await town.do(
        owned_tags.own,
        actor=None,
        name=name,
        description="What we do in our schools, and how. Come in and look.",
        stewards=["tom", "maya"],
        keys=town.keys,
        addresses=town.ctx.addresses,
    )
    bridge = await town.publish("gus", f"Our class built a bridge of paper. #{name}")
    town.places["bridge"] = str(bridge)
    shop = await town.publish("gus", f"I sell my old bicycle. #{name}")
    tom = town.people["tom"].actor
    await town.do(owned_tags.take_off, actor=tom, name=name, post_id=shop, code="commercial")


async def _consult(town: Town, sal: Actor) -> None:
    """Let the school ask people: one question is open, one is answered."""
    at_once = replace(sal, delegation=Delegation(DelegateRole.MANAGER, emergency=True))
    for name, title in (("consultation", "When school begins"), ("decided", "Lunch")):
        asked = ConsultationDraft(
            title,
            "Should it be half an hour later?",
            background="## What we know\n\nBuses come **earlier** in winter.",
            options=("Yes", "No", "I do not mind"),
        )
        number = await town.do(consultations.ask, actor=at_once, asked=asked)
        town.places[name] = str(number)
    await town.do(
        consultations.close,
        actor=at_once,
        consultation_id=number,
        outcome=Outcome("Most families want it later.", "It begins later from August on."),
    )
    starts_at = town.ctx.clock() + timedelta(days=1)
    plan = DiscussionDraft(
        "Homework",
        ("What is homework for?", "Who helps at home?"),
        starts_at,
        starts_at + timedelta(hours=1),
        minutes=10,
        intro="For staff *and* families.",
    )
    number = await town.do(discussions.announce, actor=at_once, plan=plan)
    town.places["discussion"] = str(number)


async def _restrict(town: Town, sal: Actor) -> None:
    """Let two people look at Tom's answers first: one is in the queue, and he appeals."""
    at_once = replace(sal, delegation=Delegation(DelegateRole.MANAGER, emergency=True))
    vera, tom = town.people["vera"].actor, town.people["tom"].actor
    notice = await town.do(
        posts.publish, actor=at_once, draft=Draft("The gym is open to everybody on Sunday.")
    )
    shop, again = (Draft(words, in_reply_to_id=notice) for words in _SHOP)
    answer = await town.do(posts.publish, actor=tom, draft=shop)
    case = await town.do(
        restrictions.ask, actor=sal, post_id=answer, code="commercial", words="Once is enough."
    )
    await town.do(
        restrictions.approve,
        actor=replace(sal, member_id=vera.member_id),
        restriction_id=case,
    )
    await town.do(posts.publish, actor=tom, draft=again)
    await town.do(restrictions.appeal, actor=tom, restriction_id=case, text="It is no shop.")
    town.places |= {"restriction": str(case)}
    words = (KeywordChange("raffle"),)
    asked = FilterChanges(title="Sales", contexts=("thread",), action="warn", keywords=words)
    await town.do(filters.create, actor=sal, changes=asked)
    raffle = Draft("Buy a ticket for the raffle of the choir!", in_reply_to_id=notice)
    for name in ("gus", "vera"):
        await town.do(posts.publish, actor=town.people[name].actor, draft=raffle)
