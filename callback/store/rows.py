"""The three moves all tables share: insert once, change by one conditional UPDATE, read afresh.

Nothing here loads a row in order to change it: what an UPDATE counted is the only proof of having won
(DESIGN rule 2). So the session's memory of rows is bypassed, and a row that was read is a value.

To build a statement takes several times as long as to run it, and while a writer builds, all others wait. So
what runs for every call is *prepared*: built once, when its module is read, with a `bindparam` wherever a
value goes, and given the values at each execution. In a prepared UPDATE a value named like a column sets that
column; the parameters of its conditions have other names (`its_id`).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Executable, Insert, Update, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Delete
from sqlmodel import Session, SQLModel
from sqlmodel.sql.expression import SelectOfScalar

Row = TypeVar("Row", bound=SQLModel)

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_COUNTED = {"preserve_rowcount": True}  # PostgreSQL forgets it after an INSERT


def insert_once(session: Session, row: SQLModel) -> bool:
    """Store the row; False, and nothing stored, if any unique key of it is taken."""
    values = {name: value for name, value in row.model_dump().items() if value is not None}
    return _count(session, _insert_once(session.get_bind().dialect.name, type(row)), values) == 1


def insert_values(session: Session, model: type[SQLModel], values: Sequence[Mapping[str, Any]]) -> None:
    """Store rows given as mappings with the same keys: the fast lane of imports and traces."""
    if values:
        session.connection().execute(_table(model).insert(), values)


def changed(session: Session, statement: Update | Delete, **values: Any) -> int:
    """Run a conditional UPDATE or DELETE; how many rows it met."""
    return _count(session, statement, values)


def first(session: Session, query: "SelectOfScalar[Row]", **values: Any) -> Row | None:
    """The first row as it stands in the database now, or None. Of many, ask for one: `limit(1)`."""
    return next(iter(every(session, query, **values)), None)


def every(session: Session, query: "SelectOfScalar[Row]", **values: Any) -> list[Row]:
    """All rows as they stand in the database now; values: they follow no later change, and cause none."""
    found = session.connection().execute(query, values)
    make, columns = _maker(query.column_descriptions[0]["entity"]), tuple(found.keys())
    rows: list[Row] = []
    for stored in found:
        row = make()
        vars(row).update(zip(columns, stored, strict=True))
        rows.append(row)
    return rows


def figures(session: Session, query: Executable, **values: Any) -> Any:
    """The columns of the first row a query finds, as a tuple, or None."""
    return session.connection().execute(query, values).first()


@cache
def _insert_once(dialect: str, model: type[SQLModel]) -> Insert:
    insert: Insert = _INSERT[dialect](_table(model)).on_conflict_do_nothing()
    return insert


def _maker(model: type[Row]) -> Callable[[], Row]:
    """Makes a row without its constructor's work: what comes out of the database fits the table."""
    make: Callable[[], Row] = inspect(model).class_manager.new_instance
    return make


def _count(session: Session, statement: Insert | Update | Delete, values: Mapping[str, Any]) -> int:
    count: int = session.connection().execute(statement, values, execution_options=_COUNTED).rowcount
    return count


def _table(model: type[SQLModel]) -> Any:
    return inspect(model).local_table
