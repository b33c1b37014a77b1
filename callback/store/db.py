"""The door to the database: a session for writing, a session for reading, and our own errors.

Nothing outside `callback/store` sees SQLAlchemy's exceptions; they end here as a `StoreError` that says
which file it is about, what to do, and whether trying again may help (`transient`).

SQLite decides late: a transaction that begins by reading and then wants to write may be refused at once,
whatever the busy timeout. So a writer says BEGIN IMMEDIATE and waits for its turn at the door, and a reader
says `query_only` and cannot become a writer by mistake.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool
from sqlmodel import Session

from callback.store.schema import known_revisions, upgrade

BUSY_TIMEOUT_MS = 5000
_POOL_KEEP = 4  # idle connections kept open
_POOL_OVERFLOW = 60  # more while that many threads are at work
_POOL_WAIT_S = 10

_MIGRATES = "ringback_migrates"  # execution option: the tables themselves are changed
_CHECKPOINT_AT_LAST = "wal_autocheckpoint=16000"  # pages, 64 MiB: should nobody call `checkpoint`
_KNOCK_S = 0.0005

# SQLSTATE classes of PostgreSQL: lock not available, serialisation failure, deadlock
_PG_BUSY = frozenset({"55P03", "40001", "40P01"})
_PG_READ_ONLY = "25006"


class StoreError(Exception):
    """Trouble with the database. `transient`: the same thing may work in a moment."""

    transient = False


class StoreBusy(StoreError):  # the name is the state it tells of
    """Somebody else holds the database; nothing was changed."""

    transient = True


class StoreReadOnly(StoreError):  # the name is the state it tells of
    """The database, its directory or its file system does not let us write."""


class StoreTooNew(StoreError):  # the name is the state it tells of
    """A newer program made or upgraded this database."""


class StoreTooOld(StoreError):  # the name is the state it tells of
    """The database is missing, empty or from an older program: `ringback init` cures it."""


class StoreBroken(StoreError):  # the name is the state it tells of
    """Anything else: unreachable, damaged, full, or a row that the schema refuses."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class Store:
    """One database. Safe to share between threads; not between processes: make a new one after a fork."""

    def __init__(self, url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.name = parsed.database or "" if self.is_sqlite else parsed.render_as_string(hide_password=True)
        """How messages call it: the file, or the URL without its password."""
        is_file = self.is_sqlite and self.name != "" and not self.name.startswith((":memory:", "file:"))
        self._path = Path(self.name) if is_file else None
        self._writers = _engine(url, self.is_sqlite, busy_timeout_ms, writes=True)
        self._readers = (
            _engine(url, self.is_sqlite, busy_timeout_ms, writes=False) if self.is_sqlite else self._writers
        )
        self._busy_timeout_ms = busy_timeout_ms
        self._turn = threading.Lock()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises. Rows stay readable."""
        with (
            self._turn_within_process(),
            self._errors_are_ours(),
            Session(self._writers, expire_on_commit=False) as session,
        ):
            session.connection()  # our turn is taken here, not at the first statement
            yield session
            session.commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One snapshot; writing in it is refused (SQLite)."""
        with self._errors_are_ours(), Session(self._readers, expire_on_commit=False) as session:
            yield session

    def check_schema(self) -> None:
        """Nothing, if the database is just what this program expects; else StoreTooNew or StoreTooOld."""
        revision = self._revision()
        known = known_revisions()
        if revision == known[-1]:
            return
        if revision is None:
            raise StoreTooOld(f"{self.name}: there is no Ringback database yet; run `ringback init`")
        if revision < known[-1]:
            raise StoreTooOld(
                f"{self.name}: the database is at revision {revision}, this program needs {known[-1]}; "
                "stop everything and run `ringback init` to upgrade it"
            )
        raise StoreTooNew(
            f"{self.name}: the database is at revision {revision}, which this program (up to {known[-1]}) "
            "does not know; install the newer Ringback that made it"
        )

    def migrate(self) -> None:
        """Create or upgrade to the newest revision, all or nothing; harmless when nothing is to do."""
        try:
            self.check_schema()
        except StoreTooOld:
            self.change_schema(upgrade)

    def change_schema(self, change: Callable[[Connection], None]) -> None:
        """Run a change of tables in one transaction that keeps everybody else out."""
        with self._errors_are_ours():
            self._make_private()
            with self._writers.execution_options(**{_MIGRATES: True}).connect() as connection:
                with connection.begin():
                    change(connection)
                connection.detach()  # its foreign keys are switched off: not for the pool

    def checkpoint(self) -> None:
        """Bring what SQLite's WAL holds into the database, so that no commit has to; nothing elsewhere.

        To be called every few seconds by one process that nobody waits for. Never blocks a writer.
        """
        if not self.is_sqlite:
            return
        with self._errors_are_ours():
            pooled = self._writers.raw_connection()
            try:
                assert pooled.driver_connection is not None
                pooled.driver_connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            finally:
                pooled.close()

    def dispose(self) -> None:
        """Close every idle connection."""
        self._writers.dispose()
        self._readers.dispose()

    def _make_private(self) -> None:
        """WAL and SHM take the mode of their database, so the file is made before SQLite makes it."""
        try:
            if self._path:
                self._path.touch(mode=0o600)
        except OSError as error:
            cure = "does its directory exist, and is it ours?"
            raise StoreBroken(f"{self.name}: cannot be made ({error.strerror}); {cure}") from error

    def _revision(self) -> str | None:
        if self._path and not self._path.exists():
            return None  # connecting would make an empty file
        with self._errors_are_ours(), self._readers.connect() as connection:
            if not self._writers.dialect.has_table(connection, "alembic_version"):
                return None
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return found

    @contextmanager
    def _turn_within_process(self) -> Iterator[None]:
        """Threads of one process queue here; SQLite lets them sleep and guess, at a third of the rate."""
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=self._busy_timeout_ms / 1000):
            raise StoreBusy(f"{self.name}: another thread of this process holds the database")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _errors_are_ours(self) -> Iterator[None]:
        driver_error: type[Exception] = self._writers.dialect.loaded_dbapi.Error
        try:
            yield
        except (SQLAlchemyError, driver_error) as error:
            raise _translate(error, self.name) from error


