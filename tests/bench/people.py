"""How long finding people among many takes: python -m tests.bench.people [ACCOUNTS] [DATABASE].

DATABASE is `sqlite` (the usual) or `postgresql`. Each question is asked `TIMES` times. Printed
are the middle and the 95th percentile, of the clock and of what this process worked. The aim is
300 ms, as for posts.
"""

import asyncio
import logging
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import structlog
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.search_query import name_key
from fedi_k12.services import finding
from storage import migrate
from storage.db import open_engine
from storage.tables import AccountRow
from tests.bench.search import store, told

ACCOUNTS = 200_000
BATCH = 20_000
TIMES = 20
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
ASKED = {
    "a handle": "user{n}7",
    "a name of one": "rare{n}",
    "a first name": "first{m}",
    "both names": "first{m} last{n}",
    "a beginning": "fi",
    "nobody": "nobody{n}",
    "a handle, a host": "@user{n}@host1",
}


def rows(first: int, number: int) -> Iterator[dict[str, object]]:
    """Yield accounts of a hundred hosts, with two names each, and one in ten with a third."""
    chance = random.Random(first)  # noqa: S311 - names, not secrets
    for at in range(first, first + number):
        name = f"First{chance.randrange(2000)} Last{chance.randrange(5000)}"
        name += f" Rare{at}" if at % 10 == 0 else ""
        yield {
            "id": at + 1, "username": f"user{at}", "username_key": f"user{at}",
            "domain": f"host{at % 100}.example", "host": f"host{at % 100}.example",
            "uri": f"https://host{at % 100}.example/{at}", "kind": "Person",
            "display_name": name, "name_key": name_key(name), "created_at": BEGIN,
        }  # fmt: skip


async def ask(session: AsyncSession, q: str) -> tuple[float, float, int]:
    """Return how many seconds a question took, and this process for it, and what was found."""
    began, own = time.perf_counter(), time.process_time()
    found = await finding.search_accounts(session, q=q, limit=20, viewer=None)
    return time.perf_counter() - began, time.process_time() - own, len(found)


async def main() -> None:
    """Print how long filling took, and each search."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    number = int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS
    kind = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    async with store(kind) as url:
        await migrate.upgrade(url)
        engine = open_engine(url, writer=True)
        began = time.perf_counter()
        async with engine.begin() as connection:
            for first in range(0, number, BATCH):
                size = min(BATCH, number - first)
                await connection.execute(insert(AccountRow), list(rows(first, size)))
        async with engine.begin() as connection:
            await connection.execute(text("ANALYZE"))
        print(f"{kind}: {number} accounts written in {time.perf_counter() - began:.1f} s")
        async with AsyncSession(engine) as session:
            for name, q in ASKED.items():
                answers = [
                    await ask(session, q.format(n=40 * at, m=17 * at)) for at in range(TIMES)
                ]
                print(told(name, *zip(*answers, strict=True)), flush=True)
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
