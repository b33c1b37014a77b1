"""From the queue to the dialer's socket, over a real Valkey and a real RQ worker."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue

from callback.config import Config
from callback.jobs import QUEUE_NAME, WAKE_SOCKET, CallQueue, open_wake_socket, read_ids
from callback.waking import QueueDown
from tests.queue.parts import Valkey, Worker, hear
from tests.waiting import eventually


@pytest.fixture
def worker(config: Config, valkey: Valkey) -> Iterator[Worker]:
    started = Worker.start(valkey.url, config.run_dir / WAKE_SOCKET)
    yield started
    started.process.kill()
    started.process.wait()


@pytest.fixture
def queue(valkey: Valkey) -> Iterator[CallQueue]:
    opened = CallQueue(valkey.url)
    yield opened
    opened.close()


def test_a_wish_wakes_the_dialer(queue: CallQueue, worker: Worker, ear: socket.socket) -> None:
    queue.enqueue(["one", "two"])
    assert hear(ear) == ["one", "two"]


def test_a_job_carries_at_most_fifty(queue: CallQueue, worker: Worker, ear: socket.socket) -> None:
    ids = [f"{number:020}" for number in range(120)]
    queue.enqueue(ids)
    assert [len(some) for some in (hear(ear), hear(ear), hear(ear))] == [50, 50, 20]


def test_nothing_is_left_of_a_job_in_valkey(
    queue: CallQueue, worker: Worker, ear: socket.socket, valkey: Valkey
) -> None:
    queue.enqueue(["one"])
    hear(ear)
    with Redis.from_url(valkey.url) as redis:
        eventually(lambda: _all_done(redis), 5, "the job is gone")
        assert redis.llen(f"rq:queue:{QUEUE_NAME}:intermediate") == 0
    assert queue.waiting() == 0


def test_a_job_of_another_kind_is_thrown_away(
    queue: CallQueue, worker: Worker, ear: socket.socket, valkey: Valkey
) -> None:
    """Whoever can write to the queue does not choose what we call; pickle is not even read."""
    with Redis.from_url(valkey.url) as redis:
        Queue(QUEUE_NAME, connection=redis).enqueue("os.system", "true")
        Queue(QUEUE_NAME, connection=redis).enqueue("callback.jobs.wake", [1])
    queue.enqueue(["ours"])
    assert hear(ear) == ["ours"]


def test_a_dialer_that_is_away_does_not_stop_the_worker(
    queue: CallQueue, worker: Worker, config: Config, valkey: Valkey
) -> None:
    queue.enqueue(["nobody hears"])
    with Redis.from_url(valkey.url) as redis:  # an empty queue does not say that the worker has tried
        eventually(lambda: _all_done(redis), 10, "the worker tried to hand it over")
    with open_wake_socket(config.run_dir / WAKE_SOCKET) as ear:
        queue.enqueue(["heard"])
        assert hear(ear) == ["heard"]


def test_without_valkey_the_caller_learns_it_at_once(queue: CallQueue, valkey: Valkey) -> None:
    valkey.kill()
    started_s = time.monotonic()
    with pytest.raises(QueueDown):
        queue.enqueue(["one"])
    with pytest.raises(QueueDown):
        queue.waiting()
    assert time.monotonic() - started_s < 1


def test_the_worker_outlives_valkey(
    queue: CallQueue, worker: Worker, ear: socket.socket, valkey: Valkey
) -> None:
    queue.enqueue(["before"])
    assert hear(ear) == ["before"]
    valkey.kill()
    valkey.start()
    eventually(lambda: _enqueued(queue, "after"), 2, "the queue is back")
    heard = hear(ear, timeout_s=2)
    while heard == ["before"]:  # its last second may be undone: the same wake-up twice is harmless
        heard = hear(ear, timeout_s=2)
    assert heard == ["after"]


def test_a_job_survives_the_death_of_valkey(config: Config, valkey: Valkey, ear: socket.socket) -> None:
    queue = CallQueue(valkey.url)
    queue.enqueue(["kept"])
    with Redis.from_url(valkey.url) as redis:
        redis.waitaof(1, 0, 2000)  # what was written at most a second ago may be lost
    valkey.kill()
    valkey.start()
    worker = Worker.start(valkey.url, config.run_dir / WAKE_SOCKET)
    assert hear(ear) == ["kept"]
    queue.close()
    assert worker.stop() == 0


def test_a_stale_socket_is_replaced_and_an_empty_one_says_nothing(config: Config) -> None:
    path: Path = config.run_dir / WAKE_SOCKET
    with open_wake_socket(path), open_wake_socket(path) as second:
        assert read_ids(second) == []
    assert path.stat().st_mode & 0o077 == 0


def _all_done(redis: Redis) -> bool:
    """A job is removed after it was handed over, or could not be."""
    return not redis.keys("rq:job:*")


def _enqueued(queue: CallQueue, request_id: str) -> bool:
    try:
        queue.enqueue([request_id])
    except QueueDown:
        return False
    return True
