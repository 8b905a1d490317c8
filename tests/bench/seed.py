"""Fill the store that servers under test begin with: members here, authors elsewhere."""

import random
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context, utc_now
from fedi_k12.domain.ids import id_at, new_id
from fedi_k12.domain.permissions import Role
from fedi_k12.opening import open_context
from fedi_k12.services import apps, signup
from fedi_k12.services.keys import AccountKeys, generate_keys
from fedi_k12.settings import load
from storage.post_writes import POST_DEFAULTS
from storage.tables import (
    AccountRow,
    FavouriteRow,
    FollowRow,
    HomeEntryRow,
    KeyRow,
    MediaRow,
    MentionRow,
    PostRow,
    PostTagRow,
    TagRow,
)
from tests.bench.far import Far
from tests.bench.running import environment
from tests.remote import Actor

MEMBERS, AUTHORS, HOSTS, FANS, POSTS, TAGS = 100, 200, 50, 1000, 20_000, 50
READ_BY = 5
"""So many members follow each author, besides the first, who follows half of the authors."""
BATCH = 2000


async def fill(folder: Path, far: Far, *, posts: int = POSTS) -> list[str]:
    """Make a store in a folder; return a token of each member.

    The first member, `member0`, follows a hundred authors; `member1` is followed by a
    thousand people, each on a server of their own.
    """
    folder.mkdir(parents=True)
    settings = load(environ=environment(folder)).settings
    async with open_context(settings) as ctx:
        members, tokens = await _members(ctx)
        authors = [far.author(at) for at in range(AUTHORS)]
        fans = [far.fan(at) for at in range(FANS)]
        await ctx.write(_strangers, ctx=ctx, authors=authors, fans=fans, members=members)
        await _posts(ctx, authors, members, posts)

        async def settle(session: AsyncSession) -> None:
            await session.execute(text("ANALYZE"))

        await ctx.write(settle)
    return tokens


async def make_member(
    ctx: Context, at: int, keys: AccountKeys, password_hash: str | None = None
) -> tuple[int, str]:
    """Make one member; return the id of the account, and a token for an app."""
    name = f"member{at}"
    account = await ctx.write(
        signup.create_member,
        username=name,
        email=f"{name}@bench.localhost",
        password_hash=password_hash,
        role=Role.MEMBER,
        kind="Person",
        display_name=f"Member {at}",
        keys=keys,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    token = await ctx.write(
        apps.create_token,
        username=name,
        scopes="read write follow",
        app_name="bench",
        now=ctx.clock(),
    )
    return account.id, token


async def _members(ctx: Context) -> tuple[list[int], list[str]]:
    keys, ids, tokens = generate_keys(), [], []
    for at in range(MEMBERS):
        account_id, token = await make_member(ctx, at, keys)
        ids.append(account_id)
        tokens.append(token)
    return ids, tokens


def read_by(author: int) -> set[int]:
    """Return the numbers of the members who follow an author."""
    readers = {1 + (author + step * 17) % (MEMBERS - 1) for step in range(READ_BY)}
    return readers | ({0} if author < MEMBERS else set())


async def _strangers(
    session: AsyncSession,
    *,
    ctx: Context,
    authors: list[Actor],
    fans: list[Actor],
    members: list[int],
) -> None:
    now, follows = ctx.clock(), []
    for at, actor in enumerate([*authors, *fans]):
        number = at + 1
        document = actor.document()
        await session.execute(
            insert(AccountRow),
            {
                "id": number, "uri": actor.uri, "url": document["url"],
                "username": actor.name, "username_key": actor.name,
                "domain": actor.host, "host": actor.host, "display_name": actor.name.title(),
                "note": "<p>Teaches things.</p>", "inbox": document["inbox"],
                "shared_inbox": document.get("endpoints", {}).get("sharedInbox"),
                "outbox": document["outbox"], "followers_uri": document["followers"],
                "created_at": now, "fetched_at": now, "discoverable": True,
            },
        )  # fmt: skip
        if at < AUTHORS:
            await session.execute(
                insert(KeyRow),
                {
                    "id": number, "account_id": number, "uri": actor.key_id, "kind": "rsa",
                    "public_key": actor.keys.public_pem, "created_at": now, "fetched_at": now,
                },
            )  # fmt: skip
            follows += [(members[reader], number, True) for reader in read_by(at)]
        else:
            follows.append((number, members[1], False))
    rows = [
        {
            "id": new_id(), "follower_id": follower, "target_id": target,
            "follower_local": local, "accepted": True, "show_boosts": True, "notify": False,
            "created_at": now,
        }
        for follower, target, local in follows
    ]  # fmt: skip
    await session.execute(insert(FollowRow), rows)
    tags = [
        {"id": at + 1, "name": f"tag{at}", "display": f"tag{at}", "created_at": now}
        for at in range(TAGS)
    ]
    await session.execute(insert(TagRow), tags)


async def _posts(ctx: Context, authors: list[Actor], members: list[int], number: int) -> None:
    chance = random.Random(7)  # noqa: S311 - words, not secrets
    began = utc_now() - timedelta(minutes=number + 1)
    for first in range(0, number, BATCH):
        rows: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for at in range(first, min(first + BATCH, number)):
            moment = began + timedelta(minutes=at)
            post_id, author = id_at(moment), chance.randrange(AUTHORS)
            words = " ".join(chance.choices(("school", "maths", "lesson", "tree"), k=40))
            rows[PostRow].append(
                {
                    **POST_DEFAULTS, "id": post_id, "thread_id": post_id,
                    "uri": f"{authors[author].uri}/posts/{at}", "local": False,
                    "url": f"http://{authors[author].host}/@{authors[author].name}/{at}",
                    "account_id": author + 1, "visibility": "public", "language": "en",
                    "content": f"<p>{words}</p>", "created_at": moment, "received_at": moment,
                }
            )  # fmt: skip
            rows[HomeEntryRow] += [
                {"account_id": members[reader], "post_id": post_id}
                for reader in read_by(author)
            ]
            rows[PostTagRow].append({"post_id": post_id, "tag_id": 1 + at % TAGS})
            if at % 5 == 0:
                rows[MentionRow].append(
                    {"post_id": post_id, "account_id": members[at % MEMBERS], "position": 0}
                )
            if at % 4 == 0:
                rows[MediaRow].append(
                    {
                        "id": new_id(), "account_id": author + 1, "post_id": post_id,
                        "kind": "image", "mime_type": "image/webp", "width": 640,
                        "height": 480, "alt": "A drawing on a whiteboard",
                        "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj", "created_at": moment,
                        "remote_url": f"http://{authors[author].host}/{at}.webp",
                    }
                )  # fmt: skip
            if at % 3 == 0:
                rows[FavouriteRow].append(
                    {
                        "id": new_id(), "account_id": members[0], "post_id": post_id,
                        "created_at": moment,
                    }
                )  # fmt: skip

        async def put(session: AsyncSession, rows: Any) -> None:
            for table, values in rows.items():
                await session.execute(insert(table), values)

        await ctx.write(put, rows)
