"""What the tests of SMS rows share."""

from typing import Any

from sqlalchemy import text

from callback.store.db import Store


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    """What the database says."""
    with store.read() as session:
        return [tuple(row) for row in session.connection().execute(text(query))]
