"""Reports between two ends tell each what the other heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback.media.outflow import Outflow
from callback.media.reception import Reception
from callback.media.reporting import Reporting
from callback.media.rtcp import (
    Report,
    ReportBlock,
    middle,
    ntp_time,
    pack_goodbye,
    pack_report,
    parse_report,
    round_trip_s,
)

BLOCK = ReportBlock(0xAABBCCDD, 25, 1234, 70_000, 160, 0x12345678, 65536)
UNIX_S = 1_790_000_000.0


def test_a_sender_report_carries_time_and_block() -> None:
    ntp = ntp_time(UNIX_S)
    report = parse_report(pack_report(1, "ringback", (ntp, 160, 10, 1600), BLOCK))
    assert report == Report(1, middle(ntp), (BLOCK,))


def test_a_receiver_report_carries_its_block_alone() -> None:
    assert parse_report(pack_report(1, "ringback", None, BLOCK)) == Report(1, None, (BLOCK,))
    assert parse_report(pack_report(1, "ringback", None, None)) == Report(1, None, ())
    assert parse_report(pack_goodbye(1)) == Report(1, None, ())


def test_more_received_than_expected_is_a_negative_loss() -> None:
    block = ReportBlock(1, 0, -3, 5, 0, 0, 0)
    assert parse_report(pack_report(9, "x", None, block)) == Report(9, None, (block,))


def test_every_part_of_a_compound_packet_is_padded_to_words() -> None:
    for name in ("a", "ab", "abc", "abcd", "abcde"):
        assert len(pack_report(1, name, None, None)) % 4 == 0


@given(st.binary(max_size=80))
def test_no_datagram_whatever_breaks_the_parser(datagram: bytes) -> None:
    parse_report(datagram)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        bytes((0x40, 201, 0, 1)) + bytes(4),
        bytes((0x80, 202, 0, 1)) + bytes(4),
        bytes((0x80, 201, 0, 9)) + bytes(4),  # shorter than it says
        bytes((0x81, 201, 0, 1)) + bytes(4),  # a block that is not there
    ],
)
def test_what_is_no_report_is_nothing(datagram: bytes) -> None:
    assert parse_report(datagram) is None


def test_the_round_trip_leaves_out_the_time_the_far_end_waited() -> None:
    sent = middle(ntp_time(UNIX_S))
    block = ReportBlock(1, 0, 0, 0, 0, sent, 2 * 65536)
    assert round_trip_s(block, middle(ntp_time(UNIX_S + 2.05))) == pytest.approx(0.05, abs=0.001)
    assert round_trip_s(block, middle(ntp_time(UNIX_S + 1.9))) == 0.0, "clocks that disagree"
    assert round_trip_s(ReportBlock(1, 0, 0, 0, 0, 0, 0), sent) is None


def end(ssrc: int) -> tuple[Outflow, Reception, Reporting]:
    outflow, reception = Outflow(ssrc, 0, 0), Reception()
    return outflow, reception, Reporting(outflow, reception)


def test_two_ends_learn_loss_jitter_and_distance_from_each_other() -> None:
    outflow, _, ours = end(1)
    _, heard, theirs = end(2)
    for n in range(100):
        outflow.own(0, bytes(160), 0.02 * n)
        if n % 10 != 5:
            heard.note(1, n, 160 * n, 0.02 * n + (0.004 if n % 2 else 0.0), audio=True)
    assert theirs.take(ours.make(2.0, UNIX_S), 2.03, UNIX_S + 0.03)
    assert ours.take(theirs.make(3.03, UNIX_S + 1.03), 3.06, UNIX_S + 1.06)
    assert ours.remote_lost == 10
    assert ours.remote_jitter_ms == pytest.approx(4.0, abs=1.0)
    assert ours.rtt_ms == pytest.approx(60.0, abs=1.0)


def test_an_end_that_sent_nothing_new_only_reports_what_it_received() -> None:
    outflow, _, ours = end(1)
    outflow.own(0, bytes(160), 0.0)
    first, second = parse_report(ours.make(1.0, UNIX_S)), parse_report(ours.make(6.0, UNIX_S + 5))
    assert first and first.ntp_middle is not None
    assert second and second.ntp_middle is None


def test_a_word_about_somebody_else_is_not_about_us() -> None:
    _, _, ours = end(1)
    assert ours.take(pack_report(2, "x", None, BLOCK), 1.0, UNIX_S)
    assert ours.remote_jitter_ms is None
    assert not ours.take(b"nonsense", 1.0, UNIX_S)
