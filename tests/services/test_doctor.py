"""The examination of a server: what is in order, and what is told where it is not."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from msgspec.structs import replace
from sqlalchemy import text

from fedi_k12.domain.jobs import SweepStore
from fedi_k12.opening import open_blobs
from fedi_k12.services import doctor, doctor_outside
from fedi_k12.services.doctor_outside import Seen, lasting, through_proxy
from storage import hosts, jobs
from tests.databases import sqlite_url
from tests.mailbox import NAME, SECRET, mail_server


@pytest.fixture
def examined(ctx):
    """Return a function that examines the server: what is not in order, by name."""

    async def run(**changes):
        settings = replace(ctx.settings, **changes)
        found = await doctor.examine(settings, open_blobs(settings), now=ctx.clock())
        assert all(one.advice for one in found if one.level == "fail")
        return {one.name: one.level for one in found if one.level != "ok"}

    return run


async def test_a_server_in_order_has_nothing_to_mend(ctx, maya, examined):
    found = await examined()

    assert "fail" not in found.values()
    assert not await ctx.blobs.keys(older_than=float("inf"))
    assert not list(ctx.settings.data_dir.glob(".doctor*"))


async def test_what_is_wrong_within_is_found(ctx, maya, examined, tmp_path, clock):
    (tmp_path / "file").write_text("")
    nowhere = {"data_dir": tmp_path / "file" / "data"}

    assert (await examined(**nowhere))["data folder"] == "fail"
    assert (await examined(media_url=str(tmp_path / "file")))["media"] == "fail"
    other = await examined(domain="localhost:1", handle_domain="localhost:1")
    assert (other["settings"], other["names"]) == ("note", "fail")
    none = sqlite_url(tmp_path / "none")
    assert (await examined(database_url=none))["database"] == "note"
    assert not (tmp_path / "none").exists()
    gone = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
    assert (await examined(database_url=gone))["database"] == "fail"


async def test_a_queue_that_nobody_works_on_and_a_wrong_clock_are_found(
    ctx, maya, examined, clock
):
    for name in "abc":
        await ctx.write(hosts.heard_from, f"{name}.example", now=ctx.clock(), clock_skew=-4000)
    await ctx.write(jobs.enqueue, SweepStore(), now=ctx.clock() - timedelta(hours=1))

    found = await examined()

    assert (found["clock"], found["queue"]) == ("fail", "fail")


@pytest.mark.parametrize(("at", "level"), [("0001", "note"), ("9999", "fail")])
async def test_a_store_of_another_release_is_told(ctx, examined, at, level):
    async def other(session) -> None:
        await session.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": at})

    async def back(session) -> None:
        await session.execute(
            text("UPDATE alembic_version SET version_num = :at"), {"at": doctor.migrate.HEAD}
        )

    await ctx.write(other)
    found = await examined()
    await ctx.write(back)

    assert found["database"] == level


@pytest.mark.parametrize(
    ("own_host", "forwarded", "trusted", "inside", "level", "word"),
    [
        (True, True, True, True, "ok", "arrive"),
        (True, False, False, False, "ok", "arrive"),
        (False, True, True, True, "fail", "Host as it is"),
        (True, True, False, True, "fail", "FEDI_K12_TRUSTED_PROXIES"),
        (True, False, True, True, "fail", "X-Forwarded-For"),
        (True, False, False, True, "note", "X-Forwarded-For"),
    ],
)
def test_a_proxy_is_judged_by_what_arrives(own_host, forwarded, trusted, inside, level, word):
    found = through_proxy(Seen("x.example", own_host, forwarded, trusted, inside))

    assert found.level == level
    assert word in found.found + found.advice


@pytest.mark.parametrize(("days", "level"), [(60, "ok"), (20, "note"), (6, "fail")])
def test_a_certificate_that_ends_soon_is_told(days, level):
    assert lasting(timedelta(days=days), datetime(2026, 1, 1, tzinfo=UTC)).level == level


async def test_a_certificate_is_looked_at(settings, tmp_path):
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("home.example").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    there = replace(settings, resolve={"home.example": f"127.0.0.1:{port}"})

    good = await doctor_outside.certificate(replace(there, ca_file=tmp_path / "ca.pem"))
    strange = await doctor_outside.certificate(there)
    server.close()
    await server.wait_closed()
    nobody = await doctor_outside.certificate(there)

    assert (good.level, strange.level, nobody.level) == ("ok", "fail", "fail")


async def test_a_server_that_does_not_answer_is_told(settings):
    there = replace(settings, resolve={"home.example": "127.0.0.1:1"})

    found = await doctor_outside.look_from_outside(there)

    assert {one.name: one.level for one in found} == {
        "dns": "ok",
        "tls": "fail",
        "reachable": "fail",
    }
    nameless = replace(there, domain="nowhere.invalid", handle_domain="nowhere.invalid")
    assert [one.level for one in await doctor_outside.look_from_outside(nameless)] == ["fail"]


async def test_how_a_request_came_here_is_told_to_whoever_asks(client):
    seen = await (await client.get("/healthz?seen")).json()

    assert seen == {
        "host": "home.example",
        "own_host": True,
        "forwarded": False,
        "trusted": False,
        "inside": True,
    }
    assert await (await client.get("/healthz")).text() == "ok\n"


async def test_the_mail_server_is_greeted(settings, tmp_path):
    async with mail_server(tmp_path) as box:
        there = replace(settings, smtp_url=box.url, ca_file=box.authority)
        assert (await doctor_outside.mail(there)).level == "ok"
        assert (box.signed_in, box.letters) == ([f"\0{NAME}\0{SECRET}"], [])
    off = await doctor_outside.mail(settings)
    gone = await doctor_outside.mail(replace(settings, smtp_url="smtp://127.0.0.1:1"))

    assert (off.level, gone.level) == ("ok", "fail")
