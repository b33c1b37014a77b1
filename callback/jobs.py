"""The queue: it wakes dialers and spreads the work, and knows nothing else.

    relay, gateway ── CallQueue.enqueue(ids) ──► Valkey, queue `calls` ──► RQ worker, a child of the dialer
                                                                             │ `wake(ids)`
    dialer (asyncio) ◄── one datagram, a JSON list of ids, local socket ◄────┘

A job carries 1-50 request ids and no meaning: the dialer claims in the database, and what was not claimed
the relay enqueues again. So nothing here is ever worth waiting or failing for. The only module that knows
RQ and its Redis client. Jobs are JSON: with RQ's default a queue write would be code execution.
"""

import json
import logging
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import structlog
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.exceptions import DequeueTimeout, DeserializationError
from rq.job import Job
from rq.serializers import JSONSerializer

from callback.failpoints import reach
from callback.waking import QueueDown

QUEUE_NAME = "calls"
IDS_PER_JOB = 50
WAKE_SOCKET = "dialer-wake.sock"

_COMMAND_TIMEOUT_S = 0.5  # a queue that does not answer by then is down: the caller has better things to do
_JOB_TIMEOUT_S = 10
_WORKER_TTL_S = 30  # RQ then blocks for 15 s at a time
_BACKOFF_S = 0.2
_SEND_TIMEOUT_S = 1.0
_DATAGRAM_BYTES = 8192  # 50 ids of 20 characters, and some


class CallQueue:
    """The front end of the queue, for whoever has just committed a request. Threads may share one."""

    def __init__(self, url: str) -> None:
        self._redis = _connected(url, _COMMAND_TIMEOUT_S)
        self._queue = Queue(QUEUE_NAME, connection=self._redis, serializer=JSONSerializer)

    def enqueue(self, ids: Sequence[str]) -> None:
        """Wake a dialer for these requests, at most 50 per job; raises `QueueDown`. Safe to repeat."""
        try:
            for start in range(0, len(ids), IDS_PER_JOB):
                self._queue.enqueue_call(
                    wake,
                    args=(list(ids[start : start + IDS_PER_JOB]),),
                    timeout=_JOB_TIMEOUT_S,
                    result_ttl=0,
                    failure_ttl=0,
                    description="wake",
                )
        except RedisError as error:
            raise QueueDown(str(error)) from None

    def waiting(self) -> int:
        """How many jobs nobody has taken yet; raises `QueueDown`."""
        try:
            return self._queue.count
        except RedisError as error:
            raise QueueDown(str(error)) from None

    def close(self) -> None:
        self._redis.close()


def _connected(url: str, timeout_s: float | None) -> Redis:
    """One immediate retry: the first command after Valkey's restart finds a dead connection in the pool."""
    return Redis.from_url(
        url,
        socket_connect_timeout=_COMMAND_TIMEOUT_S,
        socket_timeout=timeout_s,
        retry=Retry(NoBackoff(), 1),
    )


# --- the dialer's end


def open_wake_socket(path: Path) -> socket.socket:
    """The dialer's end: a non-blocking datagram socket at `path`, ours alone. A stale one is replaced."""
    path.unlink(missing_ok=True)
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(str(path))
    path.chmod(0o600)
    ear.setblocking(False)
    return ear


def read_ids(ear: socket.socket) -> list[str]:
    """The request ids of one datagram; empty if there is none."""
    try:
        ids: list[str] = json.loads(ear.recv(_DATAGRAM_BYTES))
    except BlockingIOError:
        return []
    return ids


# --- the worker's end

_mouth: socket.socket | None = None  # made by run_worker: RQ finds `wake` by name and gives it ids only
_ear_path = ""


def wake(ids: list[str]) -> None:
    """The job: hand the ids to the dialer of this machine. Runs in the worker only."""
    assert _mouth is not None, "wake runs inside run_worker"
    reach("worker.woken")
    try:
        _mouth.sendto(json.dumps(ids).encode(), _ear_path)
    except OSError as error:  # the dialer is away or drowning; the relay brings these ids again
        structlog.get_logger().warning(
            "the dialer did not take a wake-up", ids=len(ids), error=error.strerror
        )


class _Waker(SimpleWorker):
    """RQ's worker on its shortest way: take a job, hand over, forget it.

    No forks, no listener thread, and none of RQ's notes about started and finished jobs: some 60 commands
    and 10 ms a job, kept so that no job is ever lost. Ours may be: the database has the wish.
    """

    log_result_lifespan = False

    def serve(self) -> NoReturn:
        """Take jobs for ever; raises RedisError when Valkey goes away."""
        self.register_birth()  # type: ignore[no-untyped-call]  # RQ leaves some methods untyped
        self.run_maintenance_tasks()  # type: ignore[no-untyped-call]
        while True:
            try:
                taken = self.queue_class.dequeue_any(
                    self.queues,
                    self.dequeue_timeout,
                    connection=self.connection,
                    job_class=self.job_class,
                    serializer=self.serializer,
                    death_penalty_class=self.death_penalty_class,
                )
            except DequeueTimeout:
                self._rest()
                continue
            assert taken is not None, "a blocking dequeue gives a job or times out"
            self.execute_job(*taken)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Hand over first, tidy up after."""
        if _is_wake(job):
            job.perform()
        with self.connection.pipeline(transaction=False) as pipeline:
            pipeline.lrem(queue.intermediate_queue_key, 1, job.id)
            pipeline.delete(job.key)
            pipeline.execute()

    def _rest(self) -> None:
        """Nothing came for a while: time for RQ's housekeeping."""
        self.heartbeat()
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()  # type: ignore[no-untyped-call]


def _is_wake(job: Job) -> bool:
    """Only our own kind of job is run: whoever can write to Valkey shall not choose what we call."""
    try:
        ours = job.func_name == f"{__name__}.{wake.__name__}" and all(
            isinstance(id_, str) for id_ in job.args[0]
        )
    except (DeserializationError, IndexError, TypeError):
        ours = False
    if not ours:
        structlog.get_logger().warning("a job that is none of ours was thrown away", job=job.id)
    return ours


def run_worker(queue_url: str, socket_path: Path) -> NoReturn:
    """Be the RQ worker of the dialer that listens at `socket_path`, until SIGTERM. Main thread of a child.

    Valkey may come and go: it reconnects for ever, at most 0.2 s after its return.
    """
    global _mouth, _ear_path
    log = structlog.get_logger()
    for name in ("rq.worker", "rq.queue", "rq.job"):  # it tells of every job and every rest
        logging.getLogger(name).setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _mouth, _ear_path = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), str(socket_path)
    _mouth.settimeout(_SEND_TIMEOUT_S)
    down = False
    while True:
        try:
            worker = _Waker([QUEUE_NAME], connection=_connected(queue_url, None), serializer=JSONSerializer,
                            worker_ttl=_WORKER_TTL_S)  # fmt: skip
            if down:
                log.info("the queue is back")
            down = False
            worker.serve()
        except RedisError as error:
            if not down:
                log.warning("the queue is away", error=str(error))
            down = True
            time.sleep(_BACKOFF_S)
