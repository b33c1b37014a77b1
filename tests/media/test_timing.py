"""Media is on time: heard at once, evenly paced, quickly back."""

import os
import signal
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from callback.media.events import LimitReached, MediaBack
from callback.prompts.catalogue import find_prompt
from tests.media.rig import Rig, play_through

pytestmark = pytest.mark.realtime


def test_a_prompt_is_on_the_wire_at_once(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        waits_ms = []
        for n in range(20):
            a, _ = await rig.leg(f"a{n}")
            await rig.media.open(f"barrier{n}")
            asked_s = time.monotonic()
            rig.media.play(f"a{n}", n, [find_prompt("en", "enter_number")])
            await rig.until(lambda a=a: a.received, 5, "the prompt")  # type: ignore[misc]  # a default binds it now
            waits_ms.append((a.received[0][0] - asked_s) * 1000)
            await rig.media.close(f"a{n}")
        assert median(waits_ms) <= 10
        assert max(waits_ms) <= 40

    play_through(tmp_path, story, preload=[find_prompt("en", "enter_number")])


def test_frames_leave_every_20_ms(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        a, _ = await rig.leg("a")
        rig.media.play("a", 1, ["tone:ringback"], loop=True)
        await rig.until(lambda: len(a.received) > 100, 5, "two seconds")
        times = [at_s for at_s, _ in a.received]
        steps_ms = [(later - earlier) * 1000 for earlier, later in pairwise(times)]
        assert abs(median(steps_ms) - 20) < 1
        late_ms = [(at_s - times[0] - 0.02 * n) * 1000 for n, at_s in enumerate(times)]
        assert sorted(late_ms)[95] < 5

    play_through(tmp_path, story)


def test_a_killed_media_process_is_back_within_half_a_second(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (a, port_a), (b, port_b) = await rig.leg("a"), await rig.leg("b")
        rig.media.bridge("a", "b")
        a.talk_to(port_a)
        b.talk_to(port_b)
        await rig.until(lambda: len(a.received) > 10, 5, "talk")
        assert rig.media.pid is not None
        os.kill(rig.media.pid, signal.SIGKILL)
        killed_s = time.monotonic()
        await rig.event(MediaBack)
        before = len(a.received), len(b.received)
        await rig.until(lambda: len(a.received) > before[0] and len(b.received) > before[1], 5, "talk")
        assert time.monotonic() - killed_s < 0.5

    play_through(tmp_path, story)


def test_a_limit_is_kept_to_the_hundredth_of_a_second(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.leg("a")
        until_s = time.monotonic() + 0.5
        rig.media.limit("a", 0.5)
        await rig.event(LimitReached)
        assert 0 <= time.monotonic() - until_s < 0.02

    play_through(tmp_path, story)


def test_a_stop_is_obeyed_before_the_next_frame_but_one(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        a, _ = await rig.leg("a")
        rig.media.play("a", 1, ["tone:ringback"], loop=True)
        await rig.until(lambda: len(a.received) > 10, 5, "the tone")
        asked_s = time.monotonic()
        rig.media.stop("a")
        await rig.media.open("b")
        assert [at_s for at_s, _ in a.received if at_s > asked_s + 0.02] == []
        await rig.happenings.quiet_for(0.2, lambda: len(a.received))

    play_through(tmp_path, story)
