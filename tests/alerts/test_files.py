"""Alerts are read by everybody, also while the store does not answer (R-54, R-55)."""

import re
from xml.etree import ElementTree

import pytest
from msgspec.structs import force_setattr
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from fedi_k12.domain.jobs import RenderAlerts
from fedi_k12.worker import run_until_idle
from tests.webui.conftest import at_maya, seated, visitor
from webui import alert_files, alert_rendering

__all__ = ["at_maya", "seated", "visitor"]

ATOM = "{http://www.w3.org/2005/Atom}"
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d"
"""3.2.1: no Z, and no fractions."""
ALERT = (
    ("identifier", 1, 1, r"[^\s,&<]+"),
    ("sender", 1, 1, r"[^\s,&<]+"),
    ("sent", 1, 1, TIME),
    ("status", 1, 1, "Actual|Exercise|System|Test|Draft"),
    ("msgType", 1, 1, "Alert|Update|Cancel|Ack|Error"),
    ("source", 0, 1, ".*"),
    ("scope", 1, 1, "Public|Restricted|Private"),
    ("restriction", 0, 1, ".*"),
    ("addresses", 0, 1, ".*"),
    ("code", 0, 99, ".*"),
    ("note", 0, 1, ".*"),
    ("references", 0, 1, rf"[^\s,&<]+,[^\s,&<]+,{TIME}"),
    ("incidents", 0, 1, ".*"),
    ("info", 0, 99, None),
)
"""The elements of the schema of CAP 1.2, in its order: least, most, and what is in them."""
INFO = (
    ("language", 0, 1, r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"),
    (
        "category", 1, 99,
        "Geo|Met|Safety|Security|Rescue|Fire|Health|Env|Transport|Infra|CBRNE|Other",
    ),
    ("event", 1, 1, ".+"),
    (
        "responseType", 0, 99,
        "Shelter|Evacuate|Prepare|Execute|Avoid|Monitor|Assess|AllClear|None",
    ),
    ("urgency", 1, 1, "Immediate|Expected|Future|Past|Unknown"),
    ("severity", 1, 1, "Extreme|Severe|Moderate|Minor|Unknown"),
    ("certainty", 1, 1, "Observed|Likely|Possible|Unlikely|Unknown"),
    ("audience", 0, 1, ".*"),
    ("eventCode", 0, 99, None),
    ("effective", 0, 1, TIME),
    ("onset", 0, 1, TIME),
    ("expires", 0, 1, TIME),
    ("senderName", 0, 1, ".*"),
    ("headline", 0, 1, ".*"),
    ("description", 0, 1, "(?s).*"),
    ("instruction", 0, 1, "(?s).*"),
    ("web", 0, 1, r"\S+"),
    ("contact", 0, 1, ".*"),
    ("parameter", 0, 99, None),
    ("resource", 0, 99, None),
    ("area", 0, 99, None),
)  # fmt: skip


def faults_of(element, schema):
    """Return what the schema of CAP 1.2 says against the children of an element."""
    order = [name for name, _least, _most, _form in schema]
    names = [child.tag.removeprefix(CAP) for child in element]
    faults = [f"{name} is unknown" for name in names if name not in order]
    if names != sorted(names, key=lambda name: order.index(name) if name in order else 0):
        faults.append(f"out of order: {names}")
    for name, least, most, form in schema:
        found = element.findall(f"{CAP}{name}")
        if not least <= len(found) <= most:
            faults.append(f"{name}: {len(found)}")
        faults += [
            f"{name}: {one.text!r}"
            for one in found
            if form is not None and not re.fullmatch(form, one.text or "")
        ]
    return faults


async def parsed(client, path):
    """Return the XML of an answer of ours."""
    answer = await client.get(path)
    return ElementTree.fromstring(await answer.text())  # noqa: S314 - our own


@pytest.fixture
def rendered(ctx, sound):
    """Return a function that raises an alert and writes the files: its id."""

    async def run(*args, **parts):
        number = await sound(*args, **parts)
        await alert_rendering.write(ctx)
        return number

    return run


@pytest.fixture
def without_store(ctx):
    """Return a function that takes the store away from the server."""

    def cut():
        engine = create_async_engine("sqlite+aiosqlite:////nowhere/at/all.db")
        gone = async_sessionmaker(engine)
        for name in ("read", "slow_read"):
            force_setattr(ctx, name, gone)

    return cut


async def test_without_an_alert_the_page_says_so(visitor):
    page = await visitor.get("/alerts")

    assert page.status == 200
    assert "No alert holds now." in page.main.text
    assert (await visitor.get("/alerts/1.cap")).status == 404


async def test_everybody_reads_an_alert_in_all_languages(visitor, rendered):
    """R-54."""
    await rendered()

    page = await visitor.get("/alerts", **{"Accept-Language": "es"})

    assert "Alertas" in page.title
    assert "Lockdown: Lincoln Elementary" in page.main.text
    assert "Cierre de emergencia: Lincoln Elementary" in page.main.text


async def test_without_the_store_alerts_are_read_and_the_rest_waits(
    client, rendered, without_store
):
    """R-54: 200 for the alerts, 503 for the rest, as a page and as JSON."""
    number = await rendered()
    without_store()

    for path in ("/alerts", "/alerts.atom", "/alerts.cap", f"/alerts/{number}.cap"):
        answer = await client.get(path)
        assert answer.status == 200, path
        assert "Lincoln Elementary" in await answer.text()
    assert "--accent-h" in await (await client.get("/alerts.css")).text()
    assert 'href="/alerts.css"' in await (await client.get("/alerts")).text()
    for path in ("/", "/about", "/@maya", "/api/v2/instance", "/api/v1/timelines/public"):
        answer = await client.get(path, headers={"Accept": "text/html"})
        assert answer.status == 503, path
        assert answer.headers["Retry-After"] == "60"
    page = await (await client.get("/", headers={"Accept": "text/html"})).text()
    assert 'href="/alerts"' in page
    assert (await client.get("/api/v2/instance")).content_type == "application/json"


async def test_answers_may_be_kept_a_moment_and_asked_for_again(client, rendered):
    await rendered()

    answer = await client.get("/alerts.atom")
    again = await client.get("/alerts.atom", headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.headers["Cache-Control"] == "public, max-age=15, stale-if-error=86400"
    assert "Set-Cookie" not in answer.headers
    assert again.status == 304


@pytest.mark.parametrize("drill", [False, True])
async def test_cap_follows_its_schema(client, rendered, drill):
    """R-54, R-55: CAP 1.2; a drill is an `Exercise`, an update names what it follows."""
    first = await rendered("secure", drill=drill)
    second = await rendered("all clear", follows_id=first)

    documents = [await parsed(client, f"/alerts/{number}.cap") for number in (first, second)]

    for document in documents:
        assert document.tag == f"{CAP}alert"
        assert faults_of(document, ALERT) == []
        infos = document.findall(f"{CAP}info")
        assert [one.findtext(f"{CAP}language") for one in infos] == ["en", "es"]
        for info in infos:
            assert faults_of(info, INFO) == []
            assert info.findtext(f"{CAP}area/{CAP}areaDesc") == "Lincoln Elementary"
            assert ("DRILL" in info.findtext(f"{CAP}description")) is drill
        status = document.findtext(f"{CAP}status")
        assert status == ("Exercise" if drill else "Actual")
    before, after = documents
    assert after.findtext(f"{CAP}msgType") == "Update"
    assert before.findtext(f"{CAP}identifier") in after.findtext(f"{CAP}references")


async def test_the_index_leads_to_each_document(client, rendered):
    number = await rendered()

    index = await parsed(client, "/alerts.cap")

    links = [
        one.get("href")
        for one in index.iterfind(f"{ATOM}entry/{ATOM}link")
        if one.get("type") == "application/cap+xml"
    ]
    assert [link.endswith(f"/alerts/{number}.cap") for link in links] == [True]


async def test_the_newest_file_counts_whoever_wrote_it(ctx, rendered, clock):
    """R-54: several processes write into one folder; an older state never comes back."""
    folder = ctx.settings.data_dir
    await alert_rendering.write(ctx)
    older = alert_files.newest(folder)
    await rendered()
    newer = alert_files.newest(folder)

    # As another process would that read before the alert and is slow to write.
    clock.advance(seconds=5)
    alert_files.keep(folder / "alerts", f"{0:012d}-{9_999_999_999_999:015d}.json", older)

    assert len(newer.current) == 1
    assert alert_files.newest(folder) == newer


async def test_a_file_that_is_broken_is_passed_over(ctx, rendered):
    await rendered()
    folder = ctx.settings.data_dir
    (folder / "alerts" / "999999999999-0.json").write_bytes(b"{")

    assert len(alert_files.newest(folder).current) == 1


async def test_every_page_says_what_holds_until_it_is_over(
    visitor, at_maya, rendered, clock, ctx
):
    """R-54: one `alert` for screen readers, in words, for members and visitors."""
    await rendered(minutes=30)

    for browser, path in ((visitor, "/about"), (at_maya, "/home"), (visitor, "/nothing/here")):
        page = await browser.get(path)
        found = [one for one in page.root.all() if one.attributes.get("role") == "alert"]
        assert len(found) == 1, path
        assert "Lockdown: Lincoln Elementary" in found[0].text
    clock.advance(minutes=31)
    assert "Lockdown" not in (await visitor.get("/about")).text
    await run_until_idle(ctx)
    assert "No alert holds now." in (await visitor.get("/alerts")).main.text


async def test_the_files_are_written_by_the_worker_too(ctx, sound):
    await sound()
    assert alert_files.lasting(ctx.settings.data_dir, ctx.clock()) == ()

    await alert_rendering.render_alerts(ctx, RenderAlerts())

    assert len(alert_files.lasting(ctx.settings.data_dir, ctx.clock())) == 1
