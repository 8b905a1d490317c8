"""What happened in the town: posts of every kind, groups, events, and what members keep."""

from datetime import timedelta

import pyotp

from fedi_k12.cli import demo_pictures
from fedi_k12.domain.approvals import Choices
from fedi_k12.domain.charters import read_hours
from fedi_k12.domain.collections import CollectionDraft
from fedi_k12.domain.delegates import DelegateRole
from fedi_k12.domain.events import EventDraft, Place
from fedi_k12.domain.groups import Act, GroupDraft
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.portability import parse
from fedi_k12.domain.posts import PollDraft, Visibility
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.domain.submissions import Level
from fedi_k12.services import (
    apps,
    attendance,
    charters,
    classrooms,
    collections,
    emoji_reactions,
    emojis,
    endorsements,
    events,
    families,
    featuring,
    filters,
    follows,
    group_moderation,
    groups,
    links,
    lists,
    moves,
    officials,
    portability,
    posts,
    profiles,
    reactions,
    scheduled,
    second_factor,
    views,
)
from fedi_k12.services.filters import FilterChanges, KeywordChange
from fedi_k12.web.uploads import take_in_emoji, take_in_picture
from storage import families as family_rows
from tests.browser import town_listening, town_officials, town_records
from tests.browser.town import Town
from tests.browser.town_desk import desk
from tests.charters import charter_draft

RIVERSIDE = "riverside.example"
BY = "https://creativecommons.org/licenses/by/4.0/"


async def fill(town: Town) -> None:
    """Let something of everything happen."""
    await _people(town)
    await _posts(town)
    await _thread(town)
    await _elsewhere(town)
    await _own_things(town)
    await _group(town)
    await _event(town)
    await _official(town)
    await desk(town)
    await town_officials.fill(town)
    await town.stranger("linco1n_elementary", RIVERSIDE, display_name="Lincoln Elementary")
    await town_records.fill(town)


async def _official(town: Town) -> None:
    """Let people act for a school: one speaks for it, one could, one is paused, one was."""
    school = await town.do(
        officials.make,
        actor=None,
        username="lincoln_elementary",
        display_name="Lincoln Elementary School",
        keys=town.keys,
    )
    await _classroom(town)
    now = town.ctx.clock()
    for goal in (
        "Families know what happens.",
        "Families know what happens at school, and why.",
    ):
        draft = charter_draft(
            now,
            goal=goal,
            hours=read_hours("mon-thu 08:00-16:00, fri 08:00-12:30"),
            time_zone="America/Chicago",
            languages=("en", "es"),
            records_class="Communications, general",
            approval=Level.INDIVIDUALS,
        )
        await town.do(charters.adopt, actor=None, account_id=school.id, draft=draft)
    roles = {"sal": "manager", "vera": "manager", "pia": "author", "gus": "responder"}
    for name, role in roles.items():
        await town.member(name)
        await town.do(
            officials.delegate,
            actor=None,
            account_id=school.id,
            person_id=town.people[name].account.id,
            role=DelegateRole(role),
            probationary=name == "pia",
        )
    await town.accept_guide("sal", school.id)
    given = {"actor": None, "account_id": school.id}
    await town.do(
        officials.pause,
        person_id=town.people["pia"].account.id,
        reason="Please talk with Vera first.",
        **given,
    )
    await town.do(officials.end, person_id=town.people["gus"].account.id, **given)
    await town_listening.ask(town, school)
    town.voices["sal"] = school.id
    town.places["official"] = str(school.id)


async def _classroom(town: Town) -> None:
    """Let two families ask for the letters of a class: one was let in, one waits."""
    room = await town.do(
        officials.make,
        actor=None,
        username="room12_2027",
        display_name="Room 12",
        keys=town.keys,
        classroom=True,
    )
    town.places["classroom"] = str(room.id)
    for name in ("ana", "bo"):
        email = f"{name}@family.example"
        await town.do(families.ask, account_id=room.id, email=email, locale="en")
        async with town.ctx.read() as session:
            row = await family_rows.of_address(session, room.id, email)
        link = await town.do(families.issue, mail_id=row.id)
        await town.do(families.confirm, token=link.token)
        if name == "ana":
            given = {"account_id": room.id, "mail_id": row.id}
            await town.do(classrooms.decide, actor=None, let_in=True, **given)


