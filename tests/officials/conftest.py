"""Calling services as those tests do."""

from tests.services.conftest import audited, do, publish, see

__all__ = ["audited", "do", "publish", "see"]
