"""A killed media process comes back and the talk goes on; one without a dialer ends itself."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from callback.media.client import MediaProcess
from callback.media.dtmf import TelephoneEvent, pack_event
from callback.media.events import (
    DigitHeard,
    LimitReached,
    MediaBack,
    MediaLost,
    MediaUnavailable,
    RtpTimeout,
    StreamStats,
)
from callback.media.rtp import PCMU
from callback.prompts.catalogue import find_prompt
from tests.media.rig import HOST, Rig, media_ports, play_through, share_of, sound_of
from tests.waiting import eventually

POINTS = [
    "hello", "opened", "connected", "playing", "stopped",
    "bridged", "unbridged", "limited", "digit", "closed",
]  # fmt: skip

KEY_FIVE = pack_event(TelephoneEvent("5", ended=False, duration=160))

DIALER = """
import asyncio, multiprocessing, sys, time
from pathlib import Path
from callback.media.client import MediaProcess

async def main():
    media = await MediaProcess.start(Path(sys.argv[1]), "127.0.0.1", (%d, %d), print, patience_s=2.5)
    await media.open("a")
    media.connect("a", "127.0.0.1", 9)
    media.play("a", 1, ["tone:ringback"], loop=True)
    if sys.argv[2] == "with-child":
        multiprocessing.get_context("fork").Process(target=time.sleep, args=(5,), daemon=True).start()
    print(media.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def kill(rig: Rig) -> None:
    assert rig.media.pid is not None
    os.kill(rig.media.pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_talk_goes_on_after_its_media_process_was_killed(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (a, port_a), (b, port_b) = await rig.leg("a", 700), await rig.leg("b", 1900)
        rig.media.bridge("a", "b")
        a.talk_to(port_a)
        b.talk_to(port_b)
        await rig.until(lambda: a.received and b.received, 5, "talk")
        kill(rig)
        await rig.event(MediaBack)
        assert rig.events == [MediaLost(), MediaBack()]
        before = len(a.received), len(b.received)
        await rig.until(
            lambda: len(a.received) > before[0] + 50 and len(b.received) > before[1] + 50, 5, "talk again"
        )
        assert share_of(sound_of(a.packets[before[0] + 2 :], PCMU), 1900) > 0.99
        assert share_of(sound_of(b.packets[before[1] + 2 :], PCMU), 700) > 0.99

    play_through(tmp_path, story)


def test_a_prompt_begins_anew_and_a_limit_still_holds(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        a, _ = await rig.leg("a")
        rig.media.limit("a", 1.5)
        rig.media.play("a", 1, [find_prompt("en", "enter_number")])
        await rig.until(lambda: len(a.received) > 10, 5, "the prompt")
        first = [packet.payload for packet in a.packets[:10]]
        before = len(a.received)
        kill(rig)
        await rig.until(lambda: len(a.received) >= before + 10, 5, "the prompt again")
        source = a.packets[-1].ssrc
        assert [packet.payload for packet in a.packets if packet.ssrc == source][:10] == first
        await rig.event(LimitReached)

    play_through(tmp_path, story)


def test_who_was_found_behind_a_nat_is_not_looked_for_again(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        phone, thief, wall = await rig.talker(), await rig.talker(), await rig.talker()
        port = await rig.media.open("a")
        rig.media.connect("a", HOST, wall.port)
        phone.talk_to(port)
        rig.media.play("a", 1, ["tone:ringback"], loop=True)
        await rig.until(lambda: phone.received, 5, "the phone is found")
        phone.hush()
        thief.talk_to(port)
        kill(rig)
        await rig.event(MediaBack)
        before = len(phone.received)
        await rig.until(lambda: len(phone.received) > before + 10, 5, "the tone goes to the phone")
        assert thief.received == []

    play_through(tmp_path, story)


def test_what_is_asked_while_it_is_away_is_done_when_it_is_back(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        a, _ = await rig.leg("a")
        b = await rig.talker()
        kill(rig)
        await rig.event(MediaLost)
        opening = rig.media.open("b")
        rig.media.connect("b", HOST, b.port)
        rig.media.play("b", 1, ["tone:ringback"], loop=True)
        never = rig.media.open("never")
        await rig.media.close("never")
        assert never.cancelled()
        assert await rig.media.close("a") == StreamStats()
        assert await opening > 0
        await rig.until(lambda: b.received, 5, "a tone")
        assert a.received == []

    play_through(tmp_path, story)


def test_one_that_is_stuck_is_replaced(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        a, port = await rig.leg("a")
        a.talk_to(port)
        rig.media.play("a", 1, ["tone:ringback"], loop=True)
        await rig.until(lambda: a.received, 5, "a tone")
        assert rig.media.pid is not None
        os.kill(rig.media.pid, signal.SIGSTOP)
        await rig.event(MediaBack, 10)
        before = len(a.received)
        await rig.until(lambda: len(a.received) > before + 10, 5, "the tone again")

    play_through(tmp_path, story)


def test_a_stream_whose_port_was_taken_meanwhile_has_lost_its_media(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        _, port = await rig.leg("a")
        kill(rig)
        await rig.event(MediaLost)
        loop = asyncio.get_running_loop()
        squatter, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(HOST, port))
        assert await rig.event(RtpTimeout) == RtpTimeout("a")
        squatter.close()

    play_through(tmp_path, story)


def test_a_close_that_is_never_answered_gives_what_was_known(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.leg("a")
        assert rig.media.pid is not None
        os.kill(rig.media.pid, signal.SIGSTOP)
        closing = rig.media.close("a")
        kill(rig)
        assert await closing == StreamStats()

    play_through(tmp_path, story)


def test_figures_add_up_over_a_crash(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        a, port = await rig.leg("a")
        a.talk_to(port)
        rig.media.play("a", 1, ["tone:ringback"], loop=True)
        await rig.until(lambda: rig.media.stats("a").rx_packets, 10, "the first figures")
        rig.media.stop("a")
        before = rig.media.stats("a")
        kill(rig)
        await rig.event(MediaBack)
        rig.media.play("a", 1, ["tone:warning"])
        await rig.until(lambda: len(rig.events) == 3, 5, "the tone ended")
        after = await rig.media.close("a")
        assert after.rx_packets > before.rx_packets + 10
        assert after.first_rx_at_ms == before.first_rx_at_ms
        assert after.tx_packets == before.tx_packets + 25

    play_through(tmp_path, story)


@pytest.mark.parametrize("child", ["alone", "with-child"])
def test_without_its_dialer_a_media_process_ends(tmp_path: Path, child: str) -> None:
    """Also when a child that the dialer forked still holds the connection."""
    command = [sys.executable, "-c", DIALER % media_ports(), str(tmp_path / "run"), child]
    dialer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert dialer.stdout is not None
    try:
        media_pid = int(dialer.stdout.readline())
        assert int((tmp_path / "run" / "media.pid").read_text()) == media_pid
        killed_s = time.monotonic()
        dialer.kill()
        dialer.wait()
        eventually(lambda: not is_alive(media_pid), 5, "the media process ends")
        assert time.monotonic() - killed_s < 1.0
    finally:
        os.killpg(dialer.pid, signal.SIGKILL)  # the forked child, which holds our pipe
        dialer.stdout.close()


def test_a_dialer_that_is_stopped_too_long_loses_its_streams(tmp_path: Path) -> None:
    """Its phones must not talk on for nothing, and without an end."""
    command = [sys.executable, "-c", DIALER % media_ports(), str(tmp_path / "run"), "alone"]
    dialer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert dialer.stdout is not None
    try:
        media_pid = int(dialer.stdout.readline())
        stopped_s = time.monotonic()
        dialer.send_signal(signal.SIGSTOP)
        eventually(lambda: not is_alive(media_pid), 8, "the media process ends")
        assert time.monotonic() - stopped_s > 1.0  # a short stop does no harm
    finally:
        os.killpg(dialer.pid, signal.SIGKILL)
        dialer.wait()
        dialer.stdout.close()


def test_what_is_no_dialer_is_not_obeyed(tmp_path: Path) -> None:
    """A second voice on the socket is shown the door; the talk with the real child goes on."""

    async def story(rig: Rig) -> None:
        for words in (b"\xff\xff\xff\xff", b'\0\0\0\x2f{"say":"hello","pid":1,"priority":"the very best"}'):
            reader, writer = await asyncio.open_unix_connection(rig.run_dir / "media.sock")
            writer.write(words)
            assert await reader.read() == b""
            writer.close()
        assert await rig.media.open("a") > 0
        assert rig.media.priority in ("SCHED_RR", "nice -10", "normal")
        assert (rig.run_dir.stat().st_mode & 0o777) == 0o700

    play_through(tmp_path, story)


def test_a_process_that_cannot_start_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def story() -> None:
        with pytest.raises(MediaUnavailable, match="'media' said no hello"):
            await MediaProcess.start(tmp_path / "run", "192.0.2.1", media_ports(), print)

    asyncio.run(story())
    assert "192.0.2.1 cannot be used for RTP: Cannot assign requested address" in capfd.readouterr().err


def test_a_run_directory_may_lie_deep(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await rig.media.open("a") > 0

    play_through(tmp_path / ("deep" * 20) / ("down" * 20), story)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_it_serves_on(
    tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGBACK_FAILPOINT", f"media.{point}=media")
    monkeypatch.setenv("RINGBACK_RUN_DIR", str(tmp_path / "run"))

    async def story(rig: Rig) -> None:
        (a, port_a), (b, port_b) = await rig.leg("a", 700), await rig.leg("b", 1900)
        rig.media.limit("a", 60)
        rig.media.play("a", 1, ["tone:ringback"], loop=True)
        await rig.until(lambda: a.received, 5, "the tone")
        rig.media.stop("a")
        rig.media.bridge("a", "b")
        rig.media.unbridge("a")
        rig.media.bridge("a", "b")
        a.talk_to(port_a)
        b.talk_to(port_b)
        await rig.until(lambda: len(a.received) > 30 and len(b.received) > 30, 8, "talk")
        a.send(KEY_FIVE, kind=101, stamp=7)
        if point == "digit":
            await rig.event(MediaBack)
            a.send(KEY_FIVE, kind=101, stamp=70_000)
        assert (await rig.event(DigitHeard)).digit == "5"
        await rig.media.close("a")
        await rig.media.close("b")
        await rig.until((tmp_path / "run" / f"failpoint.media.{point}").exists, 5, "the kill")

    play_through(tmp_path, story)
