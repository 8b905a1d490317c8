"""Parameters of statements that are built once and sent many times.

Building a statement out of columns and conditions takes SQLAlchemy longer than SQLite needs to
answer it, and what it remembers of a statement it remembers with the object: so the statements
that every page asks stand as constants in their modules, or behind a cache, and what varies is
a parameter.
"""

from typing import Any

from sqlalchemy import BigInteger, BindParameter, bindparam


def number(name: str) -> BindParameter[int]:
    """Return a parameter that is an id."""
    return bindparam(name, type_=BigInteger)


def several(name: str) -> BindParameter[Any]:
    """Return a parameter that is a list, for `column.in_()`."""
    return bindparam(name, expanding=True)
