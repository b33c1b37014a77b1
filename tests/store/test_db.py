"""The door to the database: transactions, threads, versions, and what the operator is told."""

import sqlite3
import stat
import threading
import traceback
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from callback.store import nodes
from callback.store.db import (
    Store,
    StoreBroken,
    StoreBusy,
    StoreError,
    StoreReadOnly,
    StoreTooNew,
    StoreTooOld,
)
from callback.store.models import Lease
from callback.store.schema import differences, known_revisions


def test_the_tables_are_what_the_models_say(store: Store) -> None:
    found: list[object] = []
    store.change_schema(lambda connection: found.extend(differences(connection)))
    assert found == []


def test_there_is_one_newest_revision() -> None:
    assert known_revisions() == ("0001", "0002")


def test_a_traceback_does_not_show_what_people_wrote(store: Store) -> None:
    written = "".join(["secret", "99"])  # the traceback shows these lines
    with pytest.raises(StoreBroken) as told, store.write() as session:
        session.connection().execute(text("INSERT INTO nothing VALUES (:it)"), {"it": written})
    assert written not in "".join(traceback.format_exception(told.value))


def test_a_new_database_is_for_our_eyes_only(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    store.migrate()
    store.check_schema()
    with store.write() as session:
        nodes.acquire_lease(session, "relay", "me")
        modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    store.dispose()
    assert modes == {0o600}


def test_migrating_again_changes_nothing(store: Store, path: Path) -> None:
    store.dispose()
    before = path.read_bytes()
    store.migrate()
    store.dispose()
    assert path.read_bytes() == before


def test_a_missing_database_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreTooOld, match="run `ringback init`"):
        Store(f"sqlite:///{tmp_path / 'none.db'}").check_schema()
    assert list(tmp_path.iterdir()) == []


def test_a_missing_relative_file_is_not_made_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreTooOld):
        Store("sqlite:///none.db").check_schema()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    store = Store(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(StoreTooOld, match="run `ringback init`"):
        store.check_schema()
    store.dispose()


def test_a_database_of_a_newer_program_is_left_alone(store: Store) -> None:
    with store.write() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for look in (store.check_schema, store.migrate):
        with pytest.raises(StoreTooNew, match=r"9999.*install the newer Ringback"):
            look()


def test_an_older_database_is_upgraded_by_init(store: Store) -> None:
    with store.write() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StoreTooOld, match=r"revision 0000, this program needs 0002.*ringback init"):
        store.check_schema()


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as session:
        assert nodes.acquire_lease(session, "relay", "me")
        1 / 0  # noqa: B018  # any mistake of ours
    with store.read() as session:
        assert nodes.read_lease(session, "relay") is None


def test_rows_are_readable_after_the_transaction(store: Store) -> None:
    with store.write() as session:
        nodes.acquire_lease(session, "relay", "me")
        lease = nodes.read_lease(session, "relay")
    assert lease is not None and lease.holder == "me"


def test_who_came_to_read_cannot_write(store: Store) -> None:
    with pytest.raises(StoreReadOnly), store.read() as session:
        nodes.acquire_lease(session, "relay", "me")
    with store.write() as session:  # the same connection may serve a writer next
        assert nodes.acquire_lease(session, "relay", "me")


def test_a_reader_sees_one_instant(store: Store) -> None:
    with store.read() as reader:
        assert nodes.read_lease(reader, "relay") is None
        with store.write() as writer:
            assert nodes.acquire_lease(writer, "relay", "me")
        assert reader.exec(select(Lease)).first() is None


def test_many_threads_wait_for_their_turn(store: Store) -> None:
    with store.write() as session:
        nodes.acquire_lease(session, "turns", "all")

    def count_up() -> None:
        for _ in range(20):
            with store.write() as session:
                assert nodes.renew_lease(session, "turns", "all")
            with store.read() as session:
                assert nodes.read_lease(session, "turns") is not None

    threads = [threading.Thread(target=count_up) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as session:
        lease = nodes.read_lease(session, "turns")
    assert lease is not None and lease.renewals == 12 * 20


def test_every_connection_is_durable_and_strict(store: Store) -> None:
    def pragma(name: str) -> object:
        with store.read() as session:
            return session.connection().execute(text(f"PRAGMA {name}")).scalar()

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2  # FULL
    assert pragma("foreign_keys") == 1
    assert pragma("busy_timeout") == 5000


def test_a_locked_database_is_busy_for_now(path: Path) -> None:
    store = Store(f"sqlite:///{path}", busy_timeout_ms=20)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match=r"ringback.db: the database is locked") as caught, store.write():
        pass
    assert caught.value.transient
    other.close()
    with store.write():
        pass
    store.dispose()


def test_a_read_only_database_is_told_with_its_cure(path: Path) -> None:
    store = Store(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StoreReadOnly, match="owner and mode") as caught, store.write() as session:
        nodes.acquire_lease(session, "relay", "me")
    assert not caught.value.transient
    store.dispose()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("milk, eggs, bread\n" * 100)
    store = Store(f"sqlite:///{tmp_path / 'notes.db'}")
    with pytest.raises(StoreBroken, match=r"notes.db: the file is damaged"):
        store.check_schema()
    store.dispose()


def test_a_full_disk_that_calls_itself_broken_is_told_with_its_cure(store: Store) -> None:
    """SQLite says so when there is no room even to look."""
    with pytest.raises(StoreBroken, match="is the disk full, or failing") as refused, store.read():
        raise sqlite3.OperationalError("disk I/O error")
    assert not refused.value.transient


def test_a_missing_directory_is_told(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'nowhere' / 'ringback.db'}")
    with pytest.raises(StoreBroken, match="does its directory exist"):
        store.migrate()
    with pytest.raises(StoreBroken, match="does its directory exist"), store.read() as session:
        nodes.read_lease(session, "relay")
    store.dispose()


def test_a_row_the_schema_refuses_is_our_mistake_and_not_transient(store: Store) -> None:
    with pytest.raises(StoreBroken, match="refused a row") as caught, store.write() as session:
        session.add(Lease(name="relay", holder="me"))
        session.flush()
        session.connection().execute(text("INSERT INTO lease VALUES ('relay', 'you', 0)"))
    assert not caught.value.transient


def test_a_missing_table_points_to_init(store: Store) -> None:
    with pytest.raises(StoreError, match=r"no such table.*ringback init"), store.read() as session:
        session.connection().execute(text("SELECT * FROM voucher"))


def test_a_checkpoint_empties_the_wal_for_the_next_writer(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'wal.db'}")
    store.migrate()
    store.checkpoint()
    before = (tmp_path / "wal.db").stat().st_size
    with store.write() as session:
        nodes.acquire_lease(session, "relay", "x" * 100_000)
    assert (tmp_path / "wal.db").stat().st_size == before
    store.checkpoint()
    assert (tmp_path / "wal.db").stat().st_size > before
    store.dispose()
