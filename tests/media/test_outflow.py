"""A far end sees one stream, whatever it is made of."""

from itertools import pairwise

from callback.media.outflow import Outflow
from callback.media.rtp import Packet, parse_packet, sequence_ahead, timestamp_ahead

SOUND = bytes(160)


def parsed(datagram: bytes | None) -> Packet:
    assert datagram is not None
    packet = parse_packet(datagram)
    assert packet is not None
    return packet


def far(number: int, ssrc: int = 77, marker: bool = False, start: int = 500_000) -> Packet:
    return Packet(0, marker, number & 0xFFFF, (start + 160 * number) & 0xFFFFFFFF, ssrc, SOUND)


def relayed(outflow: Outflow, packet: Packet, now_s: float, audio: bool = True) -> Packet:
    return parsed(outflow.relay(packet, 8, packet.payload, now_s, audio=audio))


def assert_continuous(packets: list[Packet]) -> None:
    assert len({packet.ssrc for packet in packets}) == 1
    for earlier, later in pairwise(packets):
        assert sequence_ahead(later.sequence, earlier.sequence) == 1
        assert timestamp_ahead(later.timestamp, earlier.timestamp) >= 160


def test_a_prompt_a_bridge_and_a_prompt_are_one_stream() -> None:
    outflow = Outflow(1, 65_530, 0xFFFFFF00)
    sent = [parsed(outflow.own(0, SOUND, 0.02 * n)) for n in range(10)]
    sent += [relayed(outflow, far(n), 1.0 + 0.02 * n) for n in range(40_000, 40_010)]
    sent += [parsed(outflow.own(0, SOUND, 900.0 + 0.02 * n)) for n in range(10)]
    assert_continuous(sent)
    assert [n for n, packet in enumerate(sent) if packet.marker] == [0, 10, 20]
    assert outflow.packets == 30
    assert outflow.octets == 30 * 160


def test_after_a_silence_the_timestamp_has_moved_on_with_the_clock() -> None:
    outflow = Outflow(1, 0, 0)
    first, second = (parsed(outflow.own(0, SOUND, now_s)) for now_s in (10.0, 13.0))
    assert second.timestamp - first.timestamp == 3 * 8000
    assert second.marker
    assert outflow.timestamp_at(14.0) == second.timestamp + 8000


def test_a_frame_that_is_merely_late_begins_nothing() -> None:
    outflow = Outflow(1, 0, 0)
    outflow.own(0, SOUND, 1.0)
    late = parsed(outflow.own(0, SOUND, 1.07))
    assert (late.timestamp, late.marker) == (160, False)


def test_before_anything_was_sent_time_stands_still() -> None:
    assert Outflow(1, 0, 4711).timestamp_at(99.0) == 4711


def test_losses_and_reordering_of_the_far_leg_stay_visible() -> None:
    outflow = Outflow(1, 100, 1000)
    order = [0, 1, 3, 2, 6]
    sent = [relayed(outflow, far(n), 0.02 * n) for n in order]
    assert [packet.sequence - sent[0].sequence for packet in sent] == order
    assert [(packet.timestamp - sent[0].timestamp) // 160 for packet in sent] == order


def test_what_was_said_before_the_join_is_not_heard_after_it() -> None:
    outflow = Outflow(1, 100, 1000)
    relayed(outflow, far(10), 0.0)
    assert outflow.relay(far(9), 0, SOUND, 0.001, audio=True) is None
    outflow.own(0, SOUND, 0.02)
    after = relayed(outflow, far(12), 0.04)
    assert after.sequence == 103
    assert outflow.relay(far(11), 0, SOUND, 0.041, audio=True) is None


def test_a_far_end_that_starts_anew_under_an_old_name_is_joined_anew() -> None:
    outflow = Outflow(1, 0, 0)
    sent = [relayed(outflow, far(n), 0.02 * n) for n in range(5)]
    sent.append(relayed(outflow, far(30_000), 0.12))
    sent.append(relayed(outflow, far(30_001, start=0), 0.14))
    sent.append(relayed(outflow, far(30_002, start=0x70000000), 0.16))
    assert_continuous(sent)


def test_a_silence_of_the_far_leg_passes_through() -> None:
    outflow = Outflow(1, 0, 0)
    before = relayed(outflow, far(1), 0.0)
    spurt = Packet(0, True, 2, far(1).timestamp + 5 * 8000, 77, SOUND)
    after = relayed(outflow, spurt, 5.0)
    assert after.timestamp - before.timestamp == 5 * 8000
    assert after.marker


def test_a_key_press_keeps_its_one_timestamp_and_its_marker() -> None:
    outflow = Outflow(1, 0, 0)
    relayed(outflow, far(1), 0.0)
    pressed_at = far(2).timestamp
    press = [
        relayed(outflow, Packet(101, n == 2, n, pressed_at, 77, b"\1\0\0\0"), 0.02 * n, audio=False)
        for n in range(2, 10)
    ]
    assert len({packet.timestamp for packet in press}) == 1
    assert [packet.marker for packet in press] == [True] + [False] * 7
    long_press = relayed(outflow, Packet(101, False, 10, pressed_at, 77, b"\1\0\0\0"), 0.2, audio=False)
    assert long_press.timestamp == press[0].timestamp
    assert relayed(outflow, far(11), 0.22).timestamp == press[0].timestamp + 9 * 160


def test_our_own_key_press_shares_a_given_timestamp() -> None:
    outflow = Outflow(1, 0, 0)
    first = parsed(outflow.own(101, b"\1\0\0\0", 0.0, marker=True))
    second = parsed(outflow.own(101, b"\1\0\0\0", 0.02, timestamp=first.timestamp))
    sound = parsed(outflow.own(0, SOUND, 0.04))
    assert (first.marker, second.marker) == (True, False)
    assert second.timestamp == first.timestamp
    assert sound.timestamp == first.timestamp + 320