async def _people(town: Town) -> None:
    await town.member("olga", "Olga Petrova", role=Role.OWNER)
    await town.member("mona", "Mona Haddad", role=Role.MODERATOR)
    await town.member("maya", "Maya Okafor")
    await town.member("tom", "Tom Lindqvist-Featherstonehaugh")
    await town.member("schools", "Home District Schools", kind="Organization")
    for name in ("nia", "tess", "wes", "eve", "ines"):
        await town.member(name)
    note = "Grade 4. I teach fractions with bread, and lately with bicycle gears. #math"
    fields = (("Teaches", "Grade 4, all subjects"), ("Page", "https://example.org/" + "a" * 60))
    for name in ("maya", "tom", "ines"):
        await town.do(
            profiles.update_profile,
            actor=town.people[name].actor,
            changes=ProfileChanges(note=note, fields=fields, discoverable=True, indexable=True),
        )
    for name, target in (("tom", "maya"), ("maya", "tom"), ("tom", "ines"), ("eve", "tom")):
        await town.do(
            follows.follow,
            actor=town.people[name].actor,
            target_id=town.people[target].account.id,
        )
    await town.do(featuring.feature_tag, actor=town.people["maya"].actor, name="clay")
    for name in ("tom", "ines"):
        if name == "ines":
            await town.do(
                follows.follow,
                actor=town.people["maya"].actor,
                target_id=town.people[name].account.id,
            )
        await town.do(
            endorsements.endorse,
            actor=town.people["maya"].actor,
            target_id=town.people[name].account.id,
        )


async def _picture(town: Town, who: str, name: str, alt: str) -> int:
    made = await take_in_picture(
        town.ctx, demo_pictures.draw(name), actor=town.people[who].actor, alt=alt
    )
    return made.id


async def _posts(town: Town) -> None:
    """Posts of every kind, by members."""
    one = await _picture(town, "maya", "fractions", "Strips of paper, folded into fourths.")
    pair = (
        await _picture(town, "maya", "garden", "A plan of three garden beds."),
        await _picture(town, "maya", "rain", ""),
    )
    await town.publish("maya", "Paper strips beat every app. #clay", media_ids=(one,))
    await town.publish("maya", "The garden, and its rain", media_ids=pair, license_url=BY)
    await town.publish("schools", "Route 7 goes by Alder Avenue today.")
    await town.publish("maya", "Only for us", local_only=True)
    await town.publish("tom", "@maya For those who follow me", visibility=Visibility.FOLLOWERS)
    await town.publish("maya", "@tom Not sealed, but quiet", visibility=Visibility.DIRECT)
    article = await town.publish(
        "maya",
        "## Why\n\nBecause *halves* come first.\n\n- bread\n- song\n\n> They argued.\n\n"
        "| a | b |\n|---|---|\n| one half | 0.5 |\n\n```\n1/2 + 1/4 = 3/4\n```\n",
        title="A year of halves",
        summary="What thirty weeks of paper taught us",
        content_type="text/markdown",
    )
    poll = await town.publish(
        "maya",
        "What first?",
        poll=PollDraft(options=("Shapes", "Sharing, and everything else"), expires_in=3600),
    )
    post = await town.publish("maya", "Clay & <b>paper</b> #clay", summary="A note")
    other = await town.publish(
        "maya", "Ask me before you quote this", choices=Choices(quote="ask")
    )
    quote = await town.publish("tom", "So true", quote_of_id=post)
    await town.publish("tom", "May I?", quote_of_id=other)
    spanish = await town.publish("ines", "Mañana", language="es")
    town.places |= {
        "post": str(post),
        "poll": str(poll),
        "article": str(article),
        "quote": str(quote),
        "spanish": str(spanish),
    }


