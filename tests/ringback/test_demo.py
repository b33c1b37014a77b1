"""`ringback demo`: the whole tour with real processes, and what is left when it ends in whatever way."""

import os
import pty
import signal
import struct
import sys
import termios
from fcntl import ioctl
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ringback.demo.news import STAGES
from tests.ringback.demos import assert_free, demo
from tests.waiting import eventually

pytestmark = pytest.mark.realtime


def test_the_scripted_tour_proves_every_stage_and_plays_twice_in_a_row(tmp_path: Path) -> None:
    """In a directory whose path is too long for sockets; the second time for machines."""
    here = tmp_path / ("a-long-name-" * 8)
    here.mkdir()
    with demo(here, "--scripted") as first:
        said = first.lines()
        text = "\n".join(said)
        assert first.process.returncode == 0, text
        first.await_nobody()
    for number, (name, _) in enumerate(STAGES, start=1):
        assert any(line.startswith(f"{number}  {name}: ") for line in said), text
    assert sum(line.startswith("   ✓ ") for line in said) == len(STAGES) + 1, text
    for words in (
        "simulation",
        "Anna hears Boris's tune, 523 Hz",
        "Boris hears Anna's tune, 659 Hz",
        "The charge",
    ):
        assert words in text
    assert "P.secret" not in text, "a password is not written, not even this one"

    with demo(here, "--json") as second:
        news = list(second.news())
        assert second.process.wait(60) == 0, news_of(news, "Failed")
        second.await_nobody()
    opened, done = news_of(news, "Opened")[0], news_of(news, "StageDone")
    assert [one["stage"] for one in done] == list(range(len(STAGES)))
    bill = news_of(news, "Bill")[-1]
    assert bill["faults"] == [] and bill["closed"]
    assert bill["before_micro"] == 10_000_000, "every play begins with fresh books"
    charged = sum(leg["cost_micro"] for leg in bill["legs"])
    assert bill["balance_micro"] == 10_000_000 - charged == 10_000_000 - bill["settled_micro"]
    assert bill["held_micro"] == bill["settled_micro"] + bill["released_micro"]
    assert_in_order(news)
    assert_free(opened["smsc"], opened["carrier"], opened["sip"])


def assert_in_order(news: list[dict[str, Any]]) -> None:
    """The moments of the callback come in the order of the trade."""
    last = max(one["chapter"] for one in news_of(news, "Moment"))
    moments = {str(one["key"]): one for one in news_of(news, "Moment") if one["chapter"] == last}
    times = {key.partition(":")[2].partition(":")[0]: one["at_ms"] for key, one in reversed(moments.items())}
    order = [
        "sent",
        "received",
        "claimed",
        "dialled",
        "invite",
        "ringing",
        "answered",
        "rtp",
        "digits",
        "talk",
    ]
    order += ["bye-sent", "release"]
    found = [times[name] for name in order]
    slack_ms = 2  # three clocks that began apart
    assert all(later >= earlier - slack_ms for earlier, later in pairwise(found)), dict(
        zip(order, found, strict=True)
    )


def news_of(news: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in news if one["is"] == kind]


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_it_is_ended_in_mid_call(tmp_path: Path, way: signal.Signals) -> None:
    with demo(tmp_path, "--json") as one:
        opened = one.await_news("Opened")
        one.await_news("StageBegan", stage=3)
        assert len(one.left()) > len(opened["pids"]), "the service has processes of its own"
        one.send(way)
        assert one.process.wait(60) == (-9 if way is signal.SIGKILL else 130)
        one.await_nobody()
    assert_free(opened["smsc"], opened["carrier"], opened["sip"])


def test_nothing_is_left_when_it_is_ended_while_it_opens(tmp_path: Path) -> None:
    with demo(tmp_path, "--json") as one:
        one.await_news("PhoneLook", name="Anna")  # the carrier is there, the service not yet
        one.send(signal.SIGTERM)
        assert one.process.wait(60) == 130
        one.await_nobody()


def test_a_process_that_ends_is_named_and_so_is_the_log(tmp_path: Path) -> None:
    with demo(tmp_path, "--json") as one:
        opened = one.await_news("Opened")
        os.kill(opened["pids"]["service"], signal.SIGKILL)
        failed = one.await_news("Failed")
        assert one.process.wait(60) == 1
        one.await_nobody()
    assert failed["missing"] == "the service process has ended by SIGKILL"
    assert Path(failed["log"]).is_file()
    assert failed["tail"]


def test_two_demos_at_once_keep_out_of_each_others_way(tmp_path: Path) -> None:
    with demo(tmp_path, "--json") as one, demo(tmp_path, "--json") as other:
        places = {one.await_news("Opened")["directory"], other.await_news("Opened")["directory"]}
        assert len(places) == 2
        for each in (one, other):
            each.send(signal.SIGINT)
            assert each.process.wait(60) == 130
            each.await_nobody()


def test_a_directory_with_other_files_is_not_touched(tmp_path: Path) -> None:
    precious = tmp_path / "letters.txt"
    precious.write_text("dear")
    with demo(tmp_path, "--scripted", "--dir", str(tmp_path)) as one:
        said = "\n".join(one.lines())
    assert one.process.returncode == 1
    assert "holds files that no demo made" in said
    assert precious.read_text() == "dear"


def test_on_a_terminal_a_key_begins_each_stage_and_q_leaves(tmp_path: Path) -> None:
    with Terminal(tmp_path) as terminal:
        terminal.await_words("The town is open")
        assert "is verified" not in terminal.text, "nothing begins without a key"
        terminal.press(" ")
        terminal.await_words("number-verified")
        assert terminal.leave() == 0


def test_on_a_terminal_it_plays_by_itself_and_rings_again(tmp_path: Path) -> None:
    """At once after the first: the same SMS again would be taken for a repeat."""
    with Terminal(tmp_path) as terminal:
        terminal.await_words("The town is open")
        terminal.press("a")
        terminal.await_words("What was proven")
        terminal.press("r")
        terminal.await_words("SMS 4: Anna asks for a callback")
        terminal.text = ""  # the last picture of the first callback is forgotten
        terminal.await_words("What was proven")
        assert terminal.leave() == 0


class Terminal:
    """A demo on a terminal of 100 by 30, and what it was sent: enough to find words in it."""

    def __init__(self, cwd: Path) -> None:
        self.text = ""
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.chdir(cwd)
            ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
            program = [sys.executable, "-m", "ringback", "demo"]
            os.execve(program[0], program, {**os.environ, "TERM": "xterm-256color"})
        os.set_blocking(self._fd, False)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)  # whoever still plays is hung up on

    def press(self, key: str) -> None:
        """Press it, and look for words in what comes after it only."""
        self._read()
        self.text = ""
        os.write(self._fd, key.encode())

    def await_words(self, words: str) -> None:
        eventually(lambda: self._read() and words in self.text, 60, f"{words!r} on the screen")

    def leave(self) -> int:
        """Press q; the exit code."""
        self.press("q")
        eventually(lambda: not self._read(), 40, "the end of the demo")
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _read(self) -> bool:
        """False when there is nobody left to write."""
        try:
            while data := os.read(self._fd, 65536):
                self.text += data.decode(errors="replace")
        except BlockingIOError:
            return True
        except OSError:  # EIO: the other side is closed
            return False
        return False
