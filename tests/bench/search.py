"""How long a search takes among many posts on SQLite: python -m tests.bench.search [POSTS].

Half of the authors let themselves be found. Asked for are a word that stands in every post, one
in a thousand, one that none has, and operators alone; the bound beside it is half a second.
"""

import asyncio
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.ids import id_for
from fedi_k12.domain.search_query import parse
from storage import migrate, post_writes, search
from storage.db import open_engine
from storage.search import Bounds
from storage.tables import AccountRow
from tests.databases import sqlite_url

POSTS = 100_000
AUTHORS = 200
BATCH = 1000
BOUND = 0.5
ASKED = (
    "school",
    "rare7",
    "nothing",
    '"school day" -rare7',
    "school has:media",
    "from:author7 school",
    "is:reply",
    "school in:library",
    "school before:2024-06-01",
)


async def fill(session: AsyncSession, number: int) -> None:
    """Write authors and posts of twenty words each."""
    now = datetime(2024, 1, 1, tzinfo=UTC)
    await session.execute(
        insert(AccountRow),
        [
            {
                "id": at + 1, "username": f"author{at}", "username_key": f"author{at}",
                "domain": "", "uri": f"https://bench.example/{at}", "kind": "Person",
                "indexable": at % 2 == 0, "created_at": now, "inbox_uri": "",
            }
            for at in range(AUTHORS)
        ],
    )  # fmt: skip
    chance = random.Random(1)  # noqa: S311 - words, not secrets
    words = [f"word{at}" for at in range(5000)]
    for begin in range(0, number, BATCH):
        rows = []
        for at in range(begin, min(number, begin + BATCH)):
            when = now + timedelta(minutes=at)
            post_id = id_for(when)
            text = " ".join([*chance.choices(words, k=18), "school day", f"rare{at % 1000}"])
            rows.append(
                {
                    "id": post_id, "uri": f"https://bench.example/posts/{at}",
                    "account_id": at % AUTHORS + 1, "local": False, "visibility": "public",
                    "content": f"<p>{text}</p>", "thread_id": post_id, "created_at": when,
                    "received_at": when,
                }
            )  # fmt: skip
        await post_writes.insert_posts(session, rows)


async def main() -> None:
    """Print how long filling took, and each search."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else POSTS
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder))
        await migrate.upgrade(url)
        engine = open_engine(url, writer=True)
        async with AsyncSession(engine) as session, session.begin():
            began = time.perf_counter()
            await fill(session, number)
            print(f"{number} posts written in {time.perf_counter() - began:.1f} s")
        async with AsyncSession(engine) as session:
            for q in ASKED:
                began = time.perf_counter()
                found = await search.find(
                    session, parse(q), viewer_id=1, own_host="", bounds=Bounds(20)
                )
                took = time.perf_counter() - began
                print(f"{q:28} {len(found):3} found {took * 1000:8.1f} ms (bound {BOUND} s)")
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
