"""The real process on real sockets: two people hear each other, and nobody else."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from callback.media.dtmf import TelephoneEvent, pack_event, press
from callback.media.events import (
    DigitHeard,
    LimitReached,
    NoMediaPorts,
    PlaybackDone,
    RtpTimeout,
    StreamStats,
)
from callback.media.rtcp import ReportBlock, pack_report
from callback.media.rtp import PCMA, PCMU, sequence_ahead, timestamp_ahead
from callback.media.tones import find_tone
from callback.media.wav import read_wav
from callback.prompts.catalogue import find_prompt
from tests.media.rig import HOST, Rig, media_ports, play_through, share_of, sound_of

BUSY = find_prompt("en", "busy")
SECOND = 50  # packets


def test_two_people_hear_each_other_each_in_their_own_law(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (a, port_a), (b, port_b) = await rig.leg("a", 700, PCMU), await rig.leg("b", 1900, PCMA)
        rig.media.bridge("a", "b")
        a.talk_to(port_a)
        b.talk_to(port_b)
        await rig.until(lambda: min(len(a.received), len(b.received)) > SECOND, 5, "a second of talk")
        assert share_of(sound_of(a.packets[5:], PCMU), 1900) > 0.99
        assert share_of(sound_of(b.packets[5:], PCMA), 700) > 0.99
        figures = await rig.media.close("a")
        assert figures.rx_packets >= SECOND
        assert figures.tx_packets >= SECOND
        assert figures.lost_packets == 0
        assert figures.first_rx_at_ms is not None

    play_through(tmp_path, story)


def test_one_who_has_not_answered_hears_nothing_yet(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (a, port_a), (b, port_b) = await rig.leg("a", 700), await rig.leg("b", 1900)
        rig.media.bridge("a", "b", listen_only=True)
        a.talk_to(port_a)
        b.talk_to(port_b)
        await rig.until(lambda: len(a.received) > 20, 5, "early media")
        assert b.received == []
        rig.media.bridge("a", "b")
        await rig.until(lambda: len(b.received) > 20, 5, "the answer")

    play_through(tmp_path, story)


def test_after_parting_nothing_is_heard(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (a, port_a), (b, port_b) = await rig.leg("a"), await rig.leg("b")
        rig.media.bridge("a", "b")
        a.talk_to(port_a)
        b.talk_to(port_b)
        await rig.until(lambda: a.received and b.received, 5, "talk")
        rig.media.unbridge("b")
        assert (await rig.media.close("b")).rx_packets > 0
        await rig.happenings.quiet_for(0.3, lambda: (len(a.received), len(b.received)))

    play_through(tmp_path, story)


def test_a_prompt_is_heard_whole_and_its_end_is_told(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        a, _ = await rig.leg("a", payload_type=PCMU)
        rig.media.play("a", 7, [BUSY, "tone:beep"])
        done = await rig.event(PlaybackDone)
        assert done == PlaybackDone("a", 7)
        wanted = read_wav(BUSY) + (find_tone("tone:beep") or b"")
        heard = b"".join(packet.payload for packet in a.packets)
        assert heard[: len(wanted)] == wanted
        assert len(heard) - len(wanted) < 160

    play_through(tmp_path, story, preload=[BUSY])


def test_a_missing_prompt_is_named_in_the_end_of_its_playback(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.leg("a")
        rig.media.play("a", 8, [tmp_path / "none.wav"])
        done = await rig.event(PlaybackDone)
        assert done.playback_id == 8
        assert "none.wav" in done.fault

    play_through(tmp_path, story)


def test_a_stop_silences_a_prompt_in_mid_word_and_tells_no_end(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        a, _ = await rig.leg("a")
        rig.media.play("a", 1, [BUSY], loop=True)
        await rig.until(lambda: len(a.received) > 10, 5, "the prompt")
        rig.media.stop("a")
        await rig.media.open("afterwards")  # answered after the stop was obeyed
        await rig.happenings.quiet_for(0.3, lambda: len(a.received))
        assert rig.events == []

    play_through(tmp_path, story)


def test_a_key_is_heard_once_and_reaches_the_other_leg(tmp_path: Path) -> None:
    """Packets are lost, doubled and swapped; the third key loses all but its first."""

    async def story(rig: Rig) -> None:
        (a, _), (b, _) = await rig.leg("a"), await rig.leg("b", payload_type=PCMA)
        rig.media.bridge("a", "b")
        for n, key in enumerate("48#"):
            stamp = 10_000 + n * 2000
            events = [pack_event(event) for event in press(key)]
            order = ([0, 1, 1, 3, 2, 5, 5], [4, 2, 7], [0])[n]
            for place in order:
                a.send(events[place], kind=101, stamp=stamp)
        await rig.until(lambda: len(rig.events) == 3 and len(b.received) == 11, 5, "three keys")
        assert [event.digit for event in rig.events if isinstance(event, DigitHeard)] == ["4", "8", "#"]
        assert {packet.payload_type for packet in b.packets} == {101}
        assert len({packet.timestamp for packet in b.packets}) == 3

    play_through(tmp_path, story)


def test_keys_we_press_are_heard_by_another_media_process(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        ports = [await rig.media.open(name) for name in ("ours", "theirs")]
        rig.media.connect("ours", HOST, ports[1])
        rig.media.connect("theirs", HOST, ports[0])
        rig.media.digits("ours", "05#")
        await rig.until(lambda: len(rig.events) == 3, 5, "three keys")
        assert [event.digit for event in rig.events if isinstance(event, DigitHeard)] == ["0", "5", "#"]

    play_through(tmp_path, story)


def test_one_stream_numbers_prompt_bridge_and_prompt(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (a, _), (b, port_b) = await rig.leg("a"), await rig.leg("b")
        for phase in range(3):
            before = len(a.received)
            if phase == 1:
                rig.media.bridge("a", "b")
                b.talk_to(port_b)
            else:
                rig.media.unbridge("a")
                rig.media.play("a", phase, [BUSY], loop=True)
            await rig.until(lambda before=before: len(a.received) > before + 10, 5, f"phase {phase}")  # type: ignore[misc]  # a default binds it now
        assert len({packet.ssrc for packet in a.packets}) == 1
        for earlier, later in pairwise(a.packets):
            assert sequence_ahead(later.sequence, earlier.sequence) == 1
            assert timestamp_ahead(later.timestamp, earlier.timestamp) >= 160
        assert a.packets[0].marker

    play_through(tmp_path, story)


def test_a_warning_is_heard_over_the_talk_by_one_leg_only(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (a, port_a), (b, port_b) = await rig.leg("a", 1500), await rig.leg("b", 1900)
        rig.media.bridge("a", "b")
        a.talk_to(port_a)
        b.talk_to(port_b)
        await rig.until(lambda: len(a.received) > 25, 5, "talk")
        before = len(a.received)
        rig.media.play("a", 1, ["tone:warning"])
        await rig.event(PlaybackDone)
        after = len(a.received)
        warned = sound_of(a.packets[before + 1 : after - 1], PCMU)
        assert share_of(warned, 440) > 0.5
        assert share_of(warned, 1900) < 0.05
        await rig.until(lambda: len(a.received) > after + 25, 5, "talk again")
        assert share_of(sound_of(a.packets[after + 2 :], PCMU), 1900) > 0.99
        assert share_of(sound_of(b.packets[5:], PCMU), 1500) > 0.99
        numbers = [packet.sequence for packet in a.packets]
        assert all(sequence_ahead(n, m) == 1 for m, n in pairwise(numbers))

    play_through(tmp_path, story)


def test_a_stranger_is_not_heard_and_gets_nothing(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (a, port_a), (b, _) = await rig.leg("a", 700), await rig.leg("b")
        thief = await rig.talker(2500)
        rig.media.bridge("a", "b")
        a.talk_to(port_a)
        await rig.until(lambda: b.received, 5, "talk")
        thief.talk_to(port_a)
        rig.media.play("a", 1, ["tone:ringback"], loop=True)
        await rig.until(lambda: len(b.received) > SECOND and len(a.received) > SECOND, 5, "a second")
        assert thief.received == []
        assert share_of(sound_of(b.packets[2:], PCMU), 700) > 0.99
        assert (await rig.media.close("a")).foreign_packets > 10

    play_through(tmp_path, story)


def test_a_phone_behind_a_nat_is_found(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        phone, wall = await rig.talker(), await rig.talker()
        port = await rig.media.open("a")
        rig.media.connect("a", HOST, wall.port)
        rig.media.play("a", 1, ["tone:ringback"], loop=True)
        await rig.until(lambda: wall.received, 5, "the signalled address")
        phone.talk_to(port)
        await rig.until(lambda: phone.received, 5, "the real one")
        await rig.media.open("afterwards")
        await rig.happenings.quiet_for(0.1, lambda: len(wall.received))

    play_through(tmp_path, story)


def test_at_its_limit_a_stream_is_cut_both_ways(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        (a, port_a), (b, port_b) = await rig.leg("a"), await rig.leg("b")
        rig.media.bridge("a", "b")
        a.talk_to(port_a)
        b.talk_to(port_b)
        rig.media.limit("a", 0.3)
        assert await rig.event(LimitReached) == LimitReached("a")
        await rig.happenings.quiet_for(0.3, lambda: (len(a.received), len(b.received)))

    play_through(tmp_path, story)


def test_a_far_end_that_went_away_is_told(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.leg("a")
        assert await rig.event(RtpTimeout) == RtpTimeout("a")

    play_through(tmp_path, story, rtp_timeout_s=0.2)


def test_when_no_port_is_left_it_is_said(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        low, high = media_ports()
        ports = list[int]()
        with pytest.raises(NoMediaPorts):
            while len(ports) <= (high - low) // 2:
                ports.append(await rig.media.open(f"s{len(ports)}"))
            await rig.media.open("one too many")
        assert len(set(ports)) == len(ports) > 10
        assert all(port % 2 == 0 and low <= port < high for port in ports)
        await rig.media.close("s3")
        with pytest.raises(NoMediaPorts):
            await rig.media.open("a port must rest")

    play_through(tmp_path, story, rest_s=60.0)


def test_reports_tell_how_well_the_far_end_hears(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        a, port = await rig.leg("a")
        rig.media.play("a", 1, ["tone:beep"])
        await rig.event(PlaybackDone)
        block = ReportBlock(a.packets[0].ssrc, 0, 12, 0, 80, 0, 0)
        a.transport.sendto(pack_report(5, "phone", None, block), (HOST, port + 1))
        figures = await rig.media.close("a")
        assert (figures.remote_lost_packets, figures.remote_jitter_ms) == (12, 10.0)

    play_through(tmp_path, story)


def test_a_closed_stream_says_no_more_and_may_be_closed_again(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        a, _ = await rig.leg("a")
        rig.media.play("a", 1, ["tone:ringback"], loop=True)
        await rig.until(lambda: a.received, 5, "a tone")
        first, second = rig.media.close("a"), rig.media.close("a")
        assert (await first).tx_packets >= 1
        assert await second == await first
        assert await rig.media.close("a") == StreamStats()
        await rig.happenings.quiet_for(0.2, lambda: len(a.received))
        rig.media.play("a", 2, ["tone:beep"])
        rig.media.bridge("a", "nobody")
        await rig.media.open("a")

    play_through(tmp_path, story)


@pytest.mark.parametrize(
    ("host", "port", "dtmf"),
    [("phone.example", 4000, 101), ("::1", 4000, 101), (HOST, 70_000, 101), (HOST, 4000, 300)],
)
def test_nonsense_of_a_far_end_is_refused_before_it_does_harm(
    tmp_path: Path, host: str, port: int, dtmf: int
) -> None:
    async def story(rig: Rig) -> None:
        await rig.media.open("a")
        with pytest.raises(ValueError, match=r"\w"):
            rig.media.connect("a", host, port, 0, dtmf)
        assert await rig.media.open("b") > 0

    play_through(tmp_path, story)


def test_a_key_held_down_is_one_key(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        a, _ = await rig.leg("a")
        for n in range(100):
            a.send(
                pack_event(TelephoneEvent("9", ended=n > 96, duration=160 * (n + 1))), kind=101, stamp=4711
            )
        a.send(pack_event(TelephoneEvent("1", ended=False, duration=160)), kind=101, stamp=40_000)
        await rig.until(lambda: len(rig.events) == 2, 5, "both keys")
        assert [event.digit for event in rig.events if isinstance(event, DigitHeard)] == ["9", "1"]

    play_through(tmp_path, story)


@pytest.mark.parametrize("path", [BUSY])
def test_a_prompt_sounds_alike_in_both_laws(tmp_path: Path, path: Path) -> None:
    async def story(rig: Rig) -> None:
        (a, _), (b, _) = await rig.leg("a", payload_type=PCMU), await rig.leg("b", payload_type=PCMA)
        for name in ("a", "b"):
            rig.media.play(name, 1, [path])
        await rig.until(lambda: len(rig.events) == 2, 5, "both ends")
        one, other = sound_of(a.packets, PCMU), sound_of(b.packets, PCMA)
        assert 10 * np.log10((one**2).mean() / ((one - other) ** 2).mean()) > 30

    play_through(tmp_path, story)
