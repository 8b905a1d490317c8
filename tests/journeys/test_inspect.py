"""An operator asks why a handle does not work, on the command line, over TLS."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.live import Districts
from tests.remote import ACTIVITY, Actor

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def districts(tmp_path: Path) -> Iterator[Districts]:
    found = Districts(tmp_path)
    yield found
    found.lincoln.stop()
    found.riverside.stop()


def test_inspect_says_what_is_in_order_and_what_is_not(districts):
    districts.riverside.start()
    districts.riverside.member("priya")

    alone = districts.lincoln.run("inspect", "@priya@riverside.test")
    assert alone.returncode == 1
    assert "FAIL  signature" in alone.stdout
    assert "Is this server running" in alone.stdout

    districts.lincoln.start()
    fine = districts.lincoln.run("inspect", "@priya@riverside.test")

    assert fine.returncode == 0, fine.stdout + fine.stderr
    assert "@priya@riverside.test is in order." in fine.stdout
    as_json = json.loads(
        districts.lincoln.run("inspect", "@priya@riverside.test", "--json").stdout
    )
    assert all(step["ok"] for step in as_json["steps"])

    nobody = districts.lincoln.run("inspect", "@nobody@riverside.test")
    assert nobody.returncode == 1
    assert "FAIL  webfinger" in nobody.stdout

    districts.riverside.stop()
    wrong = districts.authority.issue_cert("another.test")
    wrong.cert_chain_pems[0].write_to_path(districts.riverside.environment["FEDI_K12_TLS_CERT"])
    wrong.private_key_pem.write_to_path(districts.riverside.environment["FEDI_K12_TLS_KEY"])
    districts.riverside.start()
    broken = districts.lincoln.run("inspect", "@priya@riverside.test")
    assert broken.returncode == 1
    assert "FAIL  certificate" in broken.stdout
    assert "another name" in broken.stdout


@asynccontextmanager
async def harbor(districts: Districts, subject: str, document: Any) -> AsyncIterator[None]:
    """Serve an actor at harbor.test, over TLS."""

    async def finger(_request: web.Request) -> web.Response:
        link = {"rel": "self", "type": ACTIVITY, "href": document["id"]}
        return web.json_response({"subject": subject, "links": [link]})

    async def actor(_request: web.Request) -> web.Response:
        return web.json_response(document, content_type=ACTIVITY)

    app = web.Application()
    app.router.add_get("/.well-known/webfinger", finger)
    app.router.add_get("/users/ren", actor)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    districts.authority.issue_cert("harbor.test").configure_cert(context)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, *districts.places["harbor.test"], ssl_context=context).start()
    try:
        yield
    finally:
        await runner.cleanup()
        # Connections over TLS take a moment to close.
        await asyncio.sleep(0.25)


@pytest.mark.parametrize(
    ("subject", "owner", "step", "words"),
    [
        ("acct:ren@harbor.test", "ren", "", "confirm each other"),
        ("acct:eve@harbor.test", "ren", "subject", "told of acct:eve@harbor.test"),
        ("acct:ren@riverside.test", "ren", "subject", "until then the handle is shown"),
        ("acct:ren@harbor.test", "eve", "key", "not of https://harbor.test/users/ren"),
    ],
    ids=["in order", "wrong subject", "a handle of another host", "key of another"],
)
async def test_inspect_tells_wrong_names_and_keys_apart(districts, subject, owner, step, words):
    document = Actor("harbor.test", "ren").document()
    document = json.loads(json.dumps(document).replace("http://harbor", "https://harbor"))
    document["publicKey"]["owner"] = f"https://harbor.test/users/{owner}"

    async with harbor(districts, subject, document):
        done = await asyncio.to_thread(districts.lincoln.run, "inspect", "@ren@harbor.test")

    assert done.returncode == (1 if step else 0), done.stdout + done.stderr
    assert words in done.stdout
    assert [line.split()[1] for line in done.stdout.splitlines() if line[:4] == "FAIL"] == (
        [step] if step else []
    )
    assert "harbor.test is at 127.0.0.4" in done.stdout
    assert "ok    certificate" in done.stdout
