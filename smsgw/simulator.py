"""A simulated SMSC: the carrier's side of SMPP over real sockets, for `ringback demo` and for tests.

Like a real centre it keeps a message until ESME_ROK answers it: a refused one comes again after `retry_s`,
one whose connection died comes again at the next bind. It must not know how the gateway works inside.

As a process: `python -m smsgw.simulator --port 2775 --control /path/of/socket`
(the control socket speaks JSON lines, `smsgw/simulator_control.py`).
"""

import contextlib
import itertools
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from callback.clock import Clock
from smsgw import pdu
from smsgw.simulator_session import SimulatorSession
from smsgw.simulator_texts import MoMessage, Reply, ReplyJoiner, mo_pdu

_PUMP_S = 0.05


@dataclass(slots=True, eq=False)
class Delivery:
    """A message on its way to the gateway."""

    message: MoMessage
    statuses: list[int] = field(default_factory=list)  # of every answer
    sent: int = 0  # times it left
    sent_at_ms: int = 0  # the last time
    answered_at_ms: int = 0  # the last time
    due_s: float = 0.0

    @property
    def accepted(self) -> bool:
        return pdu.ESME_ROK in self.statuses


class SimulatedSmsc:
    """Listens on loopback; admits any number of binds with its one system_id and password."""

    def __init__(
        self,
        *,
        port: int = 0,
        system_id: str = "ringback",
        password: str = "secret",  # noqa: S107  # a simulator's
        window: int = 10,
        retry_s: float = 1.0,
    ) -> None:
        self.system_id = system_id
        self.password = password
        self.window = window
        self.retry_s = retry_s
        self.replies: list[Reply] = []
        self.refused_binds = 0
        self.binds = 0  # successful ones so far
        self._waiting: deque[Delivery] = deque()
        self._in_flight: dict[tuple[SimulatorSession, int], Delivery] = {}
        self._refusals: deque[int] = deque()
        self._stalled = False
        self._clock = Clock()
        self._ids = itertools.count(1)
        self._joiner = ReplyJoiner()
        self._changed = threading.Condition(threading.RLock())
        self._sessions: list[SimulatorSession] = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._accept, name="smsc-accept", daemon=True),
            threading.Thread(target=self._pump, name="smsc-pump", daemon=True),
        ]

    # --- life

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Cut everything and close the port."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()
        self.cut()  # last: a connection may have been accepted meanwhile

    # --- verbs

    def deliver(self, message: MoMessage) -> Delivery:
        """Push a message as soon as somebody is bound and the window allows. Raises ValueError."""
        mo_pdu(message, 0)  # what cannot be sent is said here, not in the thread that pushes
        delivery = Delivery(message)
        with self._changed:
            self._waiting.append(delivery)
            self._changed.notify_all()
        return delivery

    def send_raw(self, octets: bytes) -> None:
        """The same octets to every connection, well formed or not."""
        for session in self._all():
            session.send_raw(octets)

    def cut(self) -> None:
        """Close every connection without a word."""
        for session in self._all():
            session.close()

    def unbind(self) -> None:
        """Ask every bind to go, as a centre does before maintenance."""
        for session in self._all():
            session.send(lambda sequence: pdu.pdu(pdu.UNBIND, pdu.ESME_ROK, sequence))

    def stall(self, stalled: bool) -> None:
        """Push nothing for the time being."""
        with self._changed:
            self._stalled = stalled
            self._changed.notify_all()

    def mute(self) -> None:
        """Present connections answer nothing any more, though TCP lives."""
        for session in self._all():
            session.muted = True

    def refuse(self, status: int, times: int = 1) -> None:
        """Answer the next submit_sm with this command_status: 0x58 throttles, 0x14 is a full queue."""
        with self._changed:
            self._refusals.extend([status] * times)

    # --- what has happened

    @property
    def bound(self) -> tuple[str, ...]:
        """The modes of the present binds."""
        return tuple(sorted(session.mode for session in self._all() if session.mode))

    @property
    def enquiries(self) -> int:
        """enquire_link received on the present connections."""
        return sum(session.enquiries for session in self._all())

    @property
    def nacks(self) -> int:
        """generic_nack received on the present connections."""
        return sum(session.nacks for session in self._all())

    @property
    def waiting(self) -> int:
        """Messages not yet accepted by the gateway."""
        with self._changed:
            return len(self._waiting) + len(self._in_flight)

    def wait_for(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Until the condition holds, looked at whenever something happens; False when the time is over."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    def await_reply(self, recipient: str, timeout_s: float, after: int = 0) -> Reply | None:
        """The first reply to a subscriber beyond the first `after`, or None in time."""

        def matching() -> list[Reply]:
            return [reply for reply in self.replies if reply.destination == recipient]

        self.wait_for(lambda: len(matching()) > after, timeout_s)
        return matching()[after] if len(matching()) > after else None

    # --- asked by the connections

    def admit(self, system_id: str, password: str) -> int:
        if (system_id, password) == (self.system_id, self.password):
            return pdu.ESME_ROK
        with self._changed:
            self.refused_binds += 1
            self._changed.notify_all()
        return pdu.ESME_RINVPASWD

    def submit(self, raw: bytes) -> tuple[int, str]:
        with self._changed:
            if self._refusals:
                return self._refusals.popleft(), ""
            reply = self._joiner.add(raw)
            if reply:
                self.replies.append(replace(reply, at_ms=self._clock.now_ms()))
                self._changed.notify_all()
            return pdu.ESME_ROK, f"sim-{next(self._ids)}"

    def bound_by(self, session: SimulatorSession) -> None:
        with self._changed:
            self.binds += 1
            self._changed.notify_all()

    def answered(self, session: SimulatorSession, sequence: int, status: int) -> None:
        with self._changed:
            delivery = self._in_flight.pop((session, sequence), None)
            if delivery:
                delivery.answered_at_ms = self._clock.now_ms()
                delivery.statuses.append(status)
                if status != pdu.ESME_ROK:
                    delivery.due_s = time.monotonic() + self.retry_s
                    self._waiting.append(delivery)
            self._changed.notify_all()

    def gone(self, session: SimulatorSession) -> None:
        with self._changed:
            self._sessions.remove(session)
            lost = [key for key in self._in_flight if key[0] is session]
            self._waiting.extendleft(self._in_flight.pop(key) for key in reversed(lost))
            self._changed.notify_all()

    # --- threads

    def _all(self) -> list[SimulatorSession]:
        with self._changed:
            return list(self._sessions)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener is closed to end us
            while True:
                plug, _ = self._listener.accept()
                plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                session = SimulatorSession(plug, self)
                with self._changed:
                    self._sessions.append(session)
                session.start()

    def _pump(self) -> None:
        """Push what is due as far as the windows allow."""
        while True:
            with self._changed:
                if self._stopping:
                    return
                if not self._push_one():
                    self._changed.wait(_PUMP_S if self._waiting else None)

    def _push_one(self) -> bool:
        now_s = time.monotonic()
        session = next((s for s in self._sessions if s.receives and self._room(s)), None)
        delivery = next((d for d in self._waiting if d.due_s <= now_s), None)
        if self._stalled or session is None or delivery is None:
            return False
        self._waiting.remove(delivery)
        delivery.sent_at_ms = self._clock.now_ms()
        sequence = session.send(lambda number: mo_pdu(delivery.message, number))
        if sequence is None:
            self._waiting.appendleft(delivery)
            return False
        delivery.sent += 1
        self._in_flight[session, sequence] = delivery
        return True

    def _room(self, session: SimulatorSession) -> bool:
        return sum(key[0] is session for key in self._in_flight) < self.window


if __name__ == "__main__":
    from smsgw.simulator_control import main  # the process needs it, the class does not

    main()