def _engine(url: str, is_sqlite: bool, busy_timeout_ms: int, *, writes: bool) -> Engine:
    # SQLite's readers and writers have connections of their own, set up once: a PRAGMA at each transaction
    # would make it prepare every statement anew. QueuePool hands a connection to any thread; sqlite3 allows
    # it with check_same_thread off, and serialises calls inside the library.
    arguments: dict[str, Any] = {"check_same_thread": False, "timeout": busy_timeout_ms / 1000}
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=_POOL_KEEP,
        max_overflow=_POOL_OVERFLOW,
        pool_timeout=_POOL_WAIT_S,
        pool_pre_ping=not is_sqlite,
        connect_args=arguments if is_sqlite else {},
        hide_parameters=True,  # a traceback in the log must not show what people wrote
    )
    if is_sqlite:
        event.listen(engine, "connect", _prepare_writer if writes else _prepare_reader)
        event.listen(
            engine,
            "begin",
            partial(_begin_write, patience_s=busy_timeout_ms / 1000) if writes else _begin_read,
        )
    return engine


def _prepare_writer(connection: Any, _record: object) -> None:
    _prepare_sqlite(connection, "PRAGMA busy_timeout=0")  # we wait ourselves


def _prepare_reader(connection: Any, _record: object) -> None:
    _prepare_sqlite(connection, "PRAGMA query_only=ON")


def _prepare_sqlite(connection: Any, last: str) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", _CHECKPOINT_AT_LAST):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(last)


def _begin_read(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_write(connection: Connection, patience_s: float) -> None:
    raw = connection.connection.driver_connection
    assert raw is not None
    if connection.get_execution_options().get(_MIGRATES):
        # a table rebuilt by alembic's batch mode is dropped for an instant, and its children must not mind
        raw.execute("PRAGMA foreign_keys=OFF")
    _begin_immediate(raw, patience_s)


def _begin_immediate(raw: sqlite3.Connection, patience_s: float) -> None:
    """Wait for the writers' lock by knocking every half millisecond.

    SQLite itself sleeps longer with each refusal, up to 100 ms, so whoever came last is served first: at 20
    callbacks a second its waiters took up to two seconds.
    """
    until_s = time.monotonic() + patience_s
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until_s:
                raise
        time.sleep(_KNOCK_S)


def _translate(error: Exception, name: str) -> StoreError:
    """Our error for a driver's or SQLAlchemy's, with the cure."""
    if isinstance(error, PoolTimeout):
        return StoreBusy(f"{name}: too many threads use the database at once")
    origin = error.orig if isinstance(error, DBAPIError) else error
    message = str(origin)
    sqlstate = getattr(origin, "sqlstate", None)
    if "database is locked" in message or "database table is locked" in message or sqlstate in _PG_BUSY:
        return StoreBusy(f"{name}: the database is locked by another process; is a backup or import running?")
    if "readonly database" in message or sqlstate == _PG_READ_ONLY:
        return StoreReadOnly(
            f"{name}: the database cannot be written; check the owner and mode of the file and of its "
            "directory, and that the disk is not mounted read-only"
        )
    if isinstance(error, IntegrityError):
        return StoreBroken(f"{name}: the database refused a row: {message}")
    if "no such table" in message or "no such column" in message or sqlstate in {"42P01", "42703"}:
        return StoreBroken(f"{name}: {message}; run `ringback init` to create or upgrade the tables")
    if "unable to open database file" in message:
        return StoreBroken(f"{name}: cannot be opened; does its directory exist, and is it ours?")
    if "disk is full" in message or sqlstate == "53100":
        return StoreBroken(f"{name}: the disk is full; nothing was stored", transient=True)
    if "disk I/O error" in message:
        return StoreBroken(f"{name}: {message}; is the disk full, or failing?")
    if "malformed" in message or "not a database" in message:
        return StoreBroken(f"{name}: the file is damaged; restore the last backup")
    unreachable = isinstance(error, DBAPIError) and error.connection_invalidated
    return StoreBroken(f"{name}: {message}", transient=unreachable)
