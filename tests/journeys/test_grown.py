"""A district that grew: PostgreSQL, two web processes and a worker of its own."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from fedi_k12.context import utc_now
from tests.databases import PostgresServer
from tests.live import Live, free_port
from tests.remote import ACTIVITY, Remote, signed_headers

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


async def test_what_one_process_takes_in_another_does(tmp_path: Path):
    postgres = PostgresServer()
    url = await postgres.create()
    port, other_port = free_port("127.0.0.1"), free_port("127.0.0.1")
    live = Live(
        tmp_path / "server",
        domain=f"localhost:{port}",
        port=port,
        environment={"FEDI_K12_DATABASE_URL": url},
    )
    remote = Remote("")
    remote.host = f"localhost:{await remote.start()}"
    ren = remote.actor("ren")
    token = await asyncio.to_thread(live.member, "maya")
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "fedi_k12", *arguments],
            env={**live.environment, **more},
            cwd=live.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for arguments, more in (
            (("serve", "--no-worker"), {}),
            (("serve", "--no-worker"), {"FEDI_K12_LISTEN": f"127.0.0.1:{other_port}"}),
            (("worker",), {}),
        )
    ]
    try:
        async with aiohttp.ClientSession(headers={"Host": live.domain}) as session:
            for place in (port, other_port):
                await _ready(session, f"http://127.0.0.1:{place}/readyz")
            body, path = _follow(ren, live.domain), "/inbox"
            headers = signed_headers(ren, body, host=live.domain, path=path, now=utc_now())
            headers |= {"Content-Type": ACTIVITY}
            async with session.post(
                f"http://127.0.0.1:{port}{path}", data=body, headers=headers
            ) as answer:
                assert answer.status == 202
            await _until(lambda: "Accept" in remote.types())
            async with session.post(
                f"http://127.0.0.1:{other_port}/api/v1/statuses",
                json={"status": "from the other process", "visibility": "public"},
                headers={"Authorization": f"Bearer {token}"},
            ) as answer:
                assert answer.status == 200
            await _until(lambda: "Create" in remote.types())
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)
        await remote.stop()
        await postgres.drop(url)


def _follow(ren, domain: str) -> bytes:
    return json.dumps(ren.activity("Follow", f"http://{domain}/users/maya")).encode()


async def _ready(session: aiohttp.ClientSession, url: str) -> None:
    for _ in range(300):
        try:
            async with session.get(url) as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


async def _until(look) -> None:
    async with asyncio.timeout(20):
        while not look():
            await asyncio.sleep(0.05)
