"""How long a search takes among many posts: python -m tests.bench.search [POSTS] [DATABASE].

DATABASE is `sqlite` (the usual) or `postgresql`. Filling a store with a million posts takes two
minutes, and it is removed afterwards. Each question is asked `TIMES` times, of other words or
people each time, by somebody who follows 200 and has a library of some thousands. Printed are
the middle and the 95th percentile, of the clock and of what this process worked: where others
use the machine, the second is the truth for SQLite, which works in it. The aim is 300 ms.

First half of the authors let themselves be found, then one in a hundred.
"""

import asyncio
import logging
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.search_query import parse
from storage import migrate, post_writes, search
from storage.db import open_engine
from storage.search import Bounds
from storage.search_words import (
    EVERY,
    Entry,
    as_text,
    as_vector,
    author_mark,
    fact_mark,
    language_mark,
)
from storage.tables import AccountRow, FollowRow, PostWordsRow
from tests.databases import PostgresServer, sqlite_url

POSTS = 1_000_000
AUTHORS = 2000
BATCH = 20_000
TIMES = 20
AIM = 0.3
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
APART = timedelta(seconds=60)
FOLLOWED = 200
ASKED = {
    "a rare word": "rare{n}",
    "a word of none": "nothing{n}",
    "a common word": "school",
    "two words": "word{n} school",
    "two common words": "school day",
    "a phrase": '"school day"',
    "a phrase, rare": '"day rare{n}"',
    "without another": "school -word{n}",
    "from:": "school from:author{n}",
    "from: alone": "from:author{n}",
    "in:library": "school in:library",
    "in:library, rare": "rare{n} in:library",
    "before:": "school before:2024-0{m}-15",
    "before:, rare": "rare{n} before:2024-0{m}-15",
    "a language": "school language:es",
    "has:image": "school has:image",
    "is:reply (none)": "school is:reply",
    "a beginning": "wor",
}
_IDS = "((:begin + n.at * :apart) << 16)"
_MOMENT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', "
    "(:begin + n.at * :apart) / 1000, 'unixepoch')",
    "postgresql": "to_timestamp((:begin + n.at * :apart) / 1000)",
}
_SERIES = {
    "sqlite": "WITH RECURSIVE n(at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n "
    "WHERE at < :number) ",
    "postgresql": "WITH n(at) AS (SELECT * FROM generate_series(1::bigint, :number)) ",
}


