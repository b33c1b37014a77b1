"""An SMSC made of smpp34 (Rust): bound by our gateway, steered from a test's thread."""

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TypeVar

from smpp34 import DeliverSmResp, Esme, Server, SubmitSmEvent, Tlv

T = TypeVar("T")


class Smpp34Smsc:
    """Its event loop runs in a thread of its own; verbs may be called from the test."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.binds: queue.Queue[Esme] = queue.Queue()
        self.submissions: queue.Queue[SubmitSmEvent] = queue.Queue()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = Server("127.0.0.1", port, system_id="smpp34")
        self._call(self._server.start)
        self._events: Future[None] = asyncio.run_coroutine_threadsafe(self._pump(), self._loop)

    def deliver(
        self, esme: Esme, text: bytes, *, data_coding: int = 0, payload: bool = False
    ) -> DeliverSmResp:
        """Push a message and wait for its answer."""
        return self._call(
            lambda: esme.deliver_sm(
                "48221234567",
                b"" if payload else text,
                source_addr="48600316058",
                source_addr_ton=1,
                source_addr_npi=1,
                dest_addr_ton=1,
                dest_addr_npi=1,
                data_coding=data_coding,
                tlvs=[Tlv(0x0424, text)] if payload else [],
            )
        )

    def unbind(self, esme: Esme) -> None:
        self._call(esme.unbind)

    def stop(self) -> None:
        self._events.cancel()
        self._call(self._server.stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, wanted: Callable[[], Awaitable[T]]) -> T:
        async def called() -> T:  # smpp34 wants to be called where the loop runs
            return await wanted()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(10)

    async def _pump(self) -> None:
        while True:
            event = await self._server.next()
            if isinstance(event, Esme):
                self.binds.put(event)
            elif isinstance(event, SubmitSmEvent):
                event.accept(f"rust-{self.submissions.qsize()}")
                self.submissions.put(event)
