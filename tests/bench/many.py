"""A store as it is after years: posts by the million, followers by the ten thousand.

A real server does each thing once (`tests.bench.scene`); the rows it wrote are cast again. Who
follows whom decides in whose home timeline a post stands, by the server's own rule.
"""

import random
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context, utc_now
from fedi_k12.domain.ids import hash_token
from fedi_k12.domain.search_query import stem
from fedi_k12.opening import open_context
from fedi_k12.services.keys import generate_keys
from fedi_k12.settings import load
from storage import hosts, timelines
from storage.db import open_engine
from storage.search_words import put_words
from storage.tables import HomeEntryRow, PostRow, PostWordsRow
from tests.bench.far import Far, Stranger
from tests.bench.mould import Cast, Mould, opened, taken
from tests.bench.running import environment
from tests.bench.scene import ANSWERS, POSTS, SPEAKER, Moulds, account_of, play, span
from tests.bench.seed import make_member

FIRST, MEMBERS, AUTHORS, FANS, TAGS = SPEAKER + 2, 100, 2000, 10_000, 50
HOSTS, DEAD = 1000, 300
"""So many hosts are known; so many of them have not answered for a long time."""
EACH = timedelta(minutes=POSTS)
"""A scene takes so long: a post a minute, a million in two years."""
REMEMBERED = timedelta(days=30)
"""So long the ids of activities are remembered (`storage.tables.SeenRow`)."""
YEARS = timedelta(days=800)
"""So long ago members and authors came, and began to follow one another."""
NEXT = timedelta(milliseconds=100)
READER = 0
"""Follows every second author."""
FOLLOWED = {10: 1, 1000: 2, 10_000: 3}
"""Which member is followed by so many people elsewhere, all on servers that answer."""
UNLUCKY = 4
"""The member of whose ten thousand followers three in ten are on servers that are gone."""
NEWS = {10: AUTHORS, 1000: AUTHORS + 1, 10_000: AUTHORS + 2}
"""Which author so many members follow, where there are so many."""
SELDOM = TAGS - 1
"""A hashtag that one post in ten thousand has."""
WORDS = [word for word in (f"word{at}" for at in range(5000)) if stem(word) == word]
_AT_ONCE = 200
_INTO_HOME = "INSERT INTO home_entry VALUES (?, ?)"


