"""The gateway against a simulated SMSC: what goes wrong on links, in the database and in execution."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from callback.clock import Clock
from callback.core.commands import Register
from callback.core.sms import ReceivedSms
from callback.sealing import Seal
from callback.store import outbox
from callback.store.db import Store
from smsgw import pdu
from smsgw.link import LinkState
from smsgw.simulator import SimulatedSmsc
from smsgw.simulator_texts import MoMessage
from tests.smsgw.conftest import StartGateway
from tests.smsgw.scene import SEAL_KEY, NotingExecutor, link, rows
from tests.waiting import eventually

ANNA, US = "+48600316058", "+48221234567"
WISH = MoMessage(ANNA, US, "U.callback P.pass R.48600316058")


def bound(smsc: SimulatedSmsc, count: int = 1) -> None:
    assert smsc.wait_for(lambda: smsc.binds >= count and bool(smsc.bound), 10), "the gateway binds"


# --- links


def test_a_wrong_password_is_a_state_of_its_own_and_is_tried_again(
    smsc: SimulatedSmsc, start: StartGateway
) -> None:
    gateway = start(link(smsc.port, password="wrong"))
    assert smsc.wait_for(lambda: smsc.refused_binds >= 2, 5)
    assert gateway.states() == {"one": LinkState.REFUSED}
    smsc.password = "wrong"
    bound(smsc)
    eventually(lambda: gateway.states() == {"one": LinkState.BOUND}, 5, "bound after the carrier's change")


def test_a_silent_smsc_is_asked_twice_and_left(smsc: SimulatedSmsc, start: StartGateway) -> None:
    start(link(smsc.port, enquire_link_s=1))
    bound(smsc)
    smsc.mute()
    assert smsc.wait_for(lambda: smsc.binds == 2, 10), "a new bind after the dead one"


def test_a_quiet_but_living_link_is_kept(smsc: SimulatedSmsc, start: StartGateway) -> None:
    start(link(smsc.port, enquire_link_s=1))
    bound(smsc)
    eventually(lambda: smsc.enquiries >= 3, 10, "three enquiries")
    assert smsc.binds == 1


def test_an_unknown_command_is_nacked_and_the_link_lives(smsc: SimulatedSmsc, start: StartGateway) -> None:
    start(link(smsc.port))
    bound(smsc)
    smsc.send_raw(pdu.pdu(0x00000111, 0, 99))
    smsc.send_raw(pdu.pdu(pdu.OUTBIND, 0, 1, b"a\0b\0") + pdu.pdu(pdu.ALERT_NOTIFICATION, 0, 2, b"\0"))
    eventually(lambda: smsc.nacks == 1, 5, "one generic_nack")
    smsc.deliver(WISH)
    assert smsc.await_reply(ANNA, 5)
    assert smsc.binds == 1


def test_an_unreadable_message_is_refused_and_the_next_is_read(
    smsc: SimulatedSmsc, start: StartGateway, executor: NotingExecutor
) -> None:
    start(link(smsc.port))
    bound(smsc)
    smsc.send_raw(pdu.pdu(pdu.DELIVER_SM, 0, 77, b"\0\1\1486"))
    smsc.deliver(WISH)
    assert smsc.await_reply(ANNA, 5)
    assert len(executor.done) == 1


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x08aaaabbbbcccc", b"\x7f\xff\xff\xff" * 4]
)
def test_garbage_costs_the_connection_but_not_the_link(
    smsc: SimulatedSmsc, start: StartGateway, garbage: bytes
) -> None:
    start(link(smsc.port))
    bound(smsc)
    smsc.send_raw(garbage)
    bound(smsc, 2)
    smsc.deliver(WISH)
    assert smsc.await_reply(ANNA, 5)


def test_two_links_live_apart(smsc: SimulatedSmsc, start: StartGateway) -> None:
    other = SimulatedSmsc()
    other.start()
    gateway = start(link(smsc.port), link(other.port, name="two", sender="7000"))
    bound(other)
    smsc.stop()
    other.deliver(WISH)
    reply = other.await_reply(ANNA, 5)
    assert reply is not None and reply.source == "7000"
    eventually(lambda: gateway.states()["one"] is not LinkState.BOUND, 5, "the first link is down")
    assert gateway.states()["two"] is LinkState.BOUND
    other.stop()


# --- what is received


def test_a_data_sm_is_a_message_too(smsc: SimulatedSmsc, start: StartGateway) -> None:
    start(link(smsc.port))
    delivery = smsc.deliver(MoMessage(ANNA, US, WISH.text, command=pdu.DATA_SM))
    assert smsc.await_reply(ANNA, 5)
    assert delivery.statuses == [pdu.ESME_ROK]


def test_receipts_binaries_and_later_parts_are_kept_and_not_executed(
    smsc: SimulatedSmsc, start: StartGateway, store: Store, executor: NotingExecutor
) -> None:
    start(link(smsc.port))
    second = bytes([5, 0, 3, 9, 2, 2])
    unlike = [
        MoMessage(ANNA, US, "id:1 stat:DELIVRD", esm_class=0x04),
        MoMessage(ANNA, US, "\x01\x02", coding="octets"),
        MoMessage(ANNA, US, "rest", esm_class=0x40, header=second),
    ]
    deliveries = [smsc.deliver(message) for message in unlike]
    assert smsc.wait_for(lambda: all(delivery.accepted for delivery in deliveries), 5)
    found = rows(store, "SELECT state, outcome FROM inbox ORDER BY id")
    assert [tuple(row.values()) for row in found] == [
        ("done", "receipt"), ("quarantined", "undecodable"), ("done", "part"),
    ]  # fmt: skip
    assert executor.done == []


def test_the_first_part_of_a_long_text_is_answered_with_a_hint(
    smsc: SimulatedSmsc, start: StartGateway
) -> None:
    start(link(smsc.port))
    smsc.deliver(MoMessage(ANNA, US, WISH.text, esm_class=0x40, header=bytes([5, 0, 3, 9, 2, 1])))
    reply = smsc.await_reply(ANNA, 5)
    assert reply is not None and "text of more than one SMS" in reply.text


def test_a_copy_sent_again_at_once_is_answered_once(
    smsc: SimulatedSmsc, start: StartGateway, store: Store, executor: NotingExecutor
) -> None:
    start(link(smsc.port))
    deliveries = [smsc.deliver(WISH) for _ in range(5)]
    assert smsc.wait_for(lambda: all(delivery.accepted for delivery in deliveries), 5)
    assert smsc.await_reply(ANNA, 5)
    assert len(executor.done) == 1
    states = [row["state"] for row in rows(store, "SELECT state FROM inbox ORDER BY id")]
    assert states == ["done", *["repeat"] * 4]


def test_many_at_once_are_all_executed_and_answered(
    smsc: SimulatedSmsc, start: StartGateway, store: Store, executor: NotingExecutor
) -> None:
    smsc.window = 100
    start(link(smsc.port, window=50))
    for number in range(400):
        smsc.deliver(MoMessage(f"+486003{number:05}", US, WISH.text))
    assert smsc.wait_for(lambda: len(smsc.replies) == 400, 20)
    assert len({reply.destination for reply in smsc.replies}) == 400
    assert {row["state"] for row in rows(store, "SELECT state FROM inbox")} == {"done"}
    assert len(executor.done) == 400


# --- the database


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else at the database; `BEGIN IMMEDIATE` locks it."""
    with closing(sqlite3.connect(tmp_path / "ringback.db", isolation_level=None, timeout=10)) as connection:
        yield connection


