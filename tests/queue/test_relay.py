"""The relay brings back what was forgotten: due requests, and the sealed bodies nobody came for."""

import json
import socket
import threading
import time
from dataclasses import dataclass

import pytest

from callback.clock import Clock
from callback.config import Config, Retention
from callback.jobs import WAKE_SOCKET, CallQueue
from callback.relay import Relay
from callback.store import nodes, requests
from callback.store.db import Store
from tests.queue.parts import HandClock, ListQueue, Valkey, Worker, hear, wish


@dataclass
class Bench:
    store: Store
    clock: HandClock
    queue: ListQueue

    def relay(self, name: str = "relay@here") -> Relay:
        return Relay(self.store, self.queue, self.clock, Retention(), name)


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store, HandClock(), ListQueue())


def test_a_request_nobody_claimed_within_two_seconds_is_enqueued(bench: Bench) -> None:
    relay = bench.relay()
    request_id = wish(bench.store, "x", bench.clock.now_ms())
    relay.round()
    assert bench.queue.jobs == []  # whoever committed it has woken a dialer himself
    bench.clock.now_s += 2
    relay.round()
    assert bench.queue.jobs == [[request_id]]


def test_a_request_is_enqueued_again_after_five_seconds_and_not_before(bench: Bench) -> None:
    relay = bench.relay()
    wish(bench.store, "x", bench.clock.now_ms())
    enqueued_at = []
    for second in range(13):
        before = len(bench.queue.jobs)
        relay.round()
        enqueued_at += [second] * (len(bench.queue.jobs) - before)
        bench.clock.now_s += 1
    assert enqueued_at == [2, 7, 12]


def test_claimed_future_and_ended_requests_are_left_alone(bench: Bench) -> None:
    relay, now_ms = bench.relay(), bench.clock.now_ms()
    claimed, _later, ended = (
        wish(bench.store, "c", now_ms),
        wish(bench.store, "f", now_ms + 60_000),
        wish(bench.store, "e", now_ms),
    )
    with bench.store.write() as session:
        assert requests.claim_request(session, claimed, "dialer@here", 7, now_ms)
        assert requests.cancel_queued(session, ended, "cancelled", "cancelled", now_ms)
    bench.clock.now_s += 3
    relay.round()
    assert bench.queue.jobs == []


def test_a_round_enqueues_two_hundred_in_groups_of_fifty(bench: Bench) -> None:
    for number in range(230):
        wish_cheaply(bench, number)
    relay = bench.relay()
    bench.clock.now_s += 3
    relay.round()
    assert [len(job) for job in bench.queue.jobs] == [50, 50, 50, 50]
    relay.round()
    assert [len(job) for job in bench.queue.jobs[4:]] == [30]
    assert len({request_id for job in bench.queue.jobs for request_id in job}) == 230


def wish_cheaply(bench: Bench, number: int) -> None:
    wish(bench.store, f"{number}", bench.clock.now_ms(), held_micro=1)


def test_while_the_queue_is_away_nothing_counts_as_enqueued(bench: Bench) -> None:
    relay = bench.relay()
    request_id = wish(bench.store, "x", bench.clock.now_ms())
    bench.clock.now_s += 3
    bench.queue.down = True
    relay.round()
    bench.queue.down = False
    relay.round()
    assert bench.queue.jobs == [[request_id]]


def test_of_two_relays_one_works(bench: Bench) -> None:
    first, second = bench.relay("relay@one"), bench.relay("relay@two")
    wish(bench.store, "x", bench.clock.now_ms())
    bench.clock.now_s += 3
    first.round()
    second.round()
    assert len(bench.queue.jobs) == 1


def test_the_other_relay_takes_over_after_twenty_silent_seconds(bench: Bench) -> None:
    first, second = bench.relay("relay@one"), bench.relay("relay@two")
    wish(bench.store, "x", bench.clock.now_ms())
    first.round()
    taken_over_after_s = None
    for second_s in range(30):
        second.round()
        if bench.queue.jobs:
            taken_over_after_s = second_s
            break
        bench.clock.now_s += 1
    assert taken_over_after_s == 20
    first.round()  # it wakes up again, and finds that it is not the relay any more
    assert len(bench.queue.jobs) == 1


def test_a_relay_that_stops_well_makes_room_at_once(bench: Bench) -> None:
    stop = threading.Event()
    stop.set()
    first, second = bench.relay("relay@one"), bench.relay("relay@two")
    first.round()
    first.run(stop)
    wish(bench.store, "x", bench.clock.now_ms() - 3000)
    second.round()
    assert len(bench.queue.jobs) == 1


def test_a_restarted_relay_has_its_lease_back_at_once(bench: Bench) -> None:
    bench.relay().round()
    wish(bench.store, "x", bench.clock.now_ms() - 3000)
    bench.relay().round()
    assert len(bench.queue.jobs) == 1


def test_after_the_return_of_valkey_everything_due_is_enqueued_within_five_seconds(
    store: Store, config: Config, valkey: Valkey, ear: socket.socket
) -> None:
    queue, clock, stop = CallQueue(valkey.url), Clock(), threading.Event()
    worker = Worker.start(valkey.url, config.run_dir / WAKE_SOCKET)
    relay = threading.Thread(target=Relay(store, queue, clock, Retention(), "relay@here").run, args=(stop,))
    queue.enqueue(["warm"])
    assert hear(ear) == ["warm"]
    relay.start()
    try:
        valkey.kill()
        ids = {wish(store, f"{number}", clock.now_ms() - 3000, held_micro=1) for number in range(60)}
        valkey.start()
        back_s, heard = time.monotonic(), set[str]()
        while heard != ids:
            heard |= set(hear(ear, timeout_s=5))
        assert time.monotonic() - back_s < 5
    finally:
        stop.set()
        relay.join(10)
        worker.stop()
        queue.close()


def test_a_code_nobody_can_use_any_more_is_erased_within_the_hour(bench: Bench) -> None:
    relay, request_id = bench.relay(), wish(bench.store, "c", bench.clock.now_ms(), code_sealed="sealed")

    def kept() -> bool:
        relay.round()
        with bench.store.read() as session:
            return requests.get_request(session, request_id).code_sealed is not None

    assert kept()
    bench.clock.now_s += 14 * 60
    assert kept()
    bench.clock.now_s += 3600
    assert not kept()


def test_a_relay_shows_that_it_lives_and_who_was_elected(bench: Bench) -> None:
    first, second = bench.relay(), bench.relay("relay@there")
    for _ in range(3):
        first.round()
        second.round()
        bench.clock.now_s += 5
    with bench.store.read() as session:
        shown = {node.name: json.loads(node.detail)["elected"] for node in nodes.list_nodes(session, "relay")}
        here = nodes.find_node(session, "relay@here")
    assert shown == {"relay@here": True, "relay@there": False}
    assert here is not None and here.renewals == 2


def test_a_relay_that_stops_says_so(bench: Bench) -> None:
    stop = threading.Event()
    relay = bench.relay()
    relay.round()
    stop.set()
    relay.run(stop)
    with bench.store.read() as session:
        assert [node.state for node in nodes.list_nodes(session, "relay")] == ["down"]
