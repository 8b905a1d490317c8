"""Job: take over what a member brought along, in pieces that flood no server.

Of each server a few accounts are asked for at a time; one that does not answer is left in peace
and asked again later, and its lines tell why when it never does.
"""

import asyncio
from itertools import groupby

from federation.resolve import resolve_account, resolve_url
from fedi_k12.context import Context
from fedi_k12.domain.errors import (
    DomainError,
    ForbiddenError,
    NotFoundError,
    UnavailableError,
)
from fedi_k12.domain.jobs import CarryOutImport
from fedi_k12.domain.portability import Entry
from fedi_k12.services import import_lines
from fedi_k12.services.import_lines import Piece
from storage import accounts, posts

PER_HOST = 10
PER_PIECE = 100
HOSTS_AT_ONCE = 6
SECONDS = 30.0
"""After so long a piece begins nothing new: other jobs of the lane wait."""
_NOBODY = {"domain_blocks", "links"}
"""Kinds whose lines are about no account and no post."""
_REFUSED = "You cannot follow them: one of you blocks the other, or they are suspended."


async def carry_out_import(ctx: Context, job: CarryOutImport) -> None:
    """Job: do the next piece of an import, and add the job for the one after it."""
    async with ctx.read() as session:
        piece = await import_lines.piece_of(
            session, job, per_host=PER_HOST, limit=PER_PIECE, now=ctx.clock()
        )
    if piece is None:
        return
    ends = asyncio.get_running_loop().time() + SECONDS
    gate = asyncio.Semaphore(HOSTS_AT_ONCE)
    lines = sorted(piece.lines, key=lambda line: line[2].host)

    async def of_host(some: list[tuple[int, str, Entry]]) -> None:
        async with gate:
            await _of_host(ctx, piece, some, ends)

    async with asyncio.TaskGroup() as group:
        for _host, some in groupby(lines, key=lambda line: line[2].host):
            group.create_task(of_host(list(some)))
    await ctx.write(import_lines.end_piece, job, now=ctx.clock())


async def _of_host(
    ctx: Context, piece: Piece, lines: list[tuple[int, str, Entry]], ends: float
) -> None:
    """Do the lines of one server in turn; when it does not answer, what needs it waits."""
    waiting: list[int] = []
    for line_id, action, entry in lines:
        if asyncio.get_running_loop().time() > ends:
            break
        try:
            target = await _known(ctx, piece.kind, entry)
            if target is None and waiting:
                waiting.append(line_id)
                continue
            if target is None:
                target = await _asked(ctx, piece.kind, action, entry)
            await ctx.write(
                import_lines.carry_out,
                piece=piece,
                line_id=line_id,
                target_id=target,
                addresses=ctx.addresses,
                now=ctx.clock(),
            )
        except (TimeoutError, UnavailableError) as error:
            if getattr(error, "permanent", False):
                sentence = f"{entry.host} gave no answer that can be used."
                await ctx.write(import_lines.note_failure, line_id=line_id, why=sentence)
            else:
                waiting.append(line_id)
        except DomainError as error:
            sentence = _sentence(error, piece.kind)
            await ctx.write(import_lines.note_failure, line_id=line_id, why=sentence)
    if waiting:
        why = f"{lines[0][2].host} did not answer."
        await ctx.write(import_lines.leave_host, line_ids=waiting, why=why, now=ctx.clock())


async def _known(ctx: Context, kind: str, entry: Entry) -> int | None:
    """Return the account or post of a line where it is known here already."""
    if kind in _NOBODY or not entry.subject:
        return None
    async with ctx.read() as session:
        if kind == "bookmarks":
            post = await posts.by_uri(session, entry.subject)
            return None if post is None else post.id
        username, _, host = entry.subject.partition("@")
        account = await accounts.by_handle(session, username, host)
    return None if account is None or account.deleted_at is not None else account.id


async def _asked(ctx: Context, kind: str, action: str, entry: Entry) -> int | None:
    """Return what its own server says that a line is about; None where nothing is meant."""
    if kind in _NOBODY or action == "remove" or not entry.subject:
        return None
    if kind != "bookmarks":
        return await resolve_account(ctx, entry.subject)
    found = (await resolve_url(ctx, entry.subject)).post_id
    if found is None:
        raise NotFoundError("There is no post at that address.")
    return found


def _sentence(error: DomainError, kind: str) -> str:
    if isinstance(error, ForbiddenError) and str(error) == "This action is not allowed":
        return _REFUSED
    if isinstance(error, NotFoundError) and kind != "bookmarks":
        return f"Nobody was found under that handle. ({error})" if str(error) else "Not found."
    return str(error).removeprefix("Validation failed: ")
