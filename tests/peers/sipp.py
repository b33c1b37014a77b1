"""Debian's sipp as a phone that follows a script (`tests/peers/sipp/<scenario>.xml`), to the letter.

It fails when we send anything the script does not expect; with `echo` it sends every RTP packet back.
"""

import shutil
import subprocess
from pathlib import Path
from types import TracebackType

from tests.ports import free_port

_SCENARIOS = Path(__file__).parent / "sipp"


class Sipp:
    """One call long. A context manager; it ends with the block."""

    def __init__(self, scenario: str, folder: Path, echo: bool = False) -> None:
        self.port = free_port()
        self._folder = folder
        self._arguments = [
            *("-sf", str(_SCENARIOS / f"{scenario}.xml"), "-i", "127.0.0.1", "-p", str(self.port)),
            *("-mi", "127.0.0.1", "-mp", str(free_port() & ~1), "-m", "1", "-nostdin", "-trace_err"),
            *(["-rtp_echo"] if echo else []),
        ]

    def __enter__(self) -> "Sipp":
        program = shutil.which("sipp")
        assert program, "sipp is not installed (Debian package sip-tester)"
        self._folder.mkdir(parents=True)
        self._process = subprocess.Popen(
            [program, *self._arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    @property
    def is_over(self) -> bool:
        return self._process.poll() is not None

    @property
    def verdict(self) -> str:
        """Empty when the script was followed to its end, else what went wrong."""
        if self._process.poll() == 0:
            return ""
        errors = "".join(path.read_text() for path in self._folder.glob("*.log"))
        return f"exit code {self._process.poll()}: {errors}"
