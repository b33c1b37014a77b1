"""Ports are even, and rest before they are used again."""

from callback.media.ports import PortPool


def test_pairs_lie_within_the_range() -> None:
    assert list(PortPool(20_001, 20_007, 5.0).candidates(0.0)) == [20_002, 20_004, 20_006]
    assert list(PortPool(20_000, 20_001, 5.0).candidates(0.0)) == [20_000]


def test_a_port_in_use_is_no_candidate() -> None:
    pool = PortPool(20_000, 20_003, 5.0)
    pool.take(20_000)
    assert list(pool.candidates(0.0)) == [20_002]


def test_a_port_given_back_rests_and_then_comes_last() -> None:
    pool = PortPool(20_000, 20_003, 5.0)
    pool.take(20_000)
    pool.give_back(20_000, 10.0)
    assert list(pool.candidates(14.9)) == [20_002]
    assert list(pool.candidates(15.0)) == [20_002, 20_000]


def test_a_stream_brought_back_takes_its_port_even_from_rest() -> None:
    pool = PortPool(20_000, 20_003, 5.0)
    pool.take(20_000)
    pool.give_back(20_000, 10.0)
    pool.take(20_000)
    assert list(pool.candidates(99.0)) == [20_002]
