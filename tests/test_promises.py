"""What conftest.py promises about every test run, tried on runs of its own."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.waiting import eventually

ROOT = Path(__file__).parent.parent


def run(folder: Path, tests: str, *options: str) -> str:
    """What pytest says about `tests` under our conftest."""
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (folder / "test_one.py").write_text(textwrap.dedent(tests))
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", *options, str(folder)]
    bare = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        command, cwd=folder, env=bare, capture_output=True, text=True, check=False, timeout=60
    ).stdout


def counts(said: str) -> str:
    return re.sub(r" in [0-9.]+s.*", "", said.strip().splitlines()[-1]).strip("= ")


def command_of(pid: str) -> bytes:
    """Empty when it has ended, whether its parent took notice or not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def test_a_skipped_test_is_a_failed_test(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        """
        import pytest

        def test_that_skips_itself():
            pytest.skip("no phone here")

        @pytest.mark.skipif(True, reason="not today")
        def test_that_is_skipped():
            pass

        @pytest.mark.xfail(reason="known to be broken")
        def test_that_is_expected_to_fail():
            raise AssertionError
        """,
    )
    assert counts(said) == "2 failed, 1 error"
    assert "no phone here" in said


def test_a_skipped_module_is_a_failure(tmp_path: Path) -> None:
    said = run(tmp_path, 'import pytest\npytest.skip("no peer", allow_module_level=True)\n')
    assert counts(said) == "1 error"
    assert "no peer" in said


def test_a_socket_beyond_loopback_is_refused(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        """
        import socket

        def test_that_listens_everywhere():
            with socket.socket() as listener:
                listener.bind(("0.0.0.0", 0))

        def test_that_stays_at_home():
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
        """,
    )
    assert counts(said) == "1 failed, 1 passed"
    assert "a test may only use loopback" in said


@pytest.mark.parametrize("options", [[], ["-p", "xdist", "-n", "1"]], ids=["alone", "in parallel"])
@pytest.mark.parametrize("shell", ["exec sleep 300", "sleep 300 &"], ids=["child", "orphan"])
def test_a_process_left_behind_is_named_and_ended(tmp_path: Path, shell: str, options: list[str]) -> None:
    said = run(
        tmp_path,
        f"""
        import subprocess
        import conftest

        conftest._FAREWELL_S = 0.1
        kept = []

        def test_that_forgets():
            kept.append(subprocess.Popen({shell!r}, shell=True, stdout=subprocess.DEVNULL))
        """,
        *options,
    )
    assert counts(said) == "1 passed, 1 error"
    named = re.search(r"pid (\d+): sleep 300 .*test_that_forgets", said)
    assert named
    eventually(lambda: not command_of(named[1]), 5, "the process left behind has ended")
