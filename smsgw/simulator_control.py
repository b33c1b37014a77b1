"""Steers a simulated SMSC in another process: JSON lines over a unix socket, one answer to each line.

    {"do": "deliver", "from": "+48…", "to": "+48…", "text": "…", "coding": "gsm"}
      → {"ok": true, "status": 0, "sent_at_ms": 1735689600000, "answered_at_ms": 1735689600004}
    {"do": "await_reply", "to": "+48…", "after": 0, "timeout_s": 5}
      → {"ok": true, "text": "…", "from": "…", "at_ms": 1735689600000}
    {"do": "state"}  → {"ok": true, "bound": ["transceiver"], "replies": 3, "waiting": 0}
    {"do": "cut" | "unbind" | "mute"}, {"do": "stall", "on": true}, {"do": "refuse", "status": 88, "times": 2}

`deliver` answers when the gateway has, or with status null after `timeout_s` (5); the message stays with
the SMSC all the same. A line that is not understood is answered with "ok": false and "error".
"""

import argparse
import contextlib
import json
import signal
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from smsgw.simulator import SimulatedSmsc
from smsgw.simulator_texts import MoMessage

_TIMEOUT_S = 5.0


class Control:
    """The control socket of one simulator."""

    def __init__(self, smsc: SimulatedSmsc, path: Path) -> None:
        self._smsc = smsc
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen()
        self._thread = threading.Thread(target=self._accept, name="smsc-control", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener is closed to end us
            while True:
                plug, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(plug,), daemon=True).start()

    def _serve(self, plug: socket.socket) -> None:
        with plug, contextlib.suppress(OSError), plug.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                lines.write(json.dumps(self._answer(line), ensure_ascii=False) + "\n")
                lines.flush()

    def _answer(self, line: str) -> dict[str, Any]:
        try:
            return {"ok": True} | self.do(json.loads(line))
        except KeyError as error:
            return {"ok": False, "error": f"missing: {error}"}
        except (TypeError, ValueError) as error:
            return {"ok": False, "error": str(error)}

    def do(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Carry one line out. Raises KeyError or ValueError for one that makes no sense."""
        smsc = self._smsc
        match wish["do"]:
            case "deliver":
                return self._deliver(wish)
            case "await_reply":
                timeout_s = float(wish.get("timeout_s", _TIMEOUT_S))
                reply = smsc.await_reply(wish["to"], timeout_s, int(wish.get("after", 0)))
                if reply is None:
                    return {"text": None, "from": None}
                return {"text": reply.text, "from": reply.source, "at_ms": reply.at_ms}
            case "state":
                return {"bound": smsc.bound, "replies": len(smsc.replies), "waiting": smsc.waiting}
            case "stall":
                smsc.stall(bool(wish["on"]))
            case "refuse":
                smsc.refuse(int(wish["status"]), int(wish.get("times", 1)))
            case "cut":
                smsc.cut()
            case "unbind":
                smsc.unbind()
            case "mute":
                smsc.mute()
            case other:
                raise ValueError(f"unknown: {other}")
        return {}

    def _deliver(self, wish: dict[str, Any]) -> dict[str, Any]:
        message = MoMessage(wish["from"], wish["to"], wish["text"], wish.get("coding", "gsm"))
        delivery = self._smsc.deliver(message)
        self._smsc.wait_for(lambda: bool(delivery.statuses), float(wish.get("timeout_s", _TIMEOUT_S)))
        return {
            "status": delivery.statuses[-1] if delivery.statuses else None,
            "sent_at_ms": delivery.sent_at_ms,
            "answered_at_ms": delivery.answered_at_ms,
        }


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m smsgw.simulator", description="A simulated SMSC.")
    parser.add_argument("--port", type=int, default=2775, help="TCP port on 127.0.0.1; 0: any free one")
    parser.add_argument("--control", type=Path, required=True, help="path of the control socket")
    parser.add_argument("--system-id", default="ringback")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--window", type=int, default=10)
    wanted = parser.parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    smsc = SimulatedSmsc(
        port=wanted.port, system_id=wanted.system_id, password=wanted.password, window=wanted.window
    )
    control = Control(smsc, wanted.control)
    smsc.start()
    control.start()
    print(f"listening on 127.0.0.1:{smsc.port}", flush=True)  # noqa: T201  # whoever started us waits for it
    stopping.wait()
    control.stop()
    smsc.stop()
