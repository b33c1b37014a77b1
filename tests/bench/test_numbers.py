"""How fast a written number is read; `make bench` prints the figure."""

import time

import pytest

from callback.core.numbers import parse_number


@pytest.mark.bench
def test_a_number_is_read() -> None:
    parse_number("600 316 058", "PL")  # the country's plan is loaded once
    start = time.perf_counter()
    for _ in range(2000):
        parse_number("600 316 058", "PL")
    print(f"\n  a number is read in {(time.perf_counter() - start) / 2000 * 1e6:.0f} µs (target 100)")
