"""The demo on a terminal: one key for each stage, and a picture that follows what happens.

Drawn at most twelve times a second, only when something changed, by the loop that also reads the keys.
"""

import asyncio
import sys
from collections.abc import Callable

from rich.console import Console
from rich.live import Live

from callback.clock import Clock
from ringback.demo.keyboard import Keyboard
from ringback.demo.news import Closing, News
from ringback.demo.paper import write_end, write_failure
from ringback.demo.scene import Scene
from ringback.demo.screen import SMALLEST, draw

_FRAME_S = 0.08
_TICK_FRAMES = 6  # a running call's clock moves though nothing else does
_BETWEEN_STAGES_S = 0.8
_GO_ON = (" ", "\r", "\n", "right", "a")


def fits() -> bool:
    """Whether there is a terminal to play on, and it is large enough."""
    size = Console().size
    return (
        sys.stdin.isatty()
        and sys.stdout.isatty()
        and size.width >= SMALLEST[0]
        and size.height >= SMALLEST[1]
    )


class TerminalShow:
    """A `Show` with keys."""

    def __init__(self) -> None:
        self.has_left = False
        self.has_watcher = True
        self._scene = Scene()
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, screen=True, auto_refresh=False, redirect_stderr=False)
        self._keyboard = Keyboard()
        self._clock = Clock()
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        self._drawing: asyncio.Task[None] | None = None
        self._leave: Callable[[], object] = bool
        self._changed = True
        self._auto = False
        self._timeline = False

    def __enter__(self) -> "TerminalShow":
        self._keyboard.open()
        self._live.start()
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        self._keyboard.close()
        if self._scene.failed is not None:
            write_failure(self._console, self._scene.failed)
        elif self._scene.finished is not None:
            write_end(self._console, self._scene, self._scene.finished)

    def begin(self, leave: Callable[[], object]) -> None:
        self._leave = leave
        self._keyboard.listen(self._pressed)
        self._drawing = asyncio.create_task(self._draw_for_ever())

    def tell(self, news: News) -> None:
        self._scene.take(news)
        self._changed = True
        if isinstance(news, Closing):
            self._draw()  # there is no loop any more

    async def may_go_on(self, stage: int) -> None:
        """A key begins the stage; `a` begins all that are left."""
        self._forget_keys()
        if self._auto:
            await asyncio.sleep(_BETWEEN_STAGES_S)
        while not self._auto and await self._keys.get() not in _GO_ON:
            pass

    async def again(self) -> bool:
        """`r` asks for another callback, played through; `q` never comes so far."""
        self._forget_keys()
        while await self._keys.get() != "r" or self._scene.failed is not None:
            pass
        self._auto, self._timeline = True, False
        return True

    def _pressed(self, key: str) -> None:
        key = key.lower()
        self._changed = True
        if key in ("q", "end"):
            self.has_left = True
            self._leave()
        elif key == "t":
            self._timeline = not self._timeline
        elif key == "a":
            self._auto = True
        self._keys.put_nowait(key)

    def _forget_keys(self) -> None:
        """What was pressed before the question is no answer to it."""
        while not self._keys.empty():
            self._keys.get_nowait()

    async def _draw_for_ever(self) -> None:
        frames = 0
        while True:
            frames += 1
            if self._changed or frames % _TICK_FRAMES == 0:
                self._draw()
            await asyncio.sleep(_FRAME_S)

    def _draw(self) -> None:
        self._changed = False
        size = self._console.size
        picture = draw(
            self._scene, (size.width, size.height), self._clock.now_ms(), self._auto, self._timeline
        )
        self._live.update(picture, refresh=True)
