"""An SMSC made of node-smpp in a process of its own: its alphabets, its PDUs, its idea of a session."""

import json
import queue
import subprocess
import threading
from pathlib import Path
from typing import Any

_SCRIPT = Path(__file__).parent / "node" / "smsc.js"


class NodeSmsc:
    """Start, speak in verbs, read events in order, stop."""

    def __init__(self, system_id: str = "ringback", password: str = "secret") -> None:
        self._process = subprocess.Popen(
            ["node", str(_SCRIPT), system_id, password],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port: int = self.expect("listening")["port"]

    def expect(self, event: str, timeout_s: float = 10.0) -> dict[str, Any]:
        """The next event of a kind; others are passed over."""
        while True:
            try:
                found = self._events.get(timeout=timeout_s)
            except queue.Empty:
                raise AssertionError(f"no {event!r} from the SMSC within {timeout_s} s") from None
            if found["event"] == event:
                return found

    def deliver(
        self,
        number: int,
        text: str,
        *,
        source: str = "48600316058",
        data_coding: int = 0,
        payload: bool = False,
    ) -> None:
        """Push a message; its answer is the event "response" with the same id."""
        self.do(
            "deliver",
            id=number,
            source=source,
            destination="48221234567",
            text=text,
            data_coding=data_coding,
            payload=payload,
        )

    def do(self, verb: str, **details: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": verb} | details) + "\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        """Closing its stdin ends it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._reader.join()
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))
