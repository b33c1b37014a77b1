"""Steering a carrier from another process: one JSON object a line over a unix socket.

    ► {"id": 7, "verb": "plan", "number": "+48600316058", "plan": {"ring_s": 1.5, "tune": "own"}}
    ◄ {"id": 7, "ok": true, "result": null}
    ◄ {"event": {"at_ms": …, "kind": "ringing", "number": "+48600316058", "call_id": …, "detail": ""}}

    ► {"id": 8, "verb": "listen", "number": "+48600316058", "on": true}      what that phone hears, live
    ◄ {"sound": {"number": "+48600316058", "pcm": "…"}}                      base64: 16 bit, 8 kHz, 20 ms

Every connection hears every event, and the sound it asked for. A verb that cannot be understood is answered
with ok = false and why.
"""

import asyncio
import base64
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from callback.telephony.simulator.carrier import Carrier
from callback.telephony.simulator.events import Event
from callback.telephony.simulator.hearing import share_of
from callback.telephony.simulator.plan import Plan

_LONGEST_LINE = 1 << 22
_MOST_UNREAD = 1 << 16  # bytes; to whoever reads slower, live sound is not sent: it would be late


class ControlServer:
    """Serves one carrier; `await start()`, `await stop()`."""

    def __init__(self, carrier: Carrier, path: Path) -> None:
        self._carrier = carrier
        self._path = path
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=_LONGEST_LINE)
        self._path.chmod(0o600)
        self._carrier.on_event(self._tell)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.close()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        ear = _Ear(self._carrier, writer)
        try:
            while line := await reader.readline():
                writer.write(_line(self._obey(line, ear)))
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # it went away, or sent a line without end
        finally:
            ear.close()
            self._writers.discard(writer)
            writer.close()

    def _tell(self, event: Event) -> None:
        for writer in self._writers:
            writer.write(_line({"event": event.to_json()}))

    def _obey(self, line: bytes, ear: "_Ear") -> dict[str, Any]:
        asked: Any = None
        try:
            asked = json.loads(line)
            if asked["verb"] == "listen":
                ear.listen(str(asked["number"]), bool(asked.get("on", True)))
                result = None
            else:
                result = _VERBS[asked["verb"]](self._carrier, asked)
        except (KeyError, TypeError, ValueError) as error:
            number = asked.get("id") if isinstance(asked, dict) else None
            return {"id": number, "ok": False, "why": f"{type(error).__name__}: {error}"}
        return {"id": asked.get("id"), "ok": True, "result": result}


class _Ear:
    """The sound one connection listens to."""

    def __init__(self, carrier: Carrier, writer: asyncio.StreamWriter) -> None:
        self._carrier = carrier
        self._writer = writer
        self._listening: dict[str, Callable[[bytes], None]] = {}

    def listen(self, number: str, on: bool) -> None:
        """Begin, or stop; what is so already stays so."""
        listeners = self._carrier.handset(number).recording.listeners
        if on and number not in self._listening:
            self._listening[number] = partial(self._tell, number)
            listeners.append(self._listening[number])
        elif not on and number in self._listening:
            listeners.remove(self._listening.pop(number))

    def close(self) -> None:
        for number in tuple(self._listening):
            self.listen(number, False)

    def _tell(self, number: str, pcm: bytes) -> None:
        if self._writer.transport.get_write_buffer_size() <= _MOST_UNREAD:
            self._writer.write(_line({"sound": {"number": number, "pcm": base64.b64encode(pcm).decode()}}))


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _plan(carrier: Carrier, asked: dict[str, Any]) -> None:
    carrier.handset(asked["number"], Plan.from_json(asked["plan"]))


def _heard(carrier: Carrier, asked: dict[str, Any]) -> dict[str, Any]:
    pcm = carrier.handset(asked["number"]).heard(asked.get("from_ms", 0), asked.get("until_ms"))
    return {"pcm": base64.b64encode(pcm).decode()}


def _speak(carrier: Carrier, asked: dict[str, Any]) -> None:
    carrier.handset(asked["number"]).speak(base64.b64decode(asked["pcm"], validate=True))


def _hears(carrier: Carrier, asked: dict[str, Any]) -> float:
    recording = carrier.handset(asked["number"]).recording
    return share_of(recording.last_ms(int(asked.get("last_ms", 500))), float(asked["hz"]))


def _state(carrier: Carrier, asked: dict[str, Any]) -> dict[str, Any]:
    handset = carrier.handset(asked["number"])
    return {
        "state": handset.state,
        "since_ms": handset.since_ms,
        "tune": handset.tune,
        "own_hz": handset.own_hz,
        "invites": handset.invites,
        "overlaps": handset.overlaps,
        "digits_heard": handset.digits_heard,
        "caller": handset.call.caller.user if handset.call else "",
    }


def _open(carrier: Carrier, _asked: dict[str, Any]) -> list[dict[str, str]]:
    return [{"call_id": call.call_id, "state": call.state.value} for call in carrier.open_calls()]


def _events(carrier: Carrier, asked: dict[str, Any]) -> list[dict[str, Any]]:
    return [event.to_json() for event in carrier.events[-int(asked["most"]) :]]


def _down(carrier: Carrier, asked: dict[str, Any]) -> None:
    carrier.silent = bool(asked.get("down", True))


_VERBS: dict[str, Callable[[Carrier, dict[str, Any]], Any]] = {
    "plan": _plan,
    "answer": lambda carrier, asked: carrier.handset(asked["number"]).answer(),
    "reject": lambda carrier, asked: carrier.handset(asked["number"]).reject(int(asked.get("status", 486))),
    "hang_up": lambda carrier, asked: carrier.handset(asked["number"]).hang_up(),
    "press": lambda carrier, asked: carrier.handset(asked["number"]).press(
        asked["keys"], asked.get("by", "")
    ),
    "play_tune": lambda carrier, asked: carrier.handset(asked["number"]).play_tune(asked.get("tune", "own")),
    "speak": _speak,
    "mute": lambda carrier, asked: carrier.handset(asked["number"]).mute(bool(asked.get("muted", True))),
    "hold": lambda carrier, asked: carrier.handset(asked["number"]).hold(),
    "resume": lambda carrier, asked: carrier.handset(asked["number"]).resume(),
    "heard": _heard,
    "hears": _hears,
    "state": _state,
    "open": _open,
    "events": _events,
    "down": _down,
}