@asynccontextmanager
async def store(kind: str) -> AsyncIterator[str]:
    """Give the address of an empty store, and remove it afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield sqlite_url(Path(folder))
        return
    server = PostgresServer()
    url = await server.create()
    try:
        yield url
    finally:
        await server.drop(url)


async def fill(session: AsyncSession, number: int) -> None:
    """Write authors and posts of twenty words each, in few statements."""
    kind = session.get_bind().dialect.name
    await session.execute(
        insert(AccountRow),
        [
            {
                "id": at + 1, "username": f"author{at}", "username_key": f"author{at}",
                "domain": "", "uri": f"https://bench.example/{at}", "kind": "Person",
                "indexable": at % 2 == 0, "created_at": BEGIN,
            }
            for at in range(AUTHORS)
        ],
    )  # fmt: skip
    await session.execute(
        insert(FollowRow),
        [
            {
                "id": at, "follower_id": 1, "target_id": at * 7 + 2, "follower_local": True,
                "accepted": True, "created_at": BEGIN,
            }
            for at in range(FOLLOWED)
        ],
    )  # fmt: skip
    await post_writes.insert_posts(
        session,
        [
            {
                "id": 1, "uri": "https://bench.example/posts/0", "account_id": 2,
                "local": False, "visibility": "public", "content": "<p>School day</p>",
                "thread_id": 1,                "created_at": BEGIN, "received_at": BEGIN,
            }
        ],
    )  # fmt: skip
    said = {
        "number": number,
        "begin": int(BEGIN.timestamp() * 1000),
        "apart": APART // timedelta(milliseconds=1),
    }
    changed = {
        "id": _IDS,
        "thread_id": _IDS,
        "uri": "'https://bench.example/posts/' || n.at",
        "account_id": f"n.at % {AUTHORS} + 1",
        "language": "CASE WHEN n.at % 10 = 0 THEN 'es' ELSE 'en' END",
        "created_at": _MOMENT[kind],
        "received_at": _MOMENT[kind],
    }
    names = [column.name for column in post_writes._post.columns]
    await session.execute(
        text(
            f"{_SERIES[kind]}INSERT INTO post ({', '.join(names)}) "  # noqa: S608 - our columns
            f"SELECT {', '.join(changed.get(name, f'like_it.{name}') for name in names)} "
            "FROM n, post AS like_it WHERE like_it.id = 1"
        )
        if kind == "postgresql"
        else text(
            f"INSERT INTO post ({', '.join(names)}) {_SERIES[kind]}"  # noqa: S608 - our columns
            f"SELECT {', '.join(changed.get(name, f'like_it.{name}') for name in names)} "
            "FROM n, post AS like_it WHERE like_it.id = 1"
        ),
        said,
    )
    await _library(session, kind, said)
    await _words(session, kind, number)


async def _library(session: AsyncSession, kind: str, said: dict[str, int]) -> None:
    for table, columns, values, every in (
        ("bookmark", "id, account_id, post_id, created_at", "n.at, 1, {id}, {at}", 2003),
        ("favourite", "id, account_id, post_id, by_emoji, created_at",
         "n.at, 1, {id}, false, {at}", 701),
        ("mention", "post_id, account_id, position, silent", "{id}, 1, 0, false", 1009),
        ("media", "id, account_id, post_id, position, kind, state, mime_type, alt, credit, "
         "focus_x, focus_y, size, created_at",
         "n.at, 1, {id}, 0, 'image', 'ready', '', '', '', 0, 0, 0, {at}", 50),
    ):  # fmt: skip
        filled = values.format(id=_IDS, at=_MOMENT[kind])
        chosen = f"SELECT {filled} FROM n WHERE n.at % {every} = 0"  # noqa: S608 - ours
        into = f"INSERT INTO {table} ({columns}) "
        series = _SERIES[kind]
        await session.execute(
            text(series + into + chosen if kind == "postgresql" else into + series + chosen),
            said,
        )


async def _words(session: AsyncSession, kind: str, number: int) -> None:
    write = as_text if kind == "sqlite" else as_vector
    chance = random.Random(1)  # noqa: S311 - words, not secrets
    words = [f"word{at}" for at in range(5000)]
    begin, apart = int(BEGIN.timestamp() * 1000), APART // timedelta(milliseconds=1)
    connection = await session.connection()
    for first in range(1, number + 1, BATCH):
        rows = []
        for at in range(first, min(number + 1, first + BATCH)):
            marks = [
                EVERY,
                author_mark(at % AUTHORS + 1),
                fact_mark("in", "public"),
                language_mark("es" if at % 10 == 0 else "en"),
            ]
            if at % 50 == 0:
                marks += [fact_mark("has", "media"), fact_mark("has", "image")]
            said = (*chance.choices(words, k=17), "school", "day", f"rare{at % 1000}")
            rows.append(
                {
                    "post_id": (begin + at * apart) << 16,
                    "words": write(Entry(tuple(marks), (said,))),
                }
            )
        await connection.execute(insert(PostWordsRow.__table__), rows)


async def ask(session: AsyncSession, q: str) -> tuple[float, float, int]:
    """Return how many seconds a question took, and this process for it, and what was found."""
    began, own = time.perf_counter(), time.process_time()
    found = await search.find(
        session, parse(q), viewer_id=1, own_host="bench.example", bounds=Bounds(20)
    )
    return time.perf_counter() - began, time.process_time() - own, len(found)


def told(name: str, took: Sequence[float], own: Sequence[float], found: Sequence[int]) -> str:
    """Return one line of the report."""
    whole, ours = (
        (statistics.median(times) * 1000, statistics.quantiles(times, n=20)[-1] * 1000)
        for times in (took, own)
    )
    slow = "  SLOW" if whole[1] > AIM * 1000 else ""
    return (
        f"{name:20} {min(found):3}-{max(found):2} found {whole[0]:8.1f} {whole[1]:8.1f} ms, "
        f"of this process {ours[0]:7.1f} {ours[1]:7.1f} ms{slow}"
    )


async def main() -> None:
    """Print how long filling took, and each search."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    number = int(sys.argv[1]) if len(sys.argv) > 1 else POSTS
    kind = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    async with store(kind) as url:
        await migrate.upgrade(url)
        engine = open_engine(url, writer=True)
        began = time.perf_counter()
        async with AsyncSession(engine) as session, session.begin():
            await fill(session, number)
        async with engine.begin() as connection:
            await connection.execute(text("ANALYZE"))
        print(f"{kind}: {number} posts written in {time.perf_counter() - began:.1f} s")
        for share in ("half", "one in a hundred"):
            print(f"{share} of the authors let themselves be found")
            async with AsyncSession(engine) as session:
                for name, q in ASKED.items():
                    answers = [
                        await ask(session, q.format(n=17 + 38 * at, m=at % 9 + 1))
                        for at in range(TIMES)
                    ]
                    print(told(name, *zip(*answers, strict=True)), flush=True)
            async with engine.begin() as connection:
                await connection.execute(text("UPDATE account SET indexable = (id % 100 = 1)"))
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
