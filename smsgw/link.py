"""A carrier's link: its one or two binds, held for ever.

A bind that fails or ends is tried again after 0.5 s, then twice as long each time up to 60 s, with jitter so
that many gateways do not knock at once. A refused password is an alarm of its own: no patience cures it.
"""

import contextlib
import random
import threading
from collections.abc import Callable
from enum import StrEnum

import structlog

from callback.clock import Clock
from callback.config import Link
from callback.sealing import Seal
from smsgw import pdu
from smsgw.smpp import Acceptor, OnResponse, SmppSession
from smsgw.smpplib_adapter import BindMode, Connection, LinkDown

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 60.0
_SETTLED_S = 5.0  # a session that lived that long ends the series of failures
_UNBIND_S = 2.0
_WRONG_PASSWORD = frozenset({pdu.ESME_RINVPASWD, pdu.ESME_RINVSYSID})


class LinkState(StrEnum):
    """What the operator sees."""

    DOWN = "down"
    CONNECTING = "connecting"
    BOUND = "bound"
    REFUSED = "refused"  # system_id or password: a person must act
    STOPPED = "stopped"


class Backoff:
    """How long to wait before the next attempt."""

    def __init__(self) -> None:
        self._next_s = _FIRST_WAIT_S

    def wait_s(self) -> float:
        """Half to once the present step, which then doubles."""
        step_s, self._next_s = self._next_s, min(2 * self._next_s, _LONGEST_WAIT_S)
        return step_s * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """The other end is well again."""
        self._next_s = _FIRST_WAIT_S


class Bind:
    """One bind, held by a thread of its own."""

    def __init__(
        self,
        link: Link,
        mode: BindMode,
        clock: Clock,
        seal: Seal,
        acceptor: Acceptor,
        on_response: OnResponse,
        on_change: Callable[[], None],
    ) -> None:
        self.state = LinkState.DOWN
        self.mode = mode
        self.connection: Connection | None = None  # while bound
        self.session: SmppSession | None = None  # the present or the last one
        self._link = link
        self._clock = clock
        self._seal = seal
        self._acceptor = acceptor
        self._on_response = on_response
        self._on_change = on_change
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"smpp-{link.name}-{mode}", daemon=True)
        self._log = structlog.get_logger().bind(link=link.name, mode=mode)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Unbind, and close if the SMSC does not answer in 2 s."""
        self._stopping.set()
        self._unbind()
        self._thread.join(_UNBIND_S)
        connection = self.connection
        if connection is not None:
            connection.abort()
            self._thread.join(_UNBIND_S)
        self._become(LinkState.STOPPED)

    def _unbind(self) -> None:
        connection = self.connection
        if connection is not None:
            with contextlib.suppress(LinkDown):
                connection.send(pdu.pdu(pdu.UNBIND, pdu.ESME_ROK, connection.next_sequence()))

    def _run(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            began_s = self._clock.monotonic_s()
            connection = Connection(self._link.host, self._link.port)
            try:
                if self.state is not LinkState.REFUSED:  # that stays until the carrier says otherwise
                    self._become(LinkState.CONNECTING)
                self._hold(connection)
            except LinkDown as error:
                if not self._stopping.is_set():
                    self._log.warning("smpp.down", error=str(error))
            finally:
                self.connection = None
                connection.close()
            if self.state is not LinkState.REFUSED:
                self._become(LinkState.DOWN)
            if self._clock.monotonic_s() - began_s > _SETTLED_S:
                backoff.reset()
            self._stopping.wait(backoff.wait_s())

    def _hold(self, connection: Connection) -> None:
        """One attempt: connect, bind, serve to the end."""
        password = self._link.password.get_secret_value()
        connection.open()
        status = connection.bind(self.mode, self._link.system_id, password, self._link.system_type)
        if status in _WRONG_PASSWORD:
            self._become(LinkState.REFUSED)
            self._log.error("smpp.refused", alarm="wrong-password", system_id=self._link.system_id)
            return
        if status != pdu.ESME_ROK:
            raise LinkDown(f"bind refused with command_status {status:#x}")
        session = SmppSession(
            connection, self._link, self._clock, self._seal, self._acceptor, self._on_response
        )
        self.connection, self.session = connection, session
        self._become(LinkState.BOUND)
        self._log.info("smpp.bound", session=session.id)
        if self._stopping.is_set():  # stop() came while there was no connection yet
            self._unbind()
        session.serve()

    def _become(self, state: LinkState) -> None:
        self.state = state
        self._on_change()


class SmppLink:
    """All binds of one configured link."""

    def __init__(
        self,
        link: Link,
        clock: Clock,
        seal: Seal,
        acceptor: Acceptor,
        on_response: OnResponse,
        on_change: Callable[[], None],
    ) -> None:
        modes: tuple[BindMode, ...] = (
            ("transceiver",) if link.bind == "transceiver" else ("receiver", "transmitter")
        )
        self.config = link
        self._binds = [Bind(link, mode, clock, seal, acceptor, on_response, on_change) for mode in modes]

    @property
    def state(self) -> LinkState:
        """The worst of its binds."""
        states = {bind.state for bind in self._binds}
        worst_first = (
            LinkState.REFUSED, LinkState.STOPPED, LinkState.DOWN, LinkState.CONNECTING, LinkState.BOUND,
        )  # fmt: skip
        return next(state for state in worst_first if state in states)

    def vitals(self) -> dict[str, str | int | None]:
        """For the operators' page: how it is, since when, and when the carrier was last heard (Unix ms)."""
        sessions = [bind.session for bind in self._binds if bind.session]
        bound = self.state is LinkState.BOUND
        return {
            "state": self.state.value,
            "bound_at_ms": max((each.started_at_ms for each in sessions), default=None) if bound else None,
            "heard_at_ms": max((each.heard_at_ms for each in sessions), default=None),
        }

    @property
    def outgoing(self) -> Connection | None:
        """Where submit_sm goes now."""
        return self._binds[-1].connection

    def start(self) -> None:
        for bind in self._binds:
            bind.start()

    def stop(self) -> None:
        for bind in self._binds:
            bind.stop()