@dataclass
class Many:
    """A store under way, and what is known of it."""

    folder: Path
    far: Far
    gone: Far
    """The servers that do not answer: nobody listens at their port."""
    newest: datetime
    tokens: list[str] = field(default_factory=list)
    members: list[int] = field(default_factory=list)
    app: int = 0
    """The one that the other members use, too."""
    people: dict[int, int] = field(default_factory=dict)
    """The id in `member` of the first hundred's accounts."""
    authors: list[int] = field(default_factory=list)
    tags: list[int] = field(default_factory=list)
    followers: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The accounts of members who follow an account."""
    member: Mould | None = None
    moulds: Moulds | None = None
    posts: int = 0

    def author(self, at: int) -> Stranger:
        """Return one of the authors, two on each host."""
        return self._stranger(f"author{at}", at % HOSTS)

    def fan(self, at: int) -> Stranger:
        """Return one of those who follow members: the last three thousand are gone."""
        if at < FANS:
            return self._stranger(f"fan{at}", at % (HOSTS - DEAD))
        return self._stranger(f"fan{at}", HOSTS - DEAD + at % DEAD)

    def host(self, at: int) -> str:
        """Return the name of a host; the last ones are gone."""
        return (self.gone if at >= HOSTS - DEAD else self.far).names.format(f"host{at}")

    def _stranger(self, name: str, host: int) -> Stranger:
        return Stranger(self.host(host), name)


def readers(author: int, members: int) -> set[int]:
    """Return the numbers of the members who follow an author: five, and one that many do."""
    found = {1 + (author * 7 + step * 17) % (members - 1) for step in range(5)}
    return found | ({READER} if author % 2 == 0 else set())


async def begin(folder: Path, far: Far, gone: Far, *, authors: int = AUTHORS) -> Many:
    """Make a store with members, authors and those who follow them, but no posts."""
    store = Many(folder, far, gone, utc_now().replace(microsecond=0) - timedelta(minutes=20))
    async with open_context(load(environ=environment(folder)).settings) as ctx:
        await _first_members(ctx, store)
        await ctx.write(_dead_hosts, store=store, now=ctx.clock())
    store.moulds = await play(folder, store.tokens, store.members, far)
    with opened(folder) as connection:
        _again(connection, "host", "name", store.host(0), map(store.host, range(HOSTS - DEAD)))
        _again(connection, "tag", "name", "mould0", (f"mould{at}" for at in range(TAGS)))
        tags = dict(connection.execute("SELECT name, id FROM tag"))
        store.tags = [tags[f"mould{at}"] for at in range(TAGS)]
        add_members(connection, store, MEMBERS)
        store.people = dict(connection.execute("SELECT account_id, id FROM member"))
        _add_authors(connection, store, authors)
        _connect(connection, store, authors)
        settle(connection)
    return store


def grow(store: Many, upto: int, say: Callable[[str], None] = lambda _words: None) -> float:
    """Add older posts until there are `upto`; return how many seconds that took."""
    began, chance = perf_counter(), random.Random(upto)  # noqa: S311 - words, not secrets
    with opened(store.folder) as connection:
        cast = Cast()
        for done, at in enumerate(range(upto // POSTS - 1, store.posts // POSTS - 1, -1), 1):
            _add_scene(cast, store, at, chance)
            if done % _AT_ONCE == 0:
                cast.write(connection)
            if done % 5000 == 0:
                say(f"  {done * POSTS:,} posts after {perf_counter() - began:.0f} s")
        cast.write(connection)
        store.posts = upto
        settle(connection)
    return perf_counter() - began


def add_members(connection: sqlite3.Connection, store: Many, number: int) -> None:
    """Have so many members, each with a token."""
    assert store.member
    cast = Cast()
    for at in range(len(store.members), number):
        moment = store.newest - YEARS + timedelta(minutes=at)
        account, token = _id(moment), f"bench-token-{at}"
        store.member.cast(
            cast, moment, name=f"member{at}", shown=f"Member {at}", key=f"member {at}",
            account=account, secret=hash_token(token), app=store.app,
        )  # fmt: skip
        store.members.append(account)
        store.tokens.append(token)
    cast.write(connection)


def add_fans(connection: sqlite3.Connection, store: Many) -> None:
    """Have ten thousand people on other servers follow members, and 3,000 who are gone."""
    assert store.moulds
    cast, accounts = Cast(), []
    for at in range(FANS + FANS * DEAD // HOSTS):
        who, moment = store.fan(at), store.newest - YEARS + timedelta(minutes=at, seconds=20)
        if at == 0:
            accounts.append(account_of(connection, who))
            continue
        accounts.append(_id(moment))
        store.moulds.fan.cast(
            cast, moment, account=accounts[-1], host=who.host, name=who.name,
            shown=who.name.title(),
        )  # fmt: skip
    lucky = FANS * (HOSTS - DEAD) // HOSTS
    pairs = [(at, member) for number, member in FOLLOWED.items() for at in range(number)]
    pairs += [(at, UNLUCKY) for at in (*range(lucky), *range(FANS, len(accounts)))]
    moment = store.newest - YEARS + timedelta(days=30)
    for at, member in pairs:
        moment += NEXT
        store.moulds.fan_follows.cast(
            cast, moment, account=accounts[at], whom=store.members[member],
            host=store.fan(at).host, name=f"fan{at}", number=f"follow-{member}",
            span=f"-{span(moment)}", shown=f"Fan{at}",
        )  # fmt: skip
    cast.write(connection)
    settle(connection)


def add_crowd(connection: sqlite3.Connection, store: Many, number: int) -> None:
    """Have so many members, and authors whom 10, 1,000 and all of them follow."""
    assert store.moulds
    add_members(connection, store, number)
    _add_authors(connection, store, AUTHORS + len(NEWS))
    cast, moment = Cast(), store.newest - YEARS + timedelta(days=40, minutes=number)
    for many, author in NEWS.items():
        known = store.followers[store.authors[author]]
        for at in range(min(many, number)):
            if store.members[at] not in known:
                moment += NEXT
                _follow(cast, store, moment, at, author)
    cast.write(connection)
    settle(connection)


def settle(connection: sqlite3.Connection) -> None:
    """Let the counts be what a server would have counted, and the log be written back."""
    for counted, of in (
        ("posts_count", "SELECT count(*) FROM post WHERE account_id = account.id"),
        ("last_post_at", "SELECT received_at FROM post WHERE account_id = account.id "
         "ORDER BY id DESC LIMIT 1"),
        ("followers_count",
         "SELECT count(*) FROM follow WHERE target_id = account.id AND accepted"),
        ("following_count",
         "SELECT count(*) FROM follow WHERE follower_id = account.id AND accepted"),
    ):  # fmt: skip
        connection.execute(f"UPDATE account SET {counted} = ({of})")  # noqa: S608 - ours
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _first_members(ctx: Context, store: Many) -> None:
    keys = generate_keys()

    async def add(at: int) -> None:
        account_id, token = await make_member(ctx, at, keys)
        store.members.append(account_id)
        store.tokens.append(token)

    for at in range(FIRST - 1):
        await add(at)
    last = FIRST - 1
    with opened(store.folder) as connection:
        before, began = taken(connection), utc_now()
        await add(last)
        after = taken(connection)
    (app,) = next(iter(after.pop("app").keys() - before.pop("app").keys()))
    holes: dict[str | int, str] = {
        f"member{last}": "name", f"Member {last}": "shown", f"member {last}": "key",
        store.members[-1]: "account", hash_token(store.tokens[-1]): "secret", app: "app",
    }  # fmt: skip
    store.app = app
    store.member = Mould(before, after, holes=holes, began=began)


async def _dead_hosts(session: AsyncSession, *, store: Many, now: datetime) -> None:
    names = [store.host(at) for at in range(HOSTS - DEAD, HOSTS)]
    for day in range(hosts.UNAVAILABLE_DAYS, 0, -1):
        await hosts.note_failures(session, names, now=now - timedelta(days=day))
    await hosts.note_failures(session, names * hosts.BREAKER_FAILURES, now=now)


def _again(
    connection: sqlite3.Connection, table: str, key: str, like: str, names: Iterable[str]
) -> None:
    """Have a row for each name that differs from one by that name and its id alone."""
    columns = [one[1] for one in connection.execute(f"PRAGMA table_info({table})")]
    row = connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", [like]).fetchone()  # noqa: S608 - ours
    marks = ", ".join("?" * len(columns))
    for at, name in enumerate(names, 1):
        changed = [
            name if held == like else held - at if column == "id" else held
            for column, held in zip(columns, row, strict=True)
        ]
        connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", changed)  # noqa: S608


def _id(moment: datetime) -> int:
    return int(moment.timestamp() * 1000) << 16


def _add_authors(connection: sqlite3.Connection, store: Many, number: int) -> None:
    assert store.moulds
    cast = Cast()
    for at in range(len(store.authors), number):
        who, moment = store.author(at), store.newest - YEARS + timedelta(minutes=at, seconds=10)
        if at <= POSTS:
            store.authors.append(account_of(connection, who))
            continue
        store.authors.append(_id(moment))
        store.moulds.author.cast(
            cast, moment, account=_id(moment), host=who.host, name=who.name,
            shown=who.name.title(),
        )  # fmt: skip
    cast.write(connection)


def _connect(connection: sqlite3.Connection, store: Many, authors: int) -> None:
    """Let the first members follow authors, and each the five before them."""
    assert store.moulds
    cast = Cast()
    question = "SELECT follower_id, target_id FROM follow WHERE follower_local"
    pairs = set(connection.execute(question))
    for whom, who in ((pair[1], pair[0]) for pair in pairs):
        store.followers[whom].add(who)
    moment = store.newest - YEARS + timedelta(days=20)
    for at in range(authors):
        for reader in sorted(readers(at, MEMBERS)):
            if (store.members[reader], store.authors[at]) not in pairs:
                moment += NEXT
                _follow(cast, store, moment, reader, at)
    for at in range(MEMBERS):
        for step in range(1, 6):
            who, whom = store.members[(at + step) % MEMBERS], store.members[at]
            if (who, whom) in pairs:
                continue
            moment += NEXT
            store.followers[whom].add(who)
            store.moulds.neighbour_follows.cast(
                cast, moment, who=who, whom=whom, span=f"-{span(moment)}",
                follower=f"member{(at + step) % MEMBERS}",
            )  # fmt: skip
    cast.write(connection)


def _follow(cast: Cast, store: Many, moment: datetime, member: int, author: int) -> None:
    assert store.moulds
    store.followers[store.authors[author]].add(store.members[member])
    store.moulds.follows.cast(
        cast, moment, who=store.members[member], whom=store.authors[author],
        follower=f"member{member}",
    )  # fmt: skip


def _add_scene(cast: Cast, store: Many, at: int, chance: random.Random) -> None:
    """Add ten posts, the `at`th scene before the newest."""
    assert store.moulds
    moment = store.newest - EACH * (at + 1)
    speaker = chance.randrange(SPEAKER, MEMBERS)
    who = chance.sample(range(min(len(store.authors), AUTHORS)), POSTS)
    tags = chance.choices(range(TAGS - 1), k=POSTS)
    if at % 1000 == 0:
        tags[POSTS - 1] = SELDOM
    names: dict[str, Any] = {
        "me": store.members[speaker], "name": f"member{speaker}", "like": f"like{at}",
        "person": store.people[store.members[speaker]], "span": f"-{span(moment)}",
    }  # fmt: skip
    for place, author in enumerate(who):
        words = " ".join(chance.choices(WORDS, k=12))
        names |= {
            f"said{place}": f"school {words} rare{at % 10_000}", f"tag{place}":
            f"mould{tags[place]}", f"tag_id{place}": store.tags[tags[place]],
            f"author{place}": store.authors[author], f"number{place}": f"{at}x{place}",
            f"host{place}": store.author(author).host, f"name{place}": f"author{author}",
        }  # fmt: skip
    without = frozenset({"seen"}) if store.newest - moment > REMEMBERED else frozenset()
    filled = store.moulds.scene.cast(cast, moment, without=without, **names)
    me = names["me"]
    for place, name in enumerate(store.moulds.posts):
        author = me if place == 0 else names[f"author{place}"]
        home = set(store.followers[author])
        if place in ANSWERS:
            home = {one for one in home if one == me or one in store.followers[me]}
        for one in home | ({me} if place == 0 else set()):
            cast.add(_INTO_HOME, (one, filled[name]))


async def check(store: Many, newest: int = 500) -> None:
    """Raise where the newest posts stand elsewhere, or are found by other words.

    The server's own functions do it all again, in a transaction that is rolled back.
    """
    settings = load(environ=environment(store.folder)).settings
    engine = open_engine(settings.database_url, writer=True)
    async with AsyncSession(engine) as session:
        ids = list(
            await session.scalars(
                select(PostRow.id)
                .where(PostRow.created_at < store.newest)
                .order_by(PostRow.id.desc())
                .limit(newest)
            )
        )
        before = await _derived(session, ids)
        rows = await session.scalars(select(PostRow).where(PostRow.id.in_(ids)))
        arrivals = [
            {
                "post_id": row.id, "author_id": row.account_id, "language": None,
                "reply_to_author_id": row.in_reply_to_account_id,
            }
            for row in rows
        ]  # fmt: skip
        own = [(row.account_id, row.id) for row in await _local(session, ids)]
        await session.execute(delete(HomeEntryRow).where(HomeEntryRow.post_id.in_(ids)))
        await timelines.fan_out(session, arrivals)
        await timelines.put_home(session, own)
        await put_words(session, ids)
        after = await _derived(session, ids)
        broken = (await session.execute(text("PRAGMA foreign_key_check"))).all()
        await session.rollback()
    await engine.dispose()
    for name, held in before.items():
        if held != after[name]:
            raise AssertionError(f"{name} should be another: {sorted(held ^ after[name])[:4]}")
    if broken:
        raise AssertionError(f"Rows belong to others that are not there: {broken[:4]}")


async def _local(session: AsyncSession, ids: Sequence[int]) -> Sequence[PostRow]:
    found = await session.scalars(
        select(PostRow).where(PostRow.id.in_(ids), PostRow.local.is_(True))
    )
    return found.all()


async def _derived(
    session: AsyncSession, ids: Sequence[int]
) -> dict[str, set[tuple[Any, ...]]]:
    """Return what follows from posts and from who follows whom."""
    found = {}
    for name, statement in {
        "home": select(HomeEntryRow.account_id, HomeEntryRow.post_id).where(
            HomeEntryRow.post_id.in_(ids)
        ),
        "words": select(PostWordsRow.post_id, PostWordsRow.words).where(
            PostWordsRow.post_id.in_(ids)
        ),
    }.items():
        found[name] = {tuple(row) for row in await session.execute(statement)}
    return found
