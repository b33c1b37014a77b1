"""A running `ringback serve`, and who belongs to it."""

import signal
from pathlib import Path

from callback import valkey
from tests.ringback.house import House
from tests.waiting import eventually

CHILDREN = ("valkey", "relay", "dialer", "worker", "media", "gateway", "web")
_START_S = 30


class Served:
    """A running `ringback serve` and its family."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.process = house.start("serve")
        eventually(self.is_up, _START_S, "everything runs")

    def is_up(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"serve ended: {self.house.log()}")
        return all(self.pid(name) for name in CHILDREN) and valkey.answers(self.run_dir / valkey.SOCKET_NAME)

    @property
    def run_dir(self) -> Path:
        return self.house.config.run_dir

    def pid(self, name: str) -> int:
        """Of its present life; 0 if it does not live."""
        try:
            pid = int((self.run_dir / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return 0
        return pid if lives(pid) else 0

    def has_new(self, name: str, old: int) -> bool:
        return self.pid(name) not in {0, old}

    def family(self) -> set[int]:
        """Every process below serve, at this instant."""
        found, looked_at = set[int](), [self.process.pid]
        while looked_at:
            parent = looked_at.pop()
            for task in Path(f"/proc/{parent}/task").glob("*/children"):
                for pid in map(int, task.read_text().split()):
                    found.add(pid)
                    looked_at.append(pid)
        return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
