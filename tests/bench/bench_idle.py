"""What `ringback serve` costs while nobody calls: at most 200 MB and 3 % of a core.

    make bench TESTS=tests/bench/bench_idle.py

Memory is PSS, so that a page shared by six processes counts once; processor time is that of all of them.
"""

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest

from tests.ringback.house import build
from tests.ringback.served import CHILDREN, Served
from tests.waiting import eventually

_SETTLE_S = 4
_MEASURE_S = 10
_MAX_PSS_MB = 200
_MAX_CORE = 0.03
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def pss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


@pytest.mark.bench
def test_an_idle_service_is_light_and_who_dies_is_back_at_once() -> None:
    root = Path(tempfile.mkdtemp(prefix="rb-"))
    house = build(root)
    assert house.run("init").exit_code == 0
    served = Served(house)
    try:
        time.sleep(_SETTLE_S)  # starting up is not idling
        pids = [served.process.pid, *served.family()]
        before_s = sum(map(processor_s, pids))
        time.sleep(_MEASURE_S)  # the figure is about this time
        core = (sum(map(processor_s, pids)) - before_s) / _MEASURE_S
        memory = {pid: pss_mb(pid) for pid in pids}
        names = {served.pid(name): name for name in (*CHILDREN, "keeper")} | {served.process.pid: "serve"}
        print(
            f"\nidle serve: {sum(memory.values()):.0f} MB PSS (target {_MAX_PSS_MB}), "
            f"{core:.1%} of a core (target {_MAX_CORE:.0%})"
        )
        print("  " + ", ".join(f"{names[pid]} {mb:.0f}" for pid, mb in memory.items()))
        print(
            "  back after kill -9: "
            + ", ".join(f"{name} {_back_ms(served, name):.0f} ms" for name in CHILDREN)
        )
    finally:
        served.stop()
        shutil.rmtree(root)


def _back_ms(served: Served, name: str) -> float:
    """From the kill until its next life has a pid."""
    old = served.pid(name)
    os.kill(old, signal.SIGKILL)
    killed_s = time.monotonic()
    eventually(lambda: served.has_new(name, old), 10, f"{name} is back")
    took_ms = (time.monotonic() - killed_s) * 1000
    eventually(served.is_up, 20, "everything runs")
    return took_ms
