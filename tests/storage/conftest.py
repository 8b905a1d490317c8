"""An open database without a server around it."""

import pytest

from storage.db import open_database


@pytest.fixture
async def announced():
    return []


@pytest.fixture
async def database(database_url, announced):
    opened = open_database(database_url, on_commit=lambda *said: announced.append(said))
    yield opened
    await opened.close()
