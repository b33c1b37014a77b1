"""Debian's baresip as a phone: a SIP stack and a media stack that share nothing with ours.

It speaks a tone from a file, records what it hears, and is steered by netstrings of JSON over TCP (its module
`ctrl_tcp`), which also brings its events.
"""

import itertools
import json
import math
import re
import shutil
import signal
import socket
import struct
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.ports import free_port, free_sip_port
from tests.waiting import eventually

_MODULES = Path("/usr/lib/baresip/modules")
_RATE_HZ = 8000
_BORDERS = ("CALL_INCOMING", "CALL_CLOSED")
_ACTIVE_CALLS = re.compile(r"Active calls \((\d+)\)")
_CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:{sip}
sip_trans_bsize 128
audio_player aubridge,{name}
audio_source aufile,{tone}
audio_alert aubridge,{name}
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_level no
rtp_tos 184
rtp_ports {rtp}-{rtp_end}
rtcp_mux no
jitter_buffer_delay 1-3
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
snd_path {folder}
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


class Baresip:
    """A phone that rings when `port` is called. A context manager; it ends with the block."""

    def __init__(
        self, folder: Path, number: str, tone_hz: int, codec: str = "pcmu", auto: bool = False
    ) -> None:
        self.number = number
        self.tone_hz = tone_hz
        self.port = free_sip_port()
        self.events: list[dict[str, Any]] = []
        self._folder = folder
        self._control_port = free_port(socket.SOCK_STREAM)
        self._buffer = b""
        self._write_config(codec, auto)

    def __enter__(self) -> "Baresip":
        self._log = (self._folder / "baresip.log").open("wb")
        program = shutil.which("baresip")
        assert program, "baresip is not installed (Debian package baresip-core)"
        self._process = subprocess.Popen(
            [program, "-f", str(self._folder), "-4"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self._control = eventually(self._connect, 5, f"baresip to listen; see {self._log.name}")
        self._control.setblocking(False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._control.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def answer(self) -> None:
        self._do("accept")

    def hang_up(self) -> None:
        self._do("hangup")

    def press(self, keys: str) -> None:
        """Telephone-events, one after the other."""
        for key in keys:
            self._do("sndcode", key)

    def saw(self, kind: str) -> bool:
        """Whether it reported an event like CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED."""
        return self.count(kind) > 0

    def count(self, kind: str) -> int:
        """How many such events it reported."""
        self._read()
        return sum(event.get("type") == kind for event in self.events)

    @property
    def was_never_called_twice_at_once(self) -> bool:
        """No call came while another rang or was up."""
        self._read()
        kinds = [kind for event in self.events if (kind := event.get("type")) in _BORDERS]
        return all(first != second for first, second in itertools.pairwise(kinds))

    @property
    def is_idle(self) -> bool:
        """Every call it had is closed."""
        self._read()
        kinds = [event.get("type") for event in self.events]
        return kinds.count("CALL_CLOSED") == kinds.count("CALL_INCOMING")

    def open_calls(self) -> int:
        """What it says itself when asked for its calls: those that ring and those that are up."""
        self._read()
        before = len(self.events)
        self._do("listcalls")

        def answered() -> re.Match[str] | None:
            self._read()
            said = (event.get("data", "") for event in self.events[before:] if event.get("response"))
            return next(filter(None, map(_ACTIVE_CALLS.search, said)), None)

        return int(eventually(answered, 5, "baresip to say which calls it has")[1])

    def heard(self) -> bytes:
        """What it has recorded so far: PCM 16 bit, 8 kHz."""
        found = sorted(self._folder.glob("*-dec.wav"))
        return found[-1].read_bytes()[44:] if found else b""

    def _write_config(self, codec: str, auto: bool) -> None:
        self._folder.mkdir(parents=True)
        tone = self._folder / "tone.wav"
        _write_tone(tone, self.tone_hz, 30)
        rtp = free_port() & ~1
        text = _CONFIG.format(
            sip=self.port,
            name=f"sink{self.port}",
            tone=tone,
            rtp=rtp,
            rtp_end=rtp + 20,
            modules=_MODULES,
            folder=self._folder,
            control=self._control_port,
        )
        (self._folder / "config").write_text(text)
        mode = "auto" if auto else "manual"
        account = (
            f"<sip:{self.number}@127.0.0.1:{self.port}>;regint=0;answermode={mode};audio_codecs={codec}\n"
        )
        (self._folder / "accounts").write_text(account)
        (self._folder / "contacts").write_text("")

    def _connect(self) -> socket.socket | None:
        assert self._process.poll() is None, f"baresip ended: {(self._folder / 'baresip.log').read_text()}"
        try:
            return socket.create_connection(("127.0.0.1", self._control_port), timeout=1)
        except OSError:
            return None

    def _do(self, command: str, params: str = "") -> None:
        said = json.dumps({"command": command, "params": params}).encode()
        self._control.sendall(b"%d:%s," % (len(said), said))

    def _read(self) -> None:
        try:
            while data := self._control.recv(65536):
                self._buffer += data
        except BlockingIOError:
            pass
        self.events += list(self._netstrings())

    def _netstrings(self) -> Iterator[dict[str, Any]]:
        while b":" in self._buffer:
            length, _, rest = self._buffer.partition(b":")
            end = int(length)
            if len(rest) <= end:
                return
            self._buffer = rest[end + 1 :]
            yield json.loads(rest[:end])


def _write_tone(path: Path, hz: int, seconds: int) -> None:
    turn = 2 * math.pi * hz / _RATE_HZ
    second = struct.pack(f"<{_RATE_HZ}h", *(int(8000 * math.sin(turn * n)) for n in range(_RATE_HZ)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE_HZ)
        file.writeframes(second * seconds)
