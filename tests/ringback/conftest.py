"""Houses for tests of the command. Their paths are short: sockets have short names."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ringback.house import House, build


@pytest.fixture
def root() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="rb-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def house(root: Path) -> House:
    """After `init`."""
    made = build(root)
    assert made.run("init").exit_code == 0
    return made