async def _thread(town: Town) -> None:
    """Answers to answers, an edit, and what people do with posts."""
    tom, maya = town.people["tom"].actor, town.people["maya"].actor
    post = int(town.places["post"])
    long = "Donaudampfschifffahrtsgesellschaftskapitän" * 3
    reply = await town.publish("tom", f"@maya Yes. {long}", in_reply_to_id=post)
    deep = await town.publish("maya", "@tom No.", in_reply_to_id=reply)
    await town.publish("tom", "@maya Well.", in_reply_to_id=deep, summary="A note")
    own = await town.publish("tom", "@maya Mine. https://example.org/" + "b" * 90)
    draft = posts.Draft("@maya Mine, and better. #clay", visibility=Visibility.PUBLIC)
    await town.do(posts.edit, actor=tom, post_id=own, draft=draft)
    await town.do(reactions.pin, actor=tom, post_id=own)
    await town.do(reactions.pin, actor=maya, post_id=post)
    await town.do(reactions.bookmark, actor=tom, post_id=post)
    await town.do(reactions.favourite, actor=maya, post_id=own)
    await town.do(reactions.favourite, actor=tom, post_id=post)
    await town.do(reactions.boost, actor=tom, post_id=post)
    await town.do(reactions.boost, actor=town.people["eve"].actor, post_id=own)
    await town.do(emoji_reactions.react, actor=maya, post_id=own, emoji="👏")
    await town.do(emoji_reactions.react, actor=tom, post_id=post, emoji="🎉")
    link = await town.do(
        links.add,
        actor=tom,
        url="https://clay.example/kiln/how-to-fire-a-kiln",
        title="How to fire a kiln with thirty children in the room",
        note="For the open house. Ask Maya about the glaze.",
        tags=("clay", "open-house"),
    )
    town.places |= {"own": str(own), "link": str(link)}


async def _elsewhere(town: Town) -> None:
    """An account of another server, whom Tom follows, and what it wrote."""
    ren = await town.stranger("ren", RIVERSIDE, note="<p>Elsewhere, by the river.</p>")
    await town.do(follows.follow, actor=town.people["tom"].actor, target_id=ren.id)
    await town.do(
        follows.accepted_by_remote,
        target=ren,
        follower=town.people["tom"].account,
        follow_uri=None,
    )
    note = await town.arrive(ren, "1", "<p>Look at the <em>river</em> today.</p>")
    await town.arrive(
        ren,
        "2",
        "<p>First, <strong>water</strong>.</p><h2>Then mud</h2><p>And a long word.</p>",
        kind="Article",
        title="A river, read aloud",
        summary="On mud",
    )
    uri = (await town.see(views.post_view, note, viewer=None)).uri
    await town.arrive(ren, "3", "<p>And again.</p>", in_reply_to_uri=uri)
    mentioned = (town.people["tom"].account.id,)
    await town.arrive(ren, "4", "<p>@tom hello</p>", mentioned_account_ids=mentioned)
    kim = await town.stranger("kim", RIVERSIDE)
    await town.do(
        follows.request_follow,
        follower=kim,
        target=town.people["tom"].account,
        uri=f"{kim.uri}/follows/1",
    )
    town.places |= {"elsewhere": str(note)}


async def _own_things(town: Town) -> None:
    """What Tom keeps for himself: lists, filters, collections, files, apps, a second step."""
    tom, maya = town.people["tom"].actor, town.people["maya"].account
    listed = await town.do(lists.create, actor=tom, title="Potters and other patient people")
    await town.do(lists.add, actor=tom, list_id=listed.id, account_ids=[maya.id])
    made = await town.do(
        filters.create,
        actor=tom,
        changes=FilterChanges(
            "Exam week", ("home",), "warn", 3600, (KeywordChange("exam", True),)
        ),
    )
    await town.do(
        filters.add_post, actor=tom, filter_id=made.id, post_id=int(town.places["spanish"])
    )
    draft = CollectionDraft("Grade 5 science, all of it", "They try things", "science")
    collection = await town.do(
        collections.create,
        actor=tom,
        draft=draft,
        account_ids=[tom.account_id, maya.id],
    )
    when = town.ctx.clock() + timedelta(days=2)
    await town.do(scheduled.schedule, actor=tom, draft=posts.Draft("For Monday"), due_at=when)
    kim = await town.stranger("tom", "old.example")
    await town.do(moves.add_alias, actor=tom, target_id=kim.id)
    lines = b"maya@" + town.ctx.addresses.handle_domain.encode() + b"\nnobody at all\n"
    parsed = parse(lines, kind="following", own_hosts=town.ctx.settings.own_hosts)
    brought = await town.do(
        portability.take_in, actor=tom, parsed=parsed, overwrite=False, file_name="follows.csv"
    )
    app = await town.do(
        apps.register_app,
        name="An app",
        redirect_uris=["https://app.example/", "urn:ietf:wg:oauth:2.0:oob"],
        scopes="read write",
    )
    town.places |= {
        "list": str(listed.id),
        "maya": str(maya.id),
        "filter": str(made.id),
        "collection": str(collection),
        "import": str(brought),
        "app": app.client_id,
    }
    await _second_step(town)
    await _kept_away(town)
    file = await take_in_emoji(town.ctx, demo_pictures.draw("rain"))
    await town.do(emojis.add, actor=None, shortcode="rain", file=file)


