"""One stream by itself: holds, limits, silences, directions and keys, on a clock moved by hand."""

import pytest

from callback.media.codecs import ULAW_TO_ALAW
from callback.media.control import Connect, Digit, Ended, Latch, Limited, Report, Silent
from callback.media.dtmf import TelephoneEvent, pack_event
from callback.media.farend import Address
from callback.media.outflow import Outflow
from callback.media.rtp import COMFORT_NOISE, PCMA, PCMU, Packet, pack_packet, parse_packet
from callback.media.speech import Playback
from callback.media.stream import Stream, Surroundings
from callback.media.timetable import Timetable

PHONE, NAT, THIEF = ("192.0.2.1", 4000), ("198.51.100.7", 61_000), ("203.0.113.9", 5000)
SOUND = bytes(range(160))
TONE = b"\x10" * 160
TONE_ALAW = TONE.translate(ULAW_TO_ALAW)
TIMEOUT_S = 20.0


class Wire:
    """A stream, what it sends and what it tells."""

    def __init__(self, timetable: Timetable, name: str = "a") -> None:
        self.timetable = timetable
        self.told: list[Report] = []
        self.sent: list[tuple[Packet, Address]] = []
        around = Surroundings(timetable, self.told.append, TIMEOUT_S)
        self.stream = Stream(name, Outflow(1, 0, 0), self._transmit, around)
        self._number = 0

    def _transmit(self, datagram: bytes, address: Address) -> None:
        packet = parse_packet(datagram)
        assert packet is not None
        self.sent.append((packet, address))

    def connect(
        self,
        now_s: float = 0.0,
        host: str = PHONE[0],
        kind: int = PCMU,
        direction: str = "sendrecv",
        dtmf: int | None = 101,
        dtmf_receive: int | None = 101,
    ) -> None:
        wanted = Connect(self.stream.name, host, PHONE[1], kind, dtmf, dtmf_receive, direction)
        self.stream.connect(wanted, now_s)

    def hear(
        self,
        now_s: float = 0.0,
        source: Address = PHONE,
        kind: int = PCMU,
        payload: bytes = SOUND,
        stamp: int | None = None,
    ) -> None:
        self._number += 1
        timestamp = 160 * self._number if stamp is None else stamp
        self.stream.receive(pack_packet(kind, False, self._number, timestamp, 9, payload), source, now_s)

    def play(self, now_s: float, frames: int = 1, loop: bool = False) -> None:
        self.stream.play(Playback(1, SOUND * frames, loop, ""), now_s)

    def run_until(self, end_s: float) -> None:
        while (next_s := self.timetable.next_s()) is not None and next_s <= end_s + 1e-9:
            self.timetable.keep(next_s)


@pytest.fixture
def wire() -> Wire:
    return Wire(Timetable())


@pytest.fixture
def bridged() -> tuple[Wire, Wire]:
    timetable = Timetable()
    a, b = Wire(timetable, "a"), Wire(timetable, "b")
    a.connect(kind=PCMU)
    b.connect(kind=PCMA, dtmf=96, dtmf_receive=101)
    a.stream.sink, b.stream.sink = b.stream, a.stream
    return a, b


def key(digit: str = "5") -> bytes:
    return pack_event(TelephoneEvent(digit, ended=False, duration=160))


def test_a_prompt_waits_for_somebody_to_hear_it(wire: Wire) -> None:
    wire.play(0.0)
    wire.run_until(5.0)
    assert wire.sent == []
    wire.connect(7.0)
    assert [address for _, address in wire.sent] == [PHONE]
    wire.run_until(8.0)
    assert wire.told == [Ended("a", 1, "")]


@pytest.mark.parametrize(
    ("direction", "host", "sends", "hears"),
    [
        ("sendrecv", PHONE[0], True, True),
        ("sendonly", PHONE[0], False, True),
        ("recvonly", PHONE[0], True, False),
        ("inactive", PHONE[0], False, False),
        ("sendrecv", "0.0.0.0", False, True),
    ],
)
def test_hold_is_obeyed_as_the_far_end_wrote_it(
    wire: Wire, direction: str, host: str, sends: bool, hears: bool
) -> None:
    wire.connect()
    wire.connect(direction=direction, host=host)
    wire.play(0.0)
    wire.hear(kind=101, payload=key())
    assert bool(wire.sent) is sends
    assert (Digit("a", "5", 0.0) in wire.told) is hears


