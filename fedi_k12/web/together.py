"""Do together what is asked for at the same time: one call for many items."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from fedi_k12.context import Context
from storage.trouble import is_trouble

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """Hands items that wait at the same time to one call, and each what came of it.

    The first goes at once; what comes while calls are under way waits for the next. A call
    that fails is made again for each of its items alone, so that one does not spoil the
    others' work: it must leave nothing behind when it fails. Where the store is in trouble,
    all fail at once, those who wait for the next call, too. Kept on the shelf
    (`web.shelf.kept`), one for each server.
    """

    def __init__(
        self,
        do: Callable[[Context, Sequence[T]], Awaitable[Sequence[R]]],
        *,
        most: int = 100,
        at_once: int = 1,
        pause: float = 0.0,
    ) -> None:
        """`most` items in a call, `at_once` calls; `pause`: seconds between two calls."""
        self._do = do
        self._most, self._pause = most, pause
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._idle = at_once
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, ctx: Context, item: T) -> R:
        """Return what came of `item`, or raise what came between."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._idle:
            self._idle -= 1
            task = asyncio.create_task(self._run(ctx))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _run(self, ctx: Context) -> None:
        try:
            while self._waiting:
                some = [
                    self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))
                ]
                await self._settle(ctx, some)
                if self._pause:
                    await asyncio.sleep(self._pause)
        finally:
            self._idle += 1

    async def _settle(self, ctx: Context, some: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._do(ctx, [item for item, _future in some])
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            # A store that does not answer is nobody's fault: it would keep each waiting again.
            if len(some) > 1 and not is_trouble(error):
                for one in some:
                    await self._settle(ctx, [one])
                return
            failed = list(some)
            if is_trouble(error):
                # They have waited for it as long: nothing is better for those who come next.
                failed += self._waiting
                self._waiting.clear()
            for _item, future in failed:
                if not future.done():
                    future.set_exception(error)
            return
        for (_item, future), result in zip(some, results, strict=True):
            if not future.done():
                future.set_result(result)
