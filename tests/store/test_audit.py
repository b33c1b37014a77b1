"""What operators did stays written."""

import pytest

from callback.store import audit
from callback.store.db import Store
from tests.store.books import START_MS


def test_deeds_are_told_newest_first_with_what_they_were_about(store: Store) -> None:
    with store.write() as session:
        audit.record(session, at_ms=START_MS, author="root", action="block-account", subject="a1")
        audit.record(
            session, at_ms=START_MS + 1, author="root", action="top-up", subject="a2", amount="5.00 EUR"
        )
        audit.record(session, at_ms=START_MS + 2, author="eve", action="unblock-account", subject="a1")
    with store.read() as session:
        assert [(one.author, one.action) for one in audit.entries_of(session, "a1")] == [
            ("eve", "unblock-account"), ("root", "block-account"),
        ]  # fmt: skip
        newest, *older = audit.latest(session)
        assert newest.subject == "a1"
        assert dict(older[0].detail) == {"amount": "5.00 EUR"}
        assert [one.at_ms for one in audit.latest(session, limit=1, before_id=older[0].id)] == [START_MS]


def test_a_deed_that_was_undone_left_no_trace(store: Store) -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone), store.write() as session:
        audit.record(session, at_ms=START_MS, author="root", action="top-up", subject="a1")
        raise Undone
    with store.read() as session:
        assert audit.latest(session) == []
