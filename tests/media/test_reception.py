"""What was lost and how evenly it came (RFC 3550 appendix A)."""

import pytest

from callback.media.reception import Reception


def receive(reception: Reception, numbers: list[int], ssrc: int = 1) -> None:
    for number in numbers:
        reception.note(ssrc, number & 0xFFFF, 160 * number & 0xFFFFFFFF, 0.02 * number, audio=True)


def test_nothing_came() -> None:
    reception = Reception()
    assert (reception.packets, reception.lost, reception.first_s, reception.fraction_lost()) == (
        0,
        0,
        None,
        0,
    )


def test_gaps_are_losses_also_where_the_numbers_go_round() -> None:
    reception = Reception()
    receive(reception, [n for n in range(65_500, 65_600) if n % 10])
    assert (reception.packets, reception.lost) == (90, 9), "the first gap is before the first packet"
    assert reception.highest_sequence == 65_599
    assert reception.jitter_ms == 0.0


def test_late_and_double_packets_are_no_losses() -> None:
    reception = Reception()
    receive(reception, [1, 3, 2, 4, 4, 5])
    assert (reception.packets, reception.lost) == (6, 0)


def test_a_new_source_keeps_the_losses_of_the_old_one() -> None:
    reception = Reception()
    receive(reception, [1, 2, 4])
    receive(reception, [9000, 9001], ssrc=2)
    assert (reception.packets, reception.lost, reception.ssrc) == (5, 1, 2)


def test_a_great_leap_is_a_restart_not_a_loss() -> None:
    reception = Reception()
    receive(reception, [1, 2, 20_000, 20_001])
    assert reception.lost == 0


def test_the_fraction_is_of_the_time_since_the_last_report() -> None:
    reception = Reception()
    receive(reception, [0, 1, 2, 3])
    assert reception.fraction_lost() == 0
    receive(reception, [4, 7])
    assert reception.fraction_lost() == 128
    assert reception.fraction_lost() == 0


def test_jitter_is_the_mean_change_of_the_way_and_key_presses_do_not_count() -> None:
    reception = Reception()
    for n in range(400):
        reception.note(1, 2 * n, 160 * n, 0.02 * n + 0.005 * (n % 2), audio=True)
        reception.note(1, 2 * n + 1, 0, 0.02 * n + 0.006, audio=False)
    assert reception.jitter_ms == pytest.approx(5.0, abs=0.3)
    assert reception.jitter_ticks == pytest.approx(40, abs=3)
    assert reception.first_s == 0.0
    assert reception.last_s == pytest.approx(0.02 * 399 + 0.006)