async def _kept_away(town: Town) -> None:
    tom = town.people["tom"].actor
    for name, how, more in (
        ("bo", follows.mute, {"duration": 86_400}),
        ("cy", follows.mute, {}),
        ("di", follows.block, {}),
    ):
        one = await town.stranger(name, "far.example", display_name=f"{name.title()} Far")
        await town.do(how, actor=tom, target_id=one.id, **more)
    await town.do(follows.block_domain, actor=tom, domain="noisy.example")


async def _second_step(town: Town) -> None:
    tess = town.people["tess"].actor.member_id
    await town.do(second_factor.begin_totp, member_id=tess)
    secret, _address = await town.see(
        second_factor.totp_address, member_id=tess, account="tess", issuer="Town"
    )
    code = pyotp.TOTP(secret).at(int(town.ctx.clock().timestamp()))
    await town.do(second_factor.confirm_totp, member_id=tess, code=code, keep_session=0)


async def _group(town: Town) -> None:
    """A group that Tom looks after: with posts, one who asks, one kept out."""
    tom, maya = town.people["tom"], town.people["maya"]
    group = await town.do(
        groups.create,
        actor=tom.actor,
        username="fractions",
        draft=GroupDraft(
            "Fractions, K–5", "One idea a week, tried in a room.", "Be kind\nNo names", True
        ),
        needed=Role.MEMBER,
        keys=town.keys,
    )
    for name in ("maya", "ines"):
        await town.do(follows.follow, actor=town.people[name].actor, target_id=group)
    await town.do(
        groups.let_in,
        actor=tom.actor,
        group_id=group,
        account_id=maya.account.id,
    )
    texts = (("When did a drawing get in the way?", "This week’s question"), ("Arrows.", ""))
    for act, (text, title) in zip((Act.PIN, Act.LOCK), texts, strict=True):
        number = await town.publish("tom", text, title=title, group_id=group)
        uri = (await town.see(views.post_view, number, viewer=tom.actor)).uri
        await town.do(
            group_moderation.rule,
            actor=tom.actor,
            group_id=group,
            ruling=group_moderation.Ruling(act, uri, "Enough said"),
        )
    ban = group_moderation.Ruling(Act.BAN, town.people["eve"].account.uri, "Spam")
    await town.do(group_moderation.rule, actor=tom.actor, group_id=group, ruling=ban)
    town.places |= {"group": str(group)}


async def _event(town: Town) -> None:
    """An event of Tom's with guests; one more that says where one registers."""
    starts = town.ctx.clock() + timedelta(days=3)
    event = await town.do(
        events.create,
        actor=town.people["tom"].actor,
        event=EventDraft(
            "Maths night",
            starts,
            starts + timedelta(hours=2),
            "America/Chicago",
            capacity=1,
            place=Place("Gym", "12 Elm Street", "Salem"),
        ),
        draft=posts.Draft("Bring scissors", visibility=Visibility.PUBLIC),
    )
    for name in ("maya", "ines"):
        await town.do(
            attendance.join,
            actor=town.people[name].actor,
            post_id=event,
            message="With my class",
        )
    town.places |= {"event": str(event)}