def test_a_prompt_during_hold_passes_in_silence(wire: Wire) -> None:
    wire.connect(direction="sendonly")
    wire.play(0.0, frames=100)
    wire.run_until(1.0)
    wire.connect(1.0)
    wire.run_until(5.0)
    assert 45 < len(wire.sent) < 55
    assert Ended("a", 1, "") in wire.told


def test_both_telephone_event_types_are_heard(wire: Wire) -> None:
    wire.connect(dtmf=96, dtmf_receive=101)
    wire.hear(kind=96, payload=key("1"))
    wire.hear(kind=101, payload=key("2"))
    wire.hear(kind=97, payload=key("3"))
    assert [told.digit for told in wire.told if isinstance(told, Digit)] == ["1", "2"]


def test_the_other_leg_hears_in_its_own_law_and_its_own_event_type(bridged: tuple[Wire, Wire]) -> None:
    a, b = bridged
    a.hear()
    a.hear(kind=101, payload=key())
    a.hear(kind=COMFORT_NOISE, payload=b"\x40")
    b.hear(kind=PCMA)
    assert [packet.payload_type for packet, _ in b.sent] == [PCMA, 96]
    assert b.sent[1][0].payload == key()
    assert [packet.payload_type for packet, _ in a.sent] == [PCMU]
    assert a.told == [Digit("a", "5", 0.0)]


def test_a_leg_that_takes_no_events_gets_none(bridged: tuple[Wire, Wire]) -> None:
    a, b = bridged
    b.connect(dtmf=None, dtmf_receive=None)
    a.hear(kind=101, payload=key())
    b.stream.press("1", 0.0)
    assert b.sent == []


def test_a_tone_takes_the_place_of_the_bridge_while_it_lasts(bridged: tuple[Wire, Wire]) -> None:
    a, b = bridged
    for n in range(20):
        a.hear(0.02 * n)
        if n == 5:
            b.stream.play(Playback(1, TONE * 4, False, ""), 0.02 * n + 0.001)
        b.run_until(0.02 * n + 0.019)
    assert (
        "".join("t" if packet.payload == TONE_ALAW else "b" for packet, _ in b.sent)
        == "b" * 6 + "tttt" + "b" * 9
    )
    assert [packet.sequence for packet, _ in b.sent] == list(range(1, 20))
    stamps = [packet.timestamp for packet, _ in b.sent]
    assert stamps == sorted(set(stamps))
    assert b.told == [Ended("b", 1, "")]


def test_the_limit_stops_media_both_ways_at_once(bridged: tuple[Wire, Wire]) -> None:
    a, b = bridged
    a.stream.limit(1.0)
    a.play(0.9, loop=True)
    a.run_until(1.0)
    assert Limited("a") in a.told
    before = len(a.sent), len(b.sent)
    a.hear(1.0)
    b.hear(1.0)
    a.play(1.1)
    a.stream.press("1", 1.1)
    a.run_until(2.0)
    assert (len(a.sent), len(b.sent)) == before


def test_a_later_limit_revives_and_an_earlier_one_is_forgotten(bridged: tuple[Wire, Wire]) -> None:
    a, b = bridged
    a.stream.limit(1.0)
    a.stream.limit(2.0)
    a.run_until(1.5)
    assert a.told == []
    a.run_until(2.0)
    assert a.told == [Limited("a")]
    a.stream.limit(3.0)
    a.hear(2.1)
    assert len(b.sent) == 1
    a.stream.limit(None)
    a.run_until(9.0)
    assert a.told == [Limited("a")]


def test_a_silent_far_end_is_told_once_for_each_silence(wire: Wire) -> None:
    wire.connect(0.0)
    wire.hear(5.0)
    wire.run_until(24.9)
    assert wire.told == []
    wire.run_until(100.0)
    assert wire.told == [Silent("a")]
    wire.hear(100.0)
    wire.run_until(121.0)
    assert wire.told == [Silent("a")] * 2


