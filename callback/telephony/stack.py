"""Our end of the SIP library: everything above lives in the asyncio loop and never sees its thread.

sippy has one event loop per process, bound for ever to the thread that first imports it. That thread is
started once, by the first `SipStack`, and serves every later one.

    asyncio loop                        sippy's thread
    SipStack.send ── post ───────────►  Agent.send ──► UDP
    on_response  ◄── call_soon_threadsafe ── Agent
"""

import asyncio
import importlib
import threading
from collections.abc import Callable
from typing import Any

from callback.clock import Clock
from callback.telephony.names import Names
from callback.telephony.wire import Incoming, Outgoing, Response

TRANSACTION_S = 32.0  # 64 × T1: timers B, F and H of RFC 3261 §17
_starting = threading.Lock()
_adapter: Any = None  # the module `sippy_adapter`, once its thread runs: one per process, as sippy's loop is


class Exchange:
    """One client transaction of ours, as the loop sees it."""

    def __init__(self, outgoing: Outgoing) -> None:
        self.outgoing = outgoing
        self.transaction: Any = None  # sippy's; touched in its thread only


class SipStack:
    """One UDP port. Make it with `start`; callbacks arrive in the asyncio loop, in order."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._agent: Any = None

    @classmethod
    async def start(
        cls,
        host: str,
        port: int,
        user_agent: str,
        names: Names,
        clock: Clock,
        on_incoming: Callable[[Incoming], None],
        on_stray: Callable[[Response], None],
    ) -> "SipStack":
        """Bind the port. `on_stray` gets a 2xx to an INVITE of ours that nobody waits for; it is ACKed.

        Raises OSError when the port cannot be had.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, _ensure_thread)
        stack = cls(loop)

        def bind() -> None:
            try:
                agent = _adapter.Agent(
                    host, port, user_agent, names, clock, stack._tell, on_incoming, on_stray
                )
            except OSError as error:
                stack._tell(ready.set_exception, error)
            else:
                stack._tell(ready.set_result, agent)

        ready: asyncio.Future[Any] = loop.create_future()
        _adapter.post(bind)
        stack._agent = await ready
        return stack

    @property
    def malformed(self) -> int:
        """Datagrams that could not be understood and were dropped."""
        return int(self._agent.malformed)

    def send(
        self,
        outgoing: Outgoing,
        on_response: Callable[[Response], None],
        on_sent: Callable[[int], None] = lambda _at_ms: None,
        no_reply_s: float = TRANSACTION_S,
        expires_s: float = TRANSACTION_S,
    ) -> Exchange:
        """A request and its responses; silence of the far end comes as a `local` 408.

        `no_reply_s` until a first response, `expires_s` from a provisional to the final one.
        """
        exchange = Exchange(outgoing)

        def start() -> None:
            exchange.transaction = self._agent.send(outgoing, on_response, on_sent, no_reply_s, expires_s)

        _adapter.post(start)
        return exchange

    def cancel(self, exchange: Exchange) -> None:
        """CANCEL an INVITE; its final response still comes."""
        _adapter.post(lambda: self._agent.cancel(exchange.transaction))

    def acknowledge(self, exchange: Exchange, on_sent: Callable[[], None] = lambda: None) -> None:
        """Send the ACK of the 2xx, which waits for this."""
        _adapter.post(lambda: self._agent.acknowledge(exchange.transaction, on_sent))

    def send_ack(self, ack: Outgoing) -> None:
        """An ACK for a 2xx that an earlier process received; nothing comes back."""
        _adapter.post(self._agent.send_ack, ack)

    def revive_and_cancel(
        self,
        outgoing: Outgoing,
        on_final: Callable[[Response], None],
        on_cancel: Callable[[Response], None],
        no_reply_s: float = TRANSACTION_S,
    ) -> None:
        """CANCEL an INVITE of an earlier process; a 2xx that comes instead is ACKed and told."""
        _adapter.post(self._agent.revive_and_cancel, outgoing, on_final, on_cancel, no_reply_s)

    async def drain(self) -> None:
        """Return when everything asked for so far has been sent."""
        done: asyncio.Future[None] = self._loop.create_future()
        _adapter.post(lambda: self._tell(done.set_result, None))
        await done

    async def close(self) -> None:
        """Give the port back."""
        done: asyncio.Future[None] = self._loop.create_future()

        def close() -> None:
            try:
                self._agent.close()
            finally:
                self._tell(done.set_result, None)

        _adapter.post(close)
        await done

    def _tell(self, function: Callable[..., None], *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)


def _ensure_thread() -> None:
    global _adapter  # noqa: PLW0603 - the library's loop is one per process, so this is too
    with _starting:
        if _adapter is not None:
            return
        loaded: list[Any] = []
        ready = threading.Event()

        def run() -> None:
            try:
                loaded.append(importlib.import_module("callback.telephony.sippy_adapter"))
            finally:
                ready.set()
            loaded[0].run_forever()

        threading.Thread(target=run, name="sippy", daemon=True).start()
        ready.wait()
        _adapter = loaded[0]
