"""Fill the two districts of the demo, through the services and over HTTP between them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from federation.resolve import resolve_account, resolve_mentions, resolve_url
from fedi_k12.cli import demo_pictures
from fedi_k12.cli.demo_cast import (
    DISTRICTS,
    FOLLOWS,
    PASSWORD,
    POSTS,
    District,
    Person,
    Said,
)
from fedi_k12.context import Context
from fedi_k12.domain.errors import NotFoundError, UnavailableError
from fedi_k12.domain.permissions import Actor, Role
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.services import (
    follows,
    login,
    members,
    posts,
    profiles,
    reactions,
    signup,
    site,
    views,
)
from fedi_k12.services.keys import generate_keys
from fedi_k12.services.site import SiteChanges
from fedi_k12.web.uploads import take_in_picture

PATIENCE = 20.0
"""Seconds for something to arrive at the other district."""

Contexts = Mapping[str, Context]


class Seeder:
    """Acts for everybody in both districts."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._actors: dict[str, Actor] = {}
        self._uris: dict[str, str] = {}
        """Posts by their key in the cast: the ids that both districts know them by."""

    async def settle(self, district: District) -> None:
        """Make a district's accounts."""
        ctx = self._contexts[district.name]
        hashed = await asyncio.to_thread(login.hash_password, PASSWORD)
        await ctx.write(
            site.save_site,
            actor=None,
            changes=SiteChanges(
                title=district.title, accent_hue=district.hue, accent_chroma=0.08
            ),
            now=ctx.clock(),
        )
        for person in district.people:
            self._actors[f"{district.name}/{person.username}"] = await self._settle_one(
                ctx, person, hashed
            )

    async def befriend(self) -> None:
        """Let people follow one another, here and across; wait until it counts."""
        for follower, target in FOLLOWS:
            ctx = self._contexts[follower.partition("/")[0]]
            target_id = await self._known_to(ctx, target)
            await ctx.write(
                follows.follow,
                actor=self._actors[follower],
                target_id=target_id,
                addresses=ctx.addresses,
                now=ctx.clock(),
            )
        for follower, target in FOLLOWS:
            await self._accepted(follower, target)

    async def talk(self) -> None:
        """Publish what people say, in the order of time, and what others do with it."""
        for said in sorted(POSTS, key=lambda one: -one.minutes_ago):
            await self._say(said)
        for said in POSTS:
            for who in said.liked_by:
                await self._react(who, said, boost=False)
            for who in said.boosted_by:
                await self._react(who, said, boost=True)

    async def _settle_one(self, ctx: Context, person: Person, hashed: str) -> Actor:
        row = await ctx.write(
            signup.create_member,
            username=person.username,
            email=f"{person.username}@{ctx.settings.domain.partition(':')[0]}.example",
            password_hash=hashed,
            role=Role(person.role),
            kind=person.kind,
            display_name=person.name,
            keys=await asyncio.to_thread(generate_keys),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        async with ctx.read() as session:
            member = await login.find_member(session, login=person.username)
        actor = Actor(row.id, member.member_id if member else None, Role(person.role))
        await ctx.write(
            profiles.update_profile,
            actor=actor,
            changes=ProfileChanges(
                note=person.about, fields=person.fields, discoverable=True, indexable=True
            ),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        return actor

    async def _say(self, said: Said) -> None:
        ctx = self._contexts[said.by.partition("/")[0]]
        actor = self._actors[said.by]
        at = ctx.clock() - timedelta(minutes=said.minutes_ago)
        reply_to = await self._arrived(ctx, said.answers, actor) if said.answers else None
        media_ids: tuple[int, ...] = ()
        if said.picture:
            drawing = await asyncio.to_thread(demo_pictures.draw, said.picture)
            view = await take_in_picture(ctx, drawing, actor=actor, alt=said.alt)
            media_ids = (view.id,)
        text = said.text
        if said.answers:
            async with ctx.read() as session:
                parent = await views.post_view(session, reply_to or 0, viewer=actor)
            greeting = f"@{parent.account.acct} "
            text = text if text.startswith("@") else greeting + text
        await resolve_mentions(ctx, text)
        number = await ctx.write(
            posts.publish,
            actor=actor,
            draft=Draft(
                text=text,
                visibility=Visibility(said.who),
                summary=said.note,
                sensitive=bool(said.note),
                language=said.language,
                in_reply_to_id=reply_to,
                media_ids=media_ids,
            ),
            addresses=ctx.addresses,
            now=at,
        )
        async with ctx.read() as session:
            self._uris[said.key] = (await views.post_view(session, number, viewer=actor)).uri

    async def _react(self, who: str, said: Said, *, boost: bool) -> None:
        ctx = self._contexts[who.partition("/")[0]]
        actor = self._actors[who]
        number = await self._arrived(ctx, said.key, actor)
        change = reactions.boost if boost else reactions.favourite
        await ctx.write(
            change, actor=actor, post_id=number, addresses=ctx.addresses, now=ctx.clock()
        )

    async def _arrived(self, ctx: Context, key: str, actor: Actor) -> int:
        """Return a post's id in this district, once it is here and the actor may see it."""

        async def look() -> int | None:
            try:
                found = await resolve_url(ctx, self._uris[key], ask=False)
                async with ctx.read() as session:
                    await views.post_view(session, found.post_id or 0, viewer=actor)
            except NotFoundError:
                return None
            return found.post_id

        return await _until(look, f"{key} at {ctx.settings.domain}")

    async def _known_to(self, ctx: Context, person: str) -> int:
        district, _, username = person.partition("/")
        host = self._contexts[district].addresses.handle_domain
        return await resolve_account(ctx, f"@{username}@{host}")

    async def _accepted(self, follower: str, target: str) -> None:
        ctx = self._contexts[follower.partition("/")[0]]
        target_id = await self._known_to(ctx, target)

        async def look() -> int | None:
            async with ctx.read() as session:
                found = await follows.relationships(
                    session, actor=self._actors[follower], target_ids=[target_id]
                )
            return target_id if found and found[0].following else None

        await _until(look, f"{follower} to follow {target}")


async def is_begun(ctx: Context) -> bool:
    """Return whether somebody lives in this district already."""
    async with ctx.read() as session:
        return bool(await members.local_accounts(session))


async def seed(contexts: Contexts) -> None:
    """Fill both districts while their servers run."""
    seeder = Seeder(contexts)
    for district in DISTRICTS:
        await seeder.settle(district)
    await seeder.befriend()
    await seeder.talk()


async def _until(look: Callable[[], Awaitable[int | None]], what: str) -> int:
    """Return what `look` finds, as soon as it finds it."""
    try:
        async with asyncio.timeout(PATIENCE):
            while (found := await look()) is None:  # noqa: ASYNC110 - the other process sets no event
                await asyncio.sleep(0.1)
            return found
    except TimeoutError as error:
        raise UnavailableError(f"Waited in vain for {what}.") from error
