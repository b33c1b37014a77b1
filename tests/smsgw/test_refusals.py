"""What nobody understands: refused in groups, with a hint now and then."""

from callback.store.db import Store
from smsgw.simulator import SimulatedSmsc
from smsgw.simulator_texts import MoMessage
from tests.smsgw.conftest import StartGateway
from tests.smsgw.scene import NotingExecutor, link, rows
from tests.waiting import eventually

ANNA, US = "+48600316058", "+48221234567"
WISH = MoMessage(ANNA, US, "U.callback P.pass R.48600316058")


def test_a_faulty_text_gets_one_hint(
    smsc: SimulatedSmsc, start: StartGateway, executor: NotingExecutor
) -> None:
    start(link(smsc.port))
    smsc.deliver(MoMessage(ANNA, US, "U.callback P.pass R."))
    reply = smsc.await_reply(ANNA, 5)
    assert reply is not None and "no value for R." in reply.text
    assert executor.commands == []


def test_a_machine_with_a_short_number_is_not_answered(
    smsc: SimulatedSmsc, start: StartGateway, store: Store, executor: NotingExecutor
) -> None:
    start(link(smsc.port))
    for source in ("BANK", "7000"):
        smsc.deliver(MoMessage(source, US, "Your code"))
        smsc.deliver(MoMessage(source, US, WISH.text))
    eventually(lambda: len(rows(store, "SELECT id FROM inbox WHERE state = 'done'")) == 4, 5, "all are done")
    assert len(executor.done) == 2
    assert rows(store, "SELECT id FROM outbox") == []


def test_one_sender_gets_three_hints_and_no_more(
    smsc: SimulatedSmsc, start: StartGateway, store: Store
) -> None:
    start(link(smsc.port))
    for number in range(5):
        smsc.deliver(MoMessage(ANNA, US, f"good morning {number}"))
    eventually(lambda: len(rows(store, "SELECT id FROM inbox WHERE state = 'done'")) == 5, 5, "all are done")
    assert len(rows(store, "SELECT id FROM outbox")) == 3


def test_chatter_goes_in_groups_and_a_command_passes_it(
    smsc: SimulatedSmsc, start: StartGateway, store: Store, executor: NotingExecutor
) -> None:
    smsc.window = 100
    start(link(smsc.port))
    for number in range(1000):
        smsc.deliver(MoMessage(f"+4870{number:07}", US, "hello"))
    smsc.deliver(WISH)
    done = "SELECT count(*) AS n FROM inbox WHERE state = 'done'"
    eventually(lambda: rows(store, done)[0]["n"] == 1001, 15, "everything has an outcome")
    hello = rows(store, "SELECT DISTINCT outcome, masked FROM inbox WHERE ani <> '+48600316058'")
    assert [tuple(row.values()) for row in hello] == [("malformed", "***")]
    assert len(executor.done) == 1
    left = rows(store, "SELECT count(*) AS n FROM inbox WHERE sealed IS NOT NULL")
    assert left[0]["n"] == 0