def test_while_the_database_is_locked_the_smsc_keeps_the_message(
    smsc: SimulatedSmsc, start: StartGateway, executor: NotingExecutor, lock: sqlite3.Connection
) -> None:
    start(link(smsc.port, enquire_link_s=1))
    bound(smsc)
    lock.execute("BEGIN IMMEDIATE")
    delivery = smsc.deliver(WISH)
    assert smsc.wait_for(lambda: bool(delivery.statuses), 15), "an answer in spite of the lock"
    assert delivery.statuses[0] == pdu.ESME_RX_T_APPN
    assert smsc.bound == ("transceiver",), "the link lived through it"
    lock.execute("ROLLBACK")
    assert smsc.await_reply(ANNA, 15)
    assert delivery.statuses[-1] == pdu.ESME_ROK
    assert len(executor.done) == 1


# --- execution


def test_a_poisonous_sms_holds_nobody_up_and_is_given_up_after_three_tries(
    smsc: SimulatedSmsc, start: StartGateway, store: Store
) -> None:
    poisoned = []

    def break_on_anna(sms: ReceivedSms) -> None:
        if sms.ani == ANNA:
            poisoned.append(sms.inbox_id)
            raise ZeroDivisionError

    start(link(smsc.port), by=NotingExecutor(store, break_on_anna))
    smsc.deliver(WISH)
    smsc.deliver(MoMessage("+48601000000", US, WISH.text))
    assert smsc.await_reply("+48601000000", 5)
    eventually(lambda: len(poisoned) == 2, 10, "a second try after a rest")
    hurry(store)
    reply = smsc.await_reply(ANNA, 10)
    assert reply is not None and "technical problem" in reply.text
    assert len(poisoned) == 3
    found = rows(store, "SELECT state, outcome, sealed IS NOT NULL AS sealed FROM inbox WHERE id = 1")
    assert found == [{"state": "quarantined", "outcome": "system-trouble", "sealed": 1}]


def hurry(store: Store) -> None:
    """End every rest."""

    def ended() -> bool:
        with store.write() as session:
            change = "UPDATE inbox SET not_before_ms = 0 WHERE state = 'received' AND tries = 2"
            return bool(session.connection().exec_driver_sql(change).rowcount)

    eventually(ended, 5, "the SMS rests after its second try")


