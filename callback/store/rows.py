"""The three moves all tables share: insert once, change by one conditional UPDATE, read afresh.

Nothing here loads a row in order to change it: what an UPDATE counted is the only proof of having won
(DESIGN rule 2). So the session's memory of rows is bypassed when changing, and emptied when reading.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Insert, Update, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Delete
from sqlmodel import Session, SQLModel
from sqlmodel.sql.expression import SelectOfScalar

Row = TypeVar("Row", bound=SQLModel)

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_once(session: Session, row: SQLModel) -> bool:
    """Store the row; False, and nothing stored, if any unique key of it is taken."""
    values = {name: value for name, value in row.model_dump().items() if value is not None}
    insert = _INSERT[session.get_bind().dialect.name]
    return _count(session, insert(_table(type(row))).values(values).on_conflict_do_nothing()) == 1


def insert_values(session: Session, model: type[SQLModel], values: Sequence[Mapping[str, Any]]) -> None:
    """Store rows given as mappings with the same keys: the fast lane of imports and traces."""
    if values:
        session.connection().execute(_table(model).insert(), values)


def changed(session: Session, statement: Update | Delete) -> int:
    """Run a conditional UPDATE or DELETE; how many rows it met."""
    return _count(session, statement)


def first(session: Session, query: "SelectOfScalar[Row]") -> Row | None:
    """The first row as it stands in the database now, or None."""
    found = every(session, query.limit(1))
    return found[0] if found else None


def every(session: Session, query: "SelectOfScalar[Row]") -> list[Row]:
    """All rows as they stand in the database now; values: they follow no later change, and cause none."""
    found = list(session.exec(query.execution_options(populate_existing=True)).all())
    for row in found:
        session.expunge(row)
    return found


def _count(session: Session, statement: Insert | Update | Delete) -> int:
    session.flush()
    statement = statement.execution_options(preserve_rowcount=True)  # PostgreSQL forgets it after an INSERT
    count: int = session.connection().execute(statement).rowcount
    return count


def _table(model: type[SQLModel]) -> Any:
    return inspect(model).local_table
