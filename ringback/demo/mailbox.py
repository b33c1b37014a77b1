"""The phones' SMS: what they send by way of the simulated SMSC, and what arrives for them.

Speaks the SMSC's control language (`smsgw/simulator_control.py`): one connection for sending, and one for
each phone that waits for its next SMS. The SMSC says when it sent, was answered and had an SMS for a phone,
so that who comes late learns of every SMS when it was.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callback.clock import Clock
from smsgw.alphabet import encode_gsm

ESME_ROK = 0
_LISTEN_S = 5.0
_ACCEPT_S = 10.0
_SEPTETS, _UCS2_BYTES = 160, 140  # of one SMS (3GPP TS 23.038 §4)


@dataclass(frozen=True, slots=True)
class Sent:
    """An SMS that left a phone; `status` is the gateway's answer, None for none in time."""

    sent_at_ms: int
    acked_at_ms: int
    status: int | None


@dataclass(frozen=True, slots=True)
class Received:
    at_ms: int
    number: str
    sender: str
    text: str


class Mailbox:
    """Make it with `open`; every arriving SMS is told to `on_sms`."""

    def __init__(self, control: Path, clock: Clock, on_sms: Callable[[Received], None]) -> None:
        self._control = control
        self._clock = clock
        self._on_sms = on_sms
        self._listening: list[asyncio.Task[None]] = []
        self._seen: dict[str, int] = {}

    async def is_bound(self) -> bool:
        """Whether the service has a bind; False also while the SMSC is not there yet."""
        try:
            return bool((await self._ask({"do": "state"}))["bound"])
        except OSError:
            return False

    def listen(self, numbers: tuple[str, ...]) -> None:
        """Wait for SMS to these phones from now on."""
        self._listening += [asyncio.create_task(self._listen(number)) for number in numbers]

    async def send(self, sender: str, recipient: str, text: str) -> Sent:
        """Send an SMS and wait until the service has taken it; ValueError for a text that is too long."""
        wish = {"do": "deliver", "from": sender, "to": recipient, "text": text, "timeout_s": _ACCEPT_S}
        wish["coding"] = _coding(text)
        answer = await self._ask(wish)
        return Sent(answer["sent_at_ms"], answer["answered_at_ms"], answer["status"])

    async def close(self) -> None:
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        self._listening.clear()

    async def _listen(self, number: str) -> None:
        reader, writer = await asyncio.open_unix_connection(self._control)
        try:
            while True:
                seen = self._seen.get(number, 0)
                wish = {"do": "await_reply", "to": number, "after": seen, "timeout_s": _LISTEN_S}
                found = await _exchange(reader, writer, wish)
                if found["text"] is not None:
                    self._seen[number] = seen + 1
                    self._on_sms(Received(found["at_ms"], number, found["from"], found["text"]))
        finally:
            writer.close()

    async def _ask(self, wish: dict[str, Any]) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(self._control)
        try:
            return await _exchange(reader, writer, wish)
        finally:
            writer.close()


def _coding(text: str) -> str:
    """As a phone chooses: the GSM alphabet if it has every letter; what is long goes as one payload."""
    if (septets := encode_gsm(text)) is None:
        return "ucs2" if len(text.encode("utf-16-be")) <= _UCS2_BYTES else "ucs2-payload"
    return "gsm" if sum(map(len, septets)) <= _SEPTETS else "payload"


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wish: dict[str, Any]
) -> dict[str, Any]:
    writer.write(json.dumps(wish).encode() + b"\n")
    line = await reader.readline()
    if not line:
        raise ConnectionError("the simulated SMSC is gone")
    answer: dict[str, Any] = json.loads(line)
    if not answer["ok"]:
        raise ValueError(answer["error"])
    return answer
