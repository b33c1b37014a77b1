"""SMS in the outbox: one for each key, sent once, tried again. Time is moved by hand."""

from callback.core.sms import ReplyKind
from callback.store import outbox
from callback.store.db import Store
from tests.store.letters import rows

T0 = 1_700_000_000_000


def add(store: Store, key: str = "inbox:1", kind: str = "help", **changes: str) -> bool:
    wanted = {"link": "one", "sender": "+48221234567", "recipient": "+48600316058", "locale": "en"} | changes
    with store.write() as session:
        return outbox.add(session, key=key, kind=kind, params={"code": "123456"}, now_ms=T0, **wanted)


def claim(store: Store, count: int = 10, link: str = "one", now_ms: int = T0) -> list[int]:
    with store.write() as session:
        due = outbox.is_due(session, link, now_ms)
        claimed = [sms.outbox_id for sms in outbox.claim_due(session, link, count, now_ms)]
        assert due == bool(claimed)
        return claimed


def test_one_effect_is_one_sms(store: Store) -> None:
    assert add(store)
    assert not add(store, kind="balance")
    assert rows(store, "SELECT kind FROM outbox") == [("help",)]


def test_a_link_sends_its_own_oldest_first_and_each_once(store: Store) -> None:
    for number in range(3):
        add(store, key=f"inbox:{number}")
    add(store, key="inbox:9", link="two")
    assert claim(store, 2) == [1, 2]
    assert claim(store, 2) == [3]
    assert claim(store) == []
    assert claim(store, link="two") == [4]


def test_what_is_claimed_carries_all_that_words_need(store: Store) -> None:
    add(store, kind="balance", locale="pl")
    with store.write() as session:
        (sms,) = outbox.claim_due(session, "one", 1, T0)
    assert (sms.kind, dict(sms.params), sms.locale, sms.tries) == ("balance", {"code": "123456"}, "pl", 1)
    assert (sms.sender, sms.recipient, sms.created_at_ms) == ("+48221234567", "+48600316058", T0)


def test_a_refused_one_rests_and_a_lost_one_costs_no_try(store: Store) -> None:
    add(store, key="inbox:1")
    add(store, key="inbox:2")
    claim(store)
    with store.write() as session:
        outbox.retry(session, [(1, T0 + 1000, "throttled", True), (2, T0, "no answer", False)])
    assert rows(store, "SELECT tries, error FROM outbox ORDER BY id") == [(1, "throttled"), (0, "no answer")]
    assert claim(store, now_ms=T0 + 999) == [2]
    assert claim(store, now_ms=T0 + 1000) == [1]


def test_a_one_time_code_is_erased_once_sent_or_given_up(store: Store) -> None:
    add(store, key="code:1", kind=ReplyKind.CODE_SMS)
    add(store, key="code:2", kind=ReplyKind.CODE_SMS)
    add(store, key="inbox:3")
    claim(store)
    with store.write() as session:
        outbox.mark_sent(session, [(1, "id-1"), (3, "id-3")], T0 + 5)
        outbox.fail(session, [(2, "too late")], T0 + 5)
    found = rows(store, "SELECT state, params, message_id, error, sent_at_ms FROM outbox ORDER BY id")
    assert found == [
        ("sent", "{}", "id-1", None, T0 + 5),
        ("failed", "{}", None, "too late", None),
        ("sent", '{"code": "123456"}', "id-3", None, T0 + 5),
    ]


def test_a_restart_sends_what_had_not_left_and_nothing_that_had(store: Store) -> None:
    for number in range(3):
        add(store, key=f"inbox:{number}")
    add(store, key="code:1", kind=ReplyKind.CODE_SMS)
    claim(store)
    with store.write() as session:
        outbox.mark_submitted(session, [2, 4])
        outbox.recover(session, "two", T0)
        outbox.recover(session, "one", T0)
    assert rows(store, "SELECT id, state FROM outbox ORDER BY id") == [
        (1, "queued"), (2, "sent"), (3, "queued"), (4, "sent"),
    ]  # fmt: skip
    assert rows(store, "SELECT params FROM outbox WHERE id = 4") == [("{}",)]


def test_the_end_of_an_sms_is_final(store: Store) -> None:
    add(store)
    claim(store)
    with store.write() as session:
        outbox.mark_sent(session, [(1, "id-1")], T0)
        outbox.fail(session, [(1, "late news")], T0)
        outbox.retry(session, [(1, T0, "late news", True)])
        outbox.mark_submitted(session, [1])
    assert rows(store, "SELECT state, error FROM outbox") == [("sent", None)]
