"""Copies of an SMS through the whole gateway, with time moved by hand (DESIGN 5a)."""

import contextlib

from callback.store.db import Store
from smsgw.simulator import SimulatedSmsc
from smsgw.simulator_texts import MoMessage
from tests.smsgw.conftest import StartGateway
from tests.smsgw.scene import MovableClock, NotingExecutor, link, rows
from tests.waiting import eventually

WISH = MoMessage("+48600316058", "+48221234567", "U.callback P.pass")


def send(smsc: SimulatedSmsc) -> None:
    delivery = smsc.deliver(WISH)
    assert smsc.wait_for(lambda: delivery.accepted, 10)


def beyond_doubt(clock: MovableClock, store: Store, inbox_id: int) -> None:
    """Let six seconds pass until the response to it is known to have been written long enough ago.

    More than once if need be: the clock may be moved between the response and its being noted.
    """

    def noted() -> bool:
        return bool(rows(store, f"SELECT 1 FROM bind_session WHERE acked_to >= {inbox_id}"))

    for _ in range(3):
        clock.ahead_s += 6
        with contextlib.suppress(AssertionError):
            eventually(noted, 3, "noted")
            return
    raise AssertionError(f"the response to {inbox_id} stays doubtful")


def states(store: Store) -> list[str]:
    return [row["state"] for row in rows(store, "SELECT state FROM inbox ORDER BY id")]


def test_a_wish_repeated_after_a_quiet_half_minute_is_a_new_one(
    smsc: SimulatedSmsc, start: StartGateway, store: Store, executor: NotingExecutor
) -> None:
    clock = MovableClock()
    start(link(smsc.port, enquire_link_s=3600), clock=clock)
    send(smsc)
    beyond_doubt(clock, store, 1)
    clock.ahead_s = 25
    send(smsc)
    beyond_doubt(clock, store, 2)
    clock.ahead_s = 25 + 31
    send(smsc)
    eventually(lambda: len(executor.done) == 2, 5, "the first and the third are executed")
    assert states(store) == ["done", "repeat", "done"]


def test_after_a_cut_near_its_response_a_copy_is_a_repeat_for_five_minutes(
    smsc: SimulatedSmsc, start: StartGateway, store: Store, executor: NotingExecutor
) -> None:
    clock = MovableClock()
    start(link(smsc.port, enquire_link_s=3600), clock=clock)
    send(smsc)
    smsc.cut()
    assert smsc.wait_for(lambda: smsc.binds == 2, 10)
    clock.ahead_s += 290
    send(smsc)
    clock.ahead_s += 301
    send(smsc)
    eventually(lambda: len(executor.done) == 2, 5, "the first and the third are executed")
    assert states(store) == ["done", "repeat", "done"]
