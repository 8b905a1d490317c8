"""Sessions on the inline dialect: what needs no other thread is called, not awaited.

SQLAlchemy runs each statement of an asynchronous session in a greenlet of its own, so that the
driver can wait for the loop. A statement on `sqlite+inline` waits for nothing once its session
has a connection, and the greenlet takes a quarter of what the statement takes. COMMIT and the
first statement, for which a connection may have to be waited for, go the usual way; not so
where a session was given the connection of somebody else's transaction: what it begins and ends
there are savepoints. Letting a connection go waits for nothing either.

To take a connection, begin, end and give it back costs three times what a small statement does.
So what is asked past the session (`storage.built.columns`) before anything else is asked on a
connection that is always at hand, each statement for itself, as on PostgreSQL.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.util import EMPTY_DICT, immutabledict

from fedi_k12.domain.errors import UnavailableError

_BUFFERED = immutabledict({"prebuffer_rows": True})
"""As `AsyncSession` has it: rows are read before anything else is asked."""


class AtHand:
    """A connection for questions of one statement, taken when the first is asked."""

    ALONE: ClassVar[Mapping[str, bool]] = {"alone": True}
    """The option by which it is known that it begins no transactions."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._opened: AsyncConnection | None = None
        self._direct: _InlineAsyncConnection | None = None
        self._opening = asyncio.Lock()

    async def connection(self) -> AsyncConnection:
        """Return the connection."""
        if self._direct is None:
            async with self._opening:
                return await self._open()
        return self._direct

    async def _open(self) -> AsyncConnection:
        if self._direct is not None:
            return self._direct
        self._opened = opened = await self._engine.connect()
        within = (await opened.execution_options(**self.ALONE)).sync_connection
        if within is None:
            raise UnavailableError("The database is not open.")
        self._direct = _InlineAsyncConnection(self._engine, within)
        return self._direct

    async def close(self) -> None:
        """Give the connection back; nothing more is asked."""
        if self._opened is not None:
            await self._opened.close()


class InlineSession(AsyncSession):
    """An asynchronous session whose statements run at once."""

    _at_hand = False
    """Whether this transaction has its connection."""

    _direct: "_InlineAsyncConnection | None" = None

    def __init__(
        self,
        bind: AsyncConnection | AsyncEngine | None = None,
        *,
        at_hand: AtHand | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(bind, **kw)
        self._alone = at_hand
        # Whose transaction it works within.
        self._given: AsyncConnection | None = None
        if isinstance(bind, AsyncConnection):
            if kw.get("join_transaction_mode") != "create_savepoint":
                raise ValueError("What ends the transaction of others would have to wait.")
            self._given = bind

    async def execute(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Any = EMPTY_DICT,
        **kw: Any,
    ) -> Any:
        """Run a statement and return its result, whose rows are there."""
        if not self._goes_on():
            found = await super().execute(
                statement, params, execution_options=execution_options, **kw
            )
            self._at_hand = True
            return found
        options = _buffered(execution_options)
        return self.sync_session.execute(statement, params, execution_options=options, **kw)

    async def scalar(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Any = EMPTY_DICT,
        **kw: Any,
    ) -> Any:
        """Run a statement and return the first value of its first row."""
        if not self._goes_on():
            found = await super().scalar(
                statement, params, execution_options=execution_options, **kw
            )
            self._at_hand = True
            return found
        options = _buffered(execution_options)
        return self.sync_session.scalar(statement, params, execution_options=options, **kw)

    async def get(self, entity: Any, ident: Any, **kw: Any) -> Any:
        """Return the row with this key, or None."""
        if not self._goes_on():
            return await super().get(entity, ident, **kw)
        return self.sync_session.get(entity, ident, **kw)

    async def flush(self, objects: Any = None) -> None:
        """Write what was changed."""
        if not self._goes_on():
            await super().flush(objects)
        else:
            self.sync_session.flush(objects)

    async def connection(self, *given: Any, **kw: Any) -> AsyncConnection:
        """Return the connection of the transaction."""
        if given or kw:
            return await super().connection(*given, **kw)
        if self._direct is not None and self.sync_session.in_transaction():
            return self._direct
        if self._goes_on() and (engine := self._engine()) is not None:
            within = self.sync_session.connection()
            self._direct = _InlineAsyncConnection(engine, within)
        else:
            found = await super().connection()
            if found.sync_connection is None:
                return found
            self._at_hand = True
            self._direct = _InlineAsyncConnection(found.engine, found.sync_connection)
        return self._direct

    async def asked_past(self) -> AsyncConnection:
        """Return the connection for a question that needs nothing of the session.

        What waits to be written is written first, as the session does before it reads.
        """
        within = self._given is not None or self.sync_session.in_transaction()
        if self._alone is not None and not within:
            return await self._alone.connection()
        if self.sync_session.autoflush:
            await self.flush()
        return await self.connection()

    async def commit(self) -> None:
        """Commit; the next transaction has to look for a connection of its own."""
        self._let_go()
        if self._given is not None:
            self.sync_session.commit()
        else:
            await super().commit()

    async def rollback(self) -> None:
        """Take back what was done; as with `commit`."""
        self._let_go()
        await super().rollback()

    async def close(self) -> None:
        """Let the connection go."""
        self._let_go()
        self.sync_session.close()

    async def __aexit__(self, *_error: object) -> None:
        """Close; as nothing is waited for, nothing has to be shielded from being cancelled."""
        await self.close()

    def _goes_on(self) -> bool:
        return self._given is not None or (self._at_hand and self.sync_session.in_transaction())

    def _engine(self) -> AsyncEngine | None:
        if self._given is not None:
            return self._given.engine
        return self.bind if isinstance(self.bind, AsyncEngine) else None

    def _let_go(self) -> None:
        self._at_hand, self._direct = False, None


class _InlineAsyncConnection(AsyncConnection):
    """The connection of an `InlineSession`, whose statements run at once."""

    async def execute(
        self, statement: Any, parameters: Any = None, *, execution_options: Any = None
    ) -> Any:
        """Run a statement and return its result."""
        return self._proxied.execute(statement, parameters, execution_options=execution_options)


def _buffered(options: Any) -> Any:
    return immutabledict(options).union(_BUFFERED) if options else _BUFFERED
