"""What waits at the moderators' desk of the town, and what was decided there."""

from datetime import timedelta

from fedi_k12.domain.mailings import Kind
from fedi_k12.domain.take_downs import Asked
from fedi_k12.services import (
    alert_templates,
    alerts,
    announcements,
    confirmation,
    departures,
    entry,
    families,
    first_contact,
    follows,
    mailings,
    moderation,
    officials,
    relays,
    reports,
    sanctions,
    signup,
    site,
    take_downs,
)
from fedi_k12.services.alerts import AlertDraft
from fedi_k12.services.site import SiteChanges
from storage import deliveries, hosts
from storage import families as family_rows
from storage import mailings as mailing_rows
from storage.tables import MemberRow
from tests.browser.town import Town
from webui import alert_rendering

LOUD, SPAM, NEW = "loud.example", "spam.example", "new.example"
LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 2


async def desk(town: Town) -> None:
    """Fill the desk."""
    await _site(town)
    await _servers(town)
    await _reports(town)
    await _people(town)
    await _entry(town)
    await _alerts(town)
    await town.do(
        departures.note,
        actor=town.people["olga"].actor,
        account_id=town.people["vera"].account.id,
        last_day=town.ctx.clock().date() + timedelta(days=75),
    )
    await _take_downs(town)


async def _site(town: Town) -> None:
    olga = town.people["olga"].actor
    await town.do(
        site.save_site,
        actor=olga,
        changes=SiteChanges(
            title="Home District",
            short_description="Where colleagues of Home District talk.",
            description="Three schools, one river, many questions.",
            rules=("Be kind.", "No names of students, and no pictures of them."),
            accent_hue=345,
            accent_chroma=0.09,
        ),
    )
    await town.do(
        announcements.announce,
        actor=olga,
        text="The server rests on Sunday from 7 to 8.",
        ends_at=town.ctx.clock() + timedelta(days=5),
    )
    town.places["confirm"] = await _link_to_confirm(town)
    town.places["mailing"] = await _letters(town)
    town.places["invite"] = await town.do(
        signup.create_invite, actor=olga, note="For the spring"
    )


async def _link_to_confirm(town: Town) -> str:
    actor = town.people["olga"].actor
    await town.do(confirmation.change, actor=actor, email="olga@elsewhere.example")
    link = await town.do(confirmation.issue, member_id=actor.member_id)
    return link.token


async def _letters(town: Town) -> str:
    """Olga gets letters each day; return the key that ends them."""
    actor = town.people["olga"].actor
    await town.do(mailings.choose, actor=actor, kind=Kind.NOTICES, every="daily")
    async with town.ctx.read() as session:
        rows = await mailing_rows.of_member(session, actor.member_id or 0)
    return rows["notices"].key


async def _families(town: Town, school: int) -> None:
    """One address that gets the school's letters, and one that was asked."""
    for name in ("ana", "ben"):
        email = f"{name}@family.example"
        await town.do(families.ask, account_id=school, email=email, locale="en")
        async with town.ctx.read() as session:
            row = await family_rows.of_address(session, school, email)
        assert row is not None
        link = await town.do(families.issue, mail_id=row.id)
        town.places["family_yes"] = link.token
        if name == "ana":
            town.places["family_stop"] = row.key
            await town.do(families.confirm, token=link.token)


async def _alerts(town: Town) -> None:
    """A text that is agreed on, one that waits, and a drill that nobody reviewed yet."""
    olga, mona = town.people["olga"], town.people["mona"]
    school = await town.do(
        officials.make,
        actor=None,
        username="riverbend",
        display_name="Riverbend Schools",
        keys=town.keys,
    )
    await _families(town, school.id)
    for member in (olga, mona):
        await town.do(alert_templates.allow, actor=olga.actor, person_id=member.account.id)
    texts = {
        "en": "Stay where you are. Doors are locked. Do not come to the school.",
        "es": "Quédese donde está. Las puertas están cerradas. No venga a la escuela.",
        "vi": "Hãy ở yên tại chỗ. Các cửa đã khóa.",
    }
    made = [
        await town.do(
            alert_templates.write, actor=mona.actor, level=level, name=name, texts=texts
        )
        for level, name in (("lockdown", "Somebody is in the building"), ("hold", LONG[:80]))
    ]
    await town.do(alert_templates.approve, actor=olga.actor, template_id=made[0])
    number = await town.do(
        alerts.raise_alert,
        actor=mona.actor,
        draft=AlertDraft(made[0], school.id, "Riverbend High School", 60, {}, drill=True),
    )
    await town.do(alerts.end, actor=mona.actor, alert_id=number)
    await alert_rendering.write(town.ctx)
    town.places["alert"] = str(number)


