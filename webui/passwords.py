"""Asking a member for the password once more, before something that only they may do."""

import asyncio

from aiohttp import web

from fedi_k12.domain.permissions import Actor
from fedi_k12.services import login
from fedi_k12.web.keys import CONTEXT

WRONG = "That is not the password of this account."


async def knows_password(request: web.Request, me: Actor, password: str) -> bool:
    """Return whether it is the member's password; a wrong one counts towards the lock-out."""
    ctx = request.app[CONTEXT]
    if me.member_id is None:
        return False
    async with ctx.read() as session:
        found = await login.member_by_id(session, member_id=me.member_id)
    if found is None or (found.locked_until or ctx.clock()) > ctx.clock():
        return False
    right = await asyncio.to_thread(login.check_password_hash, found.password_hash, password)
    if not right:
        await ctx.write(login.record_failure, member_id=found.member_id, now=ctx.clock())
    return right
