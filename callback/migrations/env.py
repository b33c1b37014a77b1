"""Alembic's entrance: run by `callback/store/schema.py`, always within a transaction it was handed."""

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString, SQLModel

from callback.store import models

assert models.Account.metadata is SQLModel.metadata  # the import is what fills the metadata


def _plain_types(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Migrations outlive libraries: write SQLAlchemy's own name for SQLModel's string."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,  # SQLite alters a table by building it anew
    render_item=_plain_types,
    transactional_ddl=True,  # all revisions or none; Alembic assumes SQLite cannot
)
with context.begin_transaction():
    context.run_migrations()
