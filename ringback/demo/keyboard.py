"""Single key presses from a terminal, read without waiting and without an echo."""

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Callable
from typing import Any

_MOST_BYTES = 64
_ARROWS = {b"\x1b[C": "right", b"\x1bOC": "right"}


class Keyboard:
    """Between `open` and `close` the terminal gives keys, not lines; Ctrl-C stays a signal."""

    def __init__(self) -> None:
        self._fd = sys.stdin.fileno()
        self._before: list[Any] | None = None

    def open(self) -> None:
        self._before = termios.tcgetattr(self._fd)
        tty.setcbreak(self._fd)

    def close(self) -> None:
        """Leave the terminal as it was found; what was typed since is not given to the shell."""
        if self._before is not None:
            termios.tcsetattr(self._fd, termios.TCSAFLUSH, self._before)
            self._before = None

    def listen(self, on_key: Callable[[str], None]) -> None:
        """Call back with each key from the running loop: a character, "right", or "end" of the input."""
        loop = asyncio.get_running_loop()

        def readable() -> None:
            pressed = os.read(self._fd, _MOST_BYTES)
            if not pressed:
                loop.remove_reader(self._fd)
                on_key("end")
            elif pressed in _ARROWS:
                on_key(_ARROWS[pressed])
            else:
                for character in pressed.decode(errors="ignore"):
                    on_key(character)

        loop.add_reader(self._fd, readable)