def test_an_executor_that_forgets_to_finish_is_found_out(
    smsc: SimulatedSmsc, start: StartGateway, store: Store, executor: NotingExecutor
) -> None:
    class Forgetful(NotingExecutor):
        def execute(self, *_: object) -> None:
            return

    start(link(smsc.port), by=Forgetful(store))
    smsc.deliver(WISH)
    eventually(
        lambda: rows(store, "SELECT id FROM inbox WHERE state = 'received' AND tries = 1"), 5, "it rests"
    )


def test_slow_execution_delays_no_acknowledgement(
    smsc: SimulatedSmsc, start: StartGateway, store: Store
) -> None:
    gate = threading.Event()
    smsc.window = 50
    start(link(smsc.port), by=NotingExecutor(store, lambda _: assert_opens(gate)))
    deliveries = [smsc.deliver(MoMessage(f"+486003{n:05}", US, WISH.text)) for n in range(300)]
    assert smsc.wait_for(lambda: all(delivery.accepted for delivery in deliveries), 10)
    assert smsc.replies == []
    waiting = rows(store, "SELECT count(*) AS n FROM inbox WHERE state = 'received'")
    assert waiting[0]["n"] > 0, "not everything is claimed ahead"
    gate.set()
    assert smsc.wait_for(lambda: len(smsc.replies) == 300, 20)


def assert_opens(gate: threading.Event) -> None:
    assert gate.wait(20)


def test_what_a_former_life_claimed_is_executed_at_the_next_start(
    smsc: SimulatedSmsc, start: StartGateway, store: Store, executor: NotingExecutor
) -> None:
    gate = threading.Event()
    stuck = NotingExecutor(store, lambda _: assert_opens(gate))
    first = start(link(smsc.port), by=stuck)
    deliveries = [smsc.deliver(MoMessage(f"+486003{n:05}", US, WISH.text)) for n in range(8)]
    assert smsc.wait_for(lambda: all(delivery.accepted for delivery in deliveries), 10)
    stopping = threading.Thread(target=first.stop)
    stopping.start()
    gate.set()
    stopping.join()
    start(link(smsc.port))
    eventually(lambda: len(stuck.done) + len(executor.done) == 8, 10, "all are executed, none twice")
    assert smsc.wait_for(lambda: len(smsc.replies) == 8, 10)
    assert all(isinstance(command, Register) for command in executor.commands)


# --- replies


def test_a_reply_refused_for_good_is_failed_with_the_reason(
    smsc: SimulatedSmsc, start: StartGateway, store: Store
) -> None:
    start(link(smsc.port))
    smsc.refuse(0x0B)
    smsc.deliver(WISH)
    failed = eventually(lambda: rows(store, "SELECT error FROM outbox WHERE state = 'failed'"), 5, "failed")
    assert failed == [{"error": "command_status 0xb"}]


def test_replies_wait_for_a_link_that_is_down(smsc: SimulatedSmsc, start: StartGateway, store: Store) -> None:
    with store.write() as session:
        code = {"code": Seal(SEAL_KEY).conceal("123456")}
        outbox.add(session, key="code:1", kind="code-sms", params=code, locale="en", link="one",
                   sender=US, recipient=ANNA, now_ms=4_000_000_000_000)  # fmt: skip
    gateway = start(link(smsc.port))
    bound(smsc)
    eventually(lambda: gateway.states() == {"one": LinkState.BOUND}, 5, "the link is up")
    assert smsc.replies == []
    with store.write() as session:
        now_ms = "CAST(strftime('%s', 'now') AS INTEGER) * 1000"
        session.connection().exec_driver_sql(f"UPDATE outbox SET next_at_ms = 0, created_at_ms = {now_ms}")
    reply = smsc.await_reply(ANNA, 5)
    assert reply is not None and "123456" in reply.text
    assert eventually(lambda: rows(store, "SELECT params FROM outbox WHERE state = 'sent'"), 5, "sent") == [
        {"params": "{}"}
    ]


def test_a_code_sealed_under_another_key_is_not_sent(
    smsc: SimulatedSmsc, start: StartGateway, store: Store
) -> None:
    with store.write() as session:
        outbox.add(session, key="code:1", kind="code-sms", params={"code": Seal(bytes(32)).conceal("123456")},
                   locale="en", link="one", sender=US, recipient=ANNA, now_ms=Clock().now_ms())  # fmt: skip
    start(link(smsc.port))
    found = eventually(lambda: rows(store, "SELECT error FROM outbox WHERE state = 'failed'"), 5, "given up")
    assert found == [{"error": "unreadable"}]
    assert smsc.replies == []


def test_news_that_is_too_old_is_not_sent(smsc: SimulatedSmsc, start: StartGateway, store: Store) -> None:
    with store.write() as session:
        outbox.add(session, key="inbox:1", kind="help", params={}, locale="en", link="one",
                   sender=US, recipient=ANNA, now_ms=1_000)  # fmt: skip
    start(link(smsc.port))
    found = eventually(lambda: rows(store, "SELECT error FROM outbox WHERE state = 'failed'"), 5, "given up")
    assert found == [{"error": "too late"}]
    assert smsc.replies == []
