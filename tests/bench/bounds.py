"""What the machine can do at most, measured beside what the server does."""

import asyncio
import sqlite3
import sys
import tempfile
from pathlib import Path
from subprocess import PIPE, Popen
from time import perf_counter, process_time

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from federation.sig.keys import load_private, load_public
from tests.bench.load import Place, fire
from tests.live import ROOT
from tests.remote import KEYS

AIMS_SET_AT = 30_000.0
"""What `plain` was on the machine that the aims were set on."""
TEXT = b"(request-target): post /inbox\nhost: bench.localhost\ndate: now\ndigest: SHA-256=0"
PLAIN = """
import uvloop
from aiohttp import web

async def answer(request):
    return web.Response(body=b"x" * 20_000, content_type="application/json")

async def main():
    import asyncio
    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()

uvloop.run(main())
"""


def rsa() -> tuple[float, float]:
    """Return how many signatures a core verifies and makes in a second (RSA 2048)."""
    private, public = load_private(KEYS.private_pem), load_public(KEYS.public_pem)
    padding, digest = PKCS1v15(), SHA256()
    signed = private.sign(TEXT, padding, digest)
    began = process_time()
    for _ in range(10_000):
        public.verify(signed, TEXT, padding, digest)
    verify = 10_000 / (process_time() - began)
    began = process_time()
    for _ in range(1000):
        private.sign(TEXT, padding, digest)
    return verify, 1000 / (process_time() - began)


def commits(seconds: float = 1.0) -> float:
    """Return how many commits in a second reach the disk, one row each (WAL, FULL)."""
    with tempfile.TemporaryDirectory() as folder:
        store = sqlite3.connect(Path(folder) / "bound.db", isolation_level=None)
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("PRAGMA synchronous=FULL")
        store.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, body TEXT)")
        began, done = perf_counter(), 0
        while perf_counter() - began < seconds:
            store.execute("INSERT INTO thing (body) VALUES (?)", ("x" * 500,))
            done += 1
        each_second = done / (perf_counter() - began)
        store.close()
        return each_second


async def plain_answers(seconds: float = 2.0) -> float:
    """Return how many answers of 20 kB plain aiohttp on uvloop gives in a second."""
    process = Popen([sys.executable, "-c", PLAIN], stdout=PIPE, cwd=ROOT)
    try:
        assert process.stdout
        port = int(await asyncio.to_thread(process.stdout.readline))
        place = Place("127.0.0.1", port, "bench.localhost")
        request = place.get("/")
        result = await fire(place, iter(lambda: request, None), connections=8, seconds=seconds)
        return result.each_second
    finally:
        process.terminate()
        process.wait()
