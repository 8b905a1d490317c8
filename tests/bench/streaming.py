"""How soon one post reaches everybody who listens: python -m tests.bench.streaming [SOCKETS].

Members with an open socket each follow one author. What is measured is the time from the
moment the author begins to send a post until the last of them has it: on one process with
SQLite, on one with PostgreSQL, and on two that share a PostgreSQL store. The bound beside it
is one second.
"""

import asyncio
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from sqlalchemy import insert

from fedi_k12.app import open_context
from fedi_k12.domain.ids import new_id
from fedi_k12.services import login
from fedi_k12.services.keys import generate_keys
from fedi_k12.settings import Settings
from storage.tables import FollowRow
from tests.bench.seed import make_member
from tests.databases import PostgresServer, sqlite_url
from tests.live import Live

BOUND = 1.0
ROUNDS = 5
DOMAIN = "bench.localhost"


async def fill(url: str, folder: Path, number: int) -> tuple[str, list[str]]:
    """Make an author and those who follow them; return their tokens."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        domain=DOMAIN, handle_domain=DOMAIN, scheme="http", data_dir=folder, database_url=url
    )
    keys, password = generate_keys(), login.hash_password(secrets.token_hex(16))
    tokens, ids = [], []
    async with open_context(settings) as ctx:
        for at in range(number + 1):
            account_id, token = await make_member(ctx, at, keys, password)
            ids.append(account_id)
            tokens.append(token)

        async def follow(session):
            rows = [
                {
                    "id": new_id(),
                    "follower_id": one,
                    "target_id": ids[0],
                    "follower_local": True,
                    "accepted": True,
                    "show_boosts": True,
                    "notify": False,
                    "created_at": ctx.clock(),
                }
                for one in ids[1:]
            ]
            await session.execute(insert(FollowRow), rows)

        await ctx.write(follow)
    return tokens[0], tokens[1:]


async def listen(session: aiohttp.ClientSession, port: int, token: str, arrived: asyncio.Queue):
    """Keep a socket open, and say when something came."""
    async with session.ws_connect(
        f"http://127.0.0.1:{port}/api/v1/streaming?stream=user",
        headers={"Host": DOMAIN},
        protocols=(token,),
    ) as ws:
        arrived.put_nowait(0.0)
        async for _message in ws:
            arrived.put_nowait(time.perf_counter())


async def measure(ports: list[int], author: str, tokens: list[str]) -> list[list[float]]:
    """Return, for each post, after how many seconds it had reached each listener."""
    arrived: asyncio.Queue[float] = asyncio.Queue()
    rounds = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        tasks = [
            asyncio.create_task(listen(session, ports[at % len(ports)], token, arrived))
            for at, token in enumerate(tokens)
        ]
        for _ in tasks:
            await asyncio.wait_for(arrived.get(), 60)
        await asyncio.sleep(1)
        for at in range(ROUNDS):
            began = time.perf_counter()
            async with session.post(
                f"http://127.0.0.1:{ports[0]}/api/v1/statuses",
                json={"status": f"Number {at}"},
                headers={"Host": DOMAIN, "Authorization": f"Bearer {author}"},
            ) as answer:
                assert answer.status == 200, await answer.text()
            rounds.append([await asyncio.wait_for(arrived.get(), 30) - began for _ in tasks])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return rounds


async def run(name: str, url: str, *, processes: int, number: int, folder: Path) -> bool:
    """Measure one set-up and print what came out; return whether it held the bound."""
    author, tokens = await fill(url, folder / "data", number)
    servers = [
        Live(
            folder / f"server{at}",
            domain=DOMAIN,
            environment={
                "FEDI_K12_DATABASE_URL": url,
                "FEDI_K12_DATA_DIR": str(folder / "data"),
                "FEDI_K12_SCHEME": "http",
                "FEDI_K12_LOG_LEVEL": "warning",
            },
        )
        for at in range(processes)
    ]
    try:
        for server in servers:
            await asyncio.to_thread(server.start)
        rounds = await measure([server.port for server in servers], author, tokens)
    finally:
        for server in servers:
            server.stop()
    slowest = max(max(one) for one in rounds)
    middle = statistics.median(seconds for one in rounds for seconds in one)
    print(
        f"{name}: {number} sockets, {ROUNDS} posts: half have it after {middle * 1000:.0f} ms, "
        f"the last after {slowest * 1000:.0f} ms (bound {BOUND * 1000:.0f} ms)"
    )
    return slowest <= BOUND


async def main(number: int) -> int:
    """Measure every set-up; return how many were too slow."""
    held = []
    postgres = PostgresServer()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        held.append(
            await run("SQLite, one process", sqlite_url(folder), processes=1, number=number,
                      folder=folder / "sqlite")
        )  # fmt: skip
        for processes in (1, 2):
            url = await postgres.create()
            try:
                held.append(
                    await run(
                        f"PostgreSQL, {processes} process{'es' if processes > 1 else ''}",
                        url,
                        processes=processes,
                        number=number,
                        folder=folder / f"postgresql{processes}",
                    )
                )
            finally:
                await postgres.drop(url)
    return held.count(False)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)))