@pytest.mark.parametrize("direction", ["sendonly", "recvonly", "inactive"])
def test_a_far_end_on_hold_may_be_silent(wire: Wire, direction: str) -> None:
    wire.connect(0.0)
    wire.connect(1.0, direction=direction)
    wire.hear(2.0)
    wire.run_until(100.0)
    assert wire.told == []
    wire.connect(100.0)
    wire.run_until(121.0)
    assert wire.told == [Silent("a")]


def test_reports_and_comfort_noise_are_signs_of_life(wire: Wire) -> None:
    wire.connect(0.0)
    wire.hear(15.0, kind=COMFORT_NOISE, payload=b"\x40")
    wire.run_until(21.0)
    assert wire.stream.take_report(
        Wire(Timetable()).stream.make_report(0.0, 0.0), (PHONE[0], 4001), 30.0, 30.0
    )
    wire.run_until(49.0)
    assert wire.told == []


def test_reports_of_strangers_are_not_believed(wire: Wire) -> None:
    report = wire.stream.make_report(0.0, 0.0)
    assert not wire.stream.take_report(report, PHONE, 0.0, 0.0)
    wire.connect()
    assert not wire.stream.take_report(report, THIEF, 0.0, 0.0)


def test_nobody_else_is_heard_and_the_attempt_is_counted(bridged: tuple[Wire, Wire]) -> None:
    a, b = bridged
    a.hear()
    a.hear(source=THIEF)
    assert len(b.sent) == 1
    assert a.stream.stats(final=True).foreign_packets == 1
    assert a.stream.stats(final=True).rx_packets == 1


def test_a_phone_behind_a_nat_is_answered_where_it_is(wire: Wire) -> None:
    wire.connect()
    wire.hear(source=NAT)
    wire.play(0.0)
    assert wire.told == [Latch("a", *NAT)]
    assert wire.sent[0][1] == NAT


def test_the_address_an_earlier_process_had_found_is_gone_on_with(wire: Wire) -> None:
    wire.connect()
    wire.stream.latch(NAT)
    wire.play(0.0)
    assert wire.sent[0][1] == NAT
    assert wire.sent[0][0].ssrc == wire.stream.ssrc


def test_junk_neither_latches_nor_counts(wire: Wire) -> None:
    wire.connect()
    wire.stream.receive(b"junk", THIEF, 0.0)
    wire.hear(source=THIEF, kind=34)
    wire.hear()
    assert wire.told == []
    assert wire.stream.stats(final=False).rx_packets == 1


def test_our_key_presses_reach_the_far_end_with_one_timestamp_each(wire: Wire) -> None:
    wire.connect(dtmf=96)
    wire.stream.press("1#", 0.0)
    wire.run_until(1.0)
    assert len(wire.sent) == 16
    assert len({packet.timestamp for packet, _ in wire.sent}) == 2
    assert {packet.payload_type for packet, _ in wire.sent} == {96}
    assert [n for n, (packet, _) in enumerate(wire.sent) if packet.marker] == [0, 8]


def test_a_way_long_unused_is_kept_open_with_silence(wire: Wire) -> None:
    wire.stream.keep_open(0.0)
    assert wire.sent == []
    wire.connect(0.0)
    wire.play(0.0)
    wire.run_until(1.0)
    wire.stream.keep_open(3.0)
    assert len(wire.sent) == 1
    wire.stream.keep_open(5.0)
    assert [packet.payload for packet, _ in wire.sent] == [SOUND, b"\xff" * 160]
    wire.connect(6.0, direction="sendonly")
    wire.stream.keep_open(50.0)
    assert len(wire.sent) == 2


def test_a_closed_stream_has_no_appointments(wire: Wire) -> None:
    wire.connect(0.0)
    wire.play(0.0, loop=True)
    wire.stream.limit(5.0)
    wire.stream.close()
    assert wire.timetable.next_s() is None
