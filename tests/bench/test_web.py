"""Pages and exports at 100,000 call records; `make bench` prints the figures."""

import pytest

from tests.bench import bench_web


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_pages_and_exports_are_as_fast_as_promised() -> None:
    assert bench_web.main(3.0) == 0
