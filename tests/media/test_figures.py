"""A leg's figures add up over all the processes that have carried it."""

from dataclasses import replace

from callback.media.control import Stats
from callback.media.events import StreamStats
from callback.media.figures import Figures

FIRST = Stats("a", False, 100, 90, 3, 1, 2.5, 2, 4.0, 30.0, 10.0, 20.0)
OFFSET_MS = 1_000_000


def test_seconds_of_the_machine_become_unix_milliseconds() -> None:
    figures = Figures()
    figures.note(FIRST, OFFSET_MS)
    assert figures.of("a") == StreamStats(100, 90, 3, 1, 2.5, 2, 4.0, 30.0, 1_010_000, 1_020_000)


def test_lives_add_up() -> None:
    figures = Figures()
    figures.note(FIRST, OFFSET_MS)
    figures.begin_life()
    assert figures.of("a").rx_packets == 100
    quiet = replace(
        FIRST,
        rx_packets=0,
        jitter_ms=0.0,
        first_rx_s=None,
        last_rx_s=None,
        rtt_ms=None,
        remote_jitter_ms=None,
    )
    figures.note(quiet, OFFSET_MS)
    total = figures.of("a")
    assert (total.rx_packets, total.tx_packets, total.jitter_ms) == (100, 180, 2.5)
    assert (total.rtt_ms, total.remote_jitter_ms) == (30.0, 4.0)
    assert (total.first_rx_at_ms, total.last_rx_at_ms) == (1_010_000, 1_020_000)
    figures.note(replace(FIRST, first_rx_s=30.0, last_rx_s=40.0, jitter_ms=1.0), OFFSET_MS)
    assert (figures.of("a").first_rx_at_ms, figures.of("a").last_rx_at_ms) == (1_010_000, 1_040_000)
    assert figures.of("a").jitter_ms == 1.0


def test_the_last_word_is_given_once() -> None:
    figures = Figures()
    figures.note(FIRST, OFFSET_MS)
    assert figures.take("a").rx_packets == 100
    assert figures.take("a") == StreamStats()