async def _servers(town: Town) -> None:
    """A loud server with a delivery that waits, one shut out that cost follows, a new one."""
    olga, tom = town.people["olga"].actor, town.people["tom"]
    ria = await town.stranger("ria", SPAM)
    await town.do(
        follows.request_follow, follower=ria, target=tom.account, uri=f"http://{SPAM}/1"
    )
    await town.do(follows.accept, actor=tom.actor, follower_id=ria.id)
    await town.do(hosts.heard_from, LOUD)
    await town.do(
        deliveries.add,
        [
            deliveries.Owed(
                uri=f"{town.url}/1",
                account_id=tom.account.id,
                body=b"{}",
                object_key="x",
                priority=3,
                inboxes=[(f"http://{LOUD}/inbox", LOUD)],
            )
        ],
    )
    await town.do(
        moderation.set_host_policy,
        actor=olga,
        domain=SPAM,
        severity="suspend",
        ground="spam",
        private_comment=f"Spam {LONG}",
        public_comment="Spam",
    )
    await town.do(first_contact.states, ["new.example"], usual="hold")
    await town.do(
        first_contact.hold,
        host=NEW,
        actor_uri=f"http://{NEW}/users/eve",
        kind="Create",
        summary=f"Buy now {LONG}",
        body=b"{}",
    )
    await town.do(relays.add, actor=olga, address="https://relay.example/inbox", mode="open")


async def _reports(town: Town) -> None:
    """An open report that is looked at, one that is closed."""
    maya, mona = town.people["maya"].actor, town.people["mona"].actor
    lou = await town.stranger("lou", LOUD, display_name=f"Lou {LONG}")
    post = await town.arrive(lou, "1", f"<p>LOUD {LONG}</p>", summary="Loud", sensitive=True)
    report = await town.do(
        reports.file,
        actor=maya,
        target_id=lou.id,
        post_ids=[post],
        comment=f"Too loud {LONG}",
        forward=True,
    )
    await town.do(reports.assign, actor=mona, report_id=report.id)
    await town.do(reports.note, actor=mona, report_id=report.id, text="Asked their server.")
    about = town.people["eve"].account.id
    other = await town.do(reports.file, actor=maya, target_id=about, comment="Solved since")
    await town.do(reports.resolve, actor=mona, report_id=other.id)
    await town.do(reports.file, actor=maya, target_id=about, category="spam")
    town.places |= {"report": str(report.id), "lou": str(lou.id)}


async def _people(town: Town) -> None:
    """Somebody who waits to be let in, and somebody about whom much was decided."""
    olga, wes, eve = (town.people[name] for name in ("olga", "wes", "eve"))

    async def wait(session) -> None:
        row = await session.get(MemberRow, wes.actor.member_id)
        row.approved_at, row.sign_up_reason = None, f"I teach {LONG}"

    await town.ctx.write(wait)
    for kind in ("silence", "sensitive"):
        await town.do(
            sanctions.act, actor=olga.actor, account_id=eve.account.id, kind=kind, text=LONG
        )
    await town.do(
        sanctions.note, actor=olga.actor, account_id=eve.account.id, text=f"Spoke {LONG}"
    )
    town.places |= {"eve": str(eve.account.id), "wes": str(wes.account.id)}


async def _entry(town: Town) -> None:
    olga = town.people["olga"].actor
    await town.do(entry.block_email_domain, actor=olga, domain=f"{'a' * 60}.example")
    network = await town.do(
        entry.block_network,
        actor=olga,
        network="2001:db8:1234:5678:9abc:def0:1234:5678",
        severity="no_access",
        comment=LONG,
    )
    town.places["network"] = str(network.id)


async def _take_downs(town: Town) -> None:
    """Let families ask: one post is hidden and waits, one is taken down, one was not found."""
    mona = town.people["mona"].actor
    for name, words in (("waits", "The child on the left."), ("done", ""), ("vague", "")):
        post = await town.publish("gus", "Our class at the zoo, in the rain.")
        number, key = await town.do(
            take_downs.ask,
            asked=Asked(
                f"{town.ctx.settings.base_url}/@gus/{post}" if name != "vague" else "The zoo",
                "parent",
                words,
                "ana@family.example",
            ),
            own_hosts=town.ctx.settings.own_hosts,
        )
        if name != "vague":
            await town.do(take_downs.hide, actor=mona, number=number)
        if name == "done":
            given = {"actor": mona, "number": number, "words": "Thank you for telling us."}
            await town.do(take_downs.remove, **given)
        town.places |= {f"down_{name}": str(number), f"down_{name}_key": key}
