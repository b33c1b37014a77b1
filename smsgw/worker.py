"""One claimed SMS, from its text to its outcome.

    text → command → executor → finish(session, outcome, reply): one commit

`finish` runs inside the executor's transaction: it records the outcome, erases the sealed body, leaves the
masked text and queues the reply. Whatever breaks is logged; the SMS rests and is tried again, three times in
all, then it is quarantined and its sender is told that we have trouble.
"""

from collections.abc import Callable, Mapping

import structlog
from sqlmodel import Session

from callback.clock import Clock
from callback.core.commands import Command
from callback.core.outcomes import Reason, Refused
from callback.core.sms import ReceivedSms, Reply
from callback.failpoints import reach
from callback.store import inbox, outbox
from callback.store.db import Store, StoreError
from callback.store.inbox import ClaimLost
from smsgw.execution import Executor
from smsgw.grammar import mask, parse_command
from smsgw.messages import InboundSms, LinkFacts, Task, answerable
from smsgw.refusals import Refusals, Unread

TRIES_MAX = 3
_REST_MS = (1_000, 10_000)  # after the first and the second failed try
_BUSY_REST_MS = 1_000
_NOT_PROVEN = frozenset({Reason.BAD_CREDENTIALS, Reason.TOO_MANY_TRIES})


class Worker:
    """Executes tasks. Safe to share between threads."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        executor: Executor,
        name: str,
        links: Mapping[str, LinkFacts],
        refusals: Refusals,
        on_reply: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._executor = executor
        self._name = name
        self._links = links
        self._refusals = refusals
        self._on_reply = on_reply
        self._log = structlog.get_logger()

    def run(self, task: Task) -> bool:
        """Execute, finish or give back; never raises on account of the executor.

        False: there is nothing to execute, and it was put among the refusals.
        """
        reach("gateway.claimed")
        try:
            if task.tries > TRIES_MAX:  # it took whole gateways down with it
                self._give_up(task)
                return True
            command = _command(task.sms)
            reach("gateway.parsed")
            if isinstance(command, Refused):
                self._refusals.take(Unread(task, command))
                return False
            self._execute(task, command)
        except ClaimLost as lost:
            self._log.warning("inbox.claim_lost", inbox_id=task.inbox_id, why=str(lost))
        except Exception as error:  # noqa: BLE001  # outermost loop: one bad SMS must not stop the next
            self._log.error("inbox.execution_failed", inbox_id=task.inbox_id, tries=task.tries, exc_info=True)
            self._give_back(task, transient=getattr(error, "transient", False))
        self._on_reply()
        return True

    def _execute(self, task: Task, command: Command) -> None:
        sms = ReceivedSms(
            task.inbox_id,
            task.link,
            task.sms.ani,
            task.sms.dnis,
            self._links[task.link].trusted_ani,
            task.received_at_ms,
        )
        finished = False

        def finish(session: Session, outcome: str, reply: Reply | None) -> None:
            nonlocal finished
            masked = mask(task.sms.text or "", proven=outcome not in _NOT_PROVEN)
            now_ms = self._clock.now_ms()
            inbox.record_outcome(
                session, task.inbox_id, self._name, outcome=outcome, masked=masked, now_ms=now_ms
            )
            if reply is not None:
                self._queue_reply(session, task, reply)
            finished = True

        self._executor.execute(command, sms, finish)
        assert finished, "an executor calls finish once"
        reach("gateway.executed")

    def _queue_reply(self, session: Session, task: Task, reply: Reply) -> None:
        """At most one reply for an SMS: the key says so."""
        if not answerable(task.sms.ani):
            return
        outbox.add(
            session,
            key=f"inbox:{task.inbox_id}",
            kind=reply.kind,
            params=reply.params,
            locale=reply.locale,
            link=task.link,
            sender=self._links[task.link].address,
            recipient=task.sms.ani,
            now_ms=self._clock.now_ms(),
        )

    def _give_back(self, task: Task, *, transient: bool) -> None:
        """Rest and try again; what is the database's fault alone does not count as a try."""
        try:
            if task.tries >= TRIES_MAX and not transient:
                self._give_up(task)
                return
            rest_ms = _BUSY_REST_MS if transient else _REST_MS[task.tries - 1]
            with self._store.write() as session:
                inbox.release(
                    session,
                    task.inbox_id,
                    self._name,
                    not_before_ms=self._clock.now_ms() + rest_ms,
                    count_try=not transient,
                )
        except (StoreError, ClaimLost) as error:  # its lease ends some time
            self._log.warning("inbox.not_released", inbox_id=task.inbox_id, error=str(error))

    def _give_up(self, task: Task) -> None:
        with self._store.write() as session:
            now_ms = self._clock.now_ms()
            outcome = Reason.SYSTEM_TROUBLE.value
            inbox.quarantine(session, task.inbox_id, self._name, outcome=outcome, now_ms=now_ms)
            self._queue_reply(session, task, Reply(outcome))
        self._log.error("inbox.quarantined", alarm="poison-sms", inbox_id=task.inbox_id)


def _command(sms: InboundSms) -> Command | Refused:
    if sms.part:
        return Refused(Reason.MALFORMED, {"token": "text of more than one SMS"})
    return parse_command(sms.text or "")
