"""`ringback serve`: everything on one box, kept alive, stopped cleanly, never twice, never orphaned."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from functools import partial

import pytest

from tests.ringback.house import House
from tests.ringback.served import CHILDREN, Served, lives
from tests.waiting import eventually


@pytest.fixture
def served(house: House) -> Iterator[Served]:
    running = Served(house)
    yield running
    family = running.family()
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()
    eventually(lambda: not any(map(lives, family)), 20, "nobody is left")


def test_it_starts_everything_and_leaves_nothing(served: Served) -> None:
    family = served.family()
    assert len(family) == len(CHILDREN) + 1  # and the worker's keeper
    assert served.house.run("check").exit_code == 3  # its own port is no fault
    assert served.stop() == 0
    assert not any(map(lives, family))
    assert list(served.run_dir.glob("*.pid")) == []
    log = served.house.log()
    order = [
        log.index(f'"{name}", "status": 0, "event": "stopped"')
        for name in ("web", "gateway", "dialer", "relay", "valkey")
    ]
    assert order == sorted(order)


def test_who_is_killed_is_back_at_once(served: Served) -> None:
    for name in CHILDREN:
        victim = served.pid(name)
        os.kill(victim, signal.SIGKILL)
        died_s = time.monotonic()
        eventually(partial(served.has_new, name, victim), 5, f"{name} is started again")
        assert time.monotonic() - died_s < 2.5, name  # 0.15 s on a machine that does nothing else
        eventually(served.is_up, 10, "everything runs again")
    assert served.stop() == 0


def test_a_dead_dialer_takes_its_own_children_along(served: Served) -> None:
    old = {name: served.pid(name) for name in ("dialer", "media", "worker")}
    os.kill(old["dialer"], signal.SIGKILL)
    eventually(lambda: not any(map(lives, old.values())), 5, "media and worker of the old life are gone")
    eventually(served.is_up, 10, "the new life has its own")


def test_a_second_one_on_the_same_data_is_refused(served: Served) -> None:
    second = served.house.start("serve")
    assert second.wait(20) == 1
    assert f"another ringback (pid {served.process.pid}) works on this data directory" in served.house.log()
    assert served.is_up()


def test_one_process_alone_is_refused_where_everything_runs(served: Served) -> None:
    """A second dialer would take the lease, and every call of the first would end."""
    for process in ("dialer", "relay", "gateway"):
        assert served.house.start("run", process).wait(20) == 1
    assert served.house.log().count(f"another ringback (pid {served.process.pid}) works on") == 3
    assert served.is_up() and "lease lost" not in served.house.log()


def test_nobody_outlives_a_killed_supervisor(served: Served) -> None:
    family = served.family()
    served.process.kill()
    served.process.wait()
    eventually(lambda: not any(map(lives, family)), 20, "all are gone")


def test_after_a_killed_supervisor_the_next_one_starts(served: Served) -> None:
    served.process.kill()
    served.process.wait()
    again = Served(served.house)
    assert again.stop() == 0


def test_a_port_in_use_is_said_before_anything_starts(house: House) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", house.config.sip.port))
        refused = house.start("serve")
        assert refused.wait(20) == 1
    assert f"sip.port: 127.0.0.1:{house.config.sip.port} is in use by" in house.log()
    assert '"started"' not in house.log()


def test_without_init_it_says_what_to_do(house: House) -> None:
    house.settings["RINGBACK__DATA_DIR"] = str(house.root / "elsewhere")
    refused = house.run("serve")
    assert refused.exit_code == 1
    assert "run `ringback init`" in refused.stderr


def test_one_process_alone_runs_until_it_is_told_to_stop(house: House) -> None:
    relay = house.start("run", "relay")
    with contextlib.suppress(subprocess.TimeoutExpired):
        eventually(lambda: "elected" in house.log(), 20, "the relay works")
    assert house.start("run", "relay").wait(20) == 1  # one of each
    assert house.start("serve").wait(20) == 1
    assert house.log().count(f"another ringback (pid {relay.pid}) works on this data directory") == 2
    relay.send_signal(signal.SIGTERM)
    assert relay.wait(10) == 0
