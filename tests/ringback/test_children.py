"""A family of processes: who dies lives again, later each time; who will not end is ended."""

import itertools
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ringback.served import lives
from tests.waiting import eventually


@contextmanager
def family(directory: Path, *names: str) -> Iterator["Brood"]:
    out = directory / "out"
    with out.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.ringback.brood", str(directory), *names],
            cwd=Path(__file__).parents[2],
            stdout=log,
            stderr=log,
        )
    yield Brood(directory, process)
    process.kill()
    process.wait()


class Brood:
    def __init__(self, directory: Path, process: subprocess.Popen[bytes]) -> None:
        self.directory = directory
        self.process = process

    def said(self) -> str:
        return (self.directory / "out").read_text()

    def pid(self, name: str) -> int:
        path = self.directory / f"{name}.pid"
        return int(path.read_text() or 0) if path.exists() else 0

    def births(self) -> list[float]:
        return [float(line.split()[2]) for line in self.said().splitlines() if line.startswith("hasty: born")]


def test_who_dies_again_and_again_is_given_more_and_more_time(root: Path) -> None:
    with family(root, "hasty") as brood:
        births = eventually(lambda: len(brood.births()) >= 5 and brood.births(), 20, "five lives")
        assert isinstance(births, list)
        gaps = [later - earlier for earlier, later in itertools.pairwise(births)]
        assert gaps[0] < 0.5  # at once
        for gap, least in zip(gaps[1:], (0.1, 0.2, 0.4), strict=False):
            assert least <= gap < least + 1
        assert "exit code 3" in brood.said()


def test_lines_carry_the_name_and_the_last_words_are_heard(root: Path) -> None:
    with family(root, "hasty", "broken") as brood:
        eventually(lambda: "hasty: last words\n" in brood.said(), 10, "last words")
        eventually(lambda: "broken: ValueError: a bug\n" in brood.said(), 10, "the traceback")


def test_who_does_not_stop_in_time_is_killed(root: Path) -> None:
    with family(root, "sleeper", "stubborn") as brood:
        eventually(lambda: "stubborn: I stay" in brood.said(), 10, "both live")
        pids = [brood.pid("sleeper"), brood.pid("stubborn")]
        brood.process.send_signal(signal.SIGTERM)
        assert brood.process.wait(10) == 0
        assert not any(map(lives, pids))
        assert "did not stop in time" in brood.said()
        assert "everybody is gone" in brood.said()
        assert list(root.glob("*.pid")) == []


def test_a_second_signal_hastens_the_end(root: Path) -> None:
    with family(root, "stubborn") as brood:
        eventually(lambda: "stubborn: I stay" in brood.said(), 10, "it lives")
        brood.process.send_signal(signal.SIGINT)
        brood.process.send_signal(signal.SIGTERM)
        assert brood.process.wait(10) == 0
