"""The stage of the demo page: a `webapp.stage.Stage` over the simulators' sockets and the service's database.

    threads of the web face ──verbs──► one thread with an asyncio loop ──JSON lines──► SMS centre, carrier
             ▲                              │ reads the database when something may have changed
             └── pictures, sound ───────────┘

Nothing begins before it is first used, in the process that uses it: the web face forks. Whatever is shown was
read from the database or reported by a simulator.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, TypeVar

import structlog

from callback import totp
from callback.clock import Clock
from callback.config import Config
from callback.keys import load_keys
from callback.store import operators
from callback.store.db import Store
from ringback.demo import cast
from ringback.demo.listeners import Ears
from ringback.demo.page_troupe import Troupe
from ringback.demo.victims import Victims
from webapp.stage import Ear, Picture, StageTrouble, Visitor

T = TypeVar("T")
_VERB_S = 5.0
_FIRST_S = 10.0
_REST_S = 1.0  # after a fall
_WATCHED_S = 40.0  # so long after somebody looked the picture is kept up to date


class PageStage:
    """Made before the fork, used after it; `close` when the process ends."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._ears = Ears()
        self._victims = Victims(config.run_dir, clock)
        self._changed = threading.Condition()
        self._picture: Picture | None = None
        self._looked_s = 0.0
        self._beginning = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._troupe: Troupe | None = None
        self._store: Store | None = None
        self._closed = False

    # --- looking

    def picture(self) -> Picture:
        return self.wait(0, _FIRST_S)

    def wait(self, seen: int, timeout_s: float) -> Picture:
        self._begin()
        self._looked_s = self._clock.monotonic_s()
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or (self._picture is not None and self._picture.version > seen),
                timeout_s,
            )
            if self._picture is None:
                raise StageTrouble("the demo is not there yet")
            return replace(self._picture, now_ms=self._clock.now_ms())

    def subscriber(self) -> Visitor:
        return Visitor(cast.LOGIN, cast.PASSWORD)

    def operator(self) -> Visitor:
        now_ms = self._clock.now_ms()
        left_s = totp.STEP_S - now_ms // 1000 % totp.STEP_S
        self._begin()
        assert self._store is not None, "begun"
        with self._store.read() as session:
            found = operators.find_operator(session, cast.OPERATOR)
        if found is None or found.totp_sealed is None:
            raise StageTrouble("the demo has no operator")
        secret = totp.unseal(load_keys(self._config.keys_dir).session, found.id, found.totp_sealed)
        code = totp.code_at(secret, now_ms) if secret else ""
        return Visitor(cast.OPERATOR, cast.OPERATOR_PASSWORD, code, left_s)

    def listen(self, phone: str) -> AbstractContextManager[Ear]:
        self._on_stage().phone(phone)
        return self._ears.listen(phone)

    # --- acting

    def send_sms(self, phone: str, text: str) -> None:
        self._do(lambda troupe: troupe.send_sms(phone, text))

    def answer(self, phone: str) -> None:
        self._do(lambda troupe: troupe.answer(phone))

    def hang_up(self, phone: str) -> None:
        self._do(lambda troupe: troupe.hang_up(phone))

    def press(self, phone: str, keys: str) -> None:
        self._do(lambda troupe: troupe.press(phone, keys))

    def mute(self, phone: str, muted: bool) -> None:
        self._do(lambda troupe: troupe.mute(phone, muted))

    def play(self, phone: str, tune: str) -> None:
        self._do(lambda troupe: troupe.play(phone, tune))

    def speak(self, phone: str, pcm: bytes) -> None:
        self._do(lambda troupe: troupe.speak(phone, pcm))

    def kill(self, process: str) -> int:
        pid = self._victims.kill(process)
        self._do(lambda troupe: troupe.look_again())
        return pid

    def close(self) -> None:
        """End the thread; whoever waits is let go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._end)
            self._thread.join(_VERB_S)

    # --- the thread

    def _begin(self) -> None:
        with self._beginning:
            if self._thread is not None or self._closed:
                return
            self._looked_s = self._clock.monotonic_s()
            self._loop = asyncio.new_event_loop()
            self._store = Store(self._config.database_url)
            self._troupe = Troupe(
                self._config,
                self._clock,
                self._store,
                self._victims,
                self._ears,
                self._publish,
                self._is_watched,
            )
            self._thread = threading.Thread(target=self._run, name="demo-stage", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        assert self._loop is not None and self._troupe is not None and self._store is not None, "begun"
        asyncio.set_event_loop(self._loop)
        while not self._closed:
            try:
                self._loop.run_until_complete(self._troupe.play_for_ever())
            except asyncio.CancelledError:
                break
            except Exception:  # noqa: BLE001 - the outermost loop of this thread: a page must not stand still
                structlog.get_logger().exception("demo.stage_fell")
                time.sleep(_REST_S)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self._store.dispose()

    def _end(self) -> None:
        assert self._loop is not None
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    def _is_watched(self) -> bool:
        return self._clock.monotonic_s() - self._looked_s < _WATCHED_S

    def _publish(self, picture: Picture) -> None:
        """Make it the present one, if anything in it is new."""
        with self._changed:
            before = self._picture
            if (
                before is not None
                and replace(picture, version=before.version, now_ms=before.now_ms) == before
            ):
                return
            version = before.version + 1 if before else 1
            self._picture = replace(picture, version=version)
            self._changed.notify_all()

    def _on_stage(self) -> Troupe:
        self._begin()
        if self._troupe is None or self._closed:
            raise StageTrouble("the demo is being ended")
        return self._troupe

    def _do(self, act: Callable[[Troupe], Coroutine[Any, Any, T]]) -> T:
        troupe = self._on_stage()
        self._looked_s = self._clock.monotonic_s()
        assert self._loop is not None, "begun"
        doing = asyncio.run_coroutine_threadsafe(act(troupe), self._loop)
        try:
            return doing.result(_VERB_S)
        except (OSError, TimeoutError) as error:  # a ConnectionError is one, too
            doing.cancel()
            raise StageTrouble("a simulator does not answer") from error
