"""Log lines: for eyes or machines, with the process's name, and never with a secret."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from ringback import logs


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(form: logs.Format, level: str = "info") -> io.StringIO:
    out = io.StringIO()
    logs.configure(level, form, "gateway", stream=out)
    return out


def test_machines_read_json_with_the_process(quiet_afterwards: None) -> None:
    out = lines("json")
    structlog.get_logger().info("bound", link="carrier")
    logging.getLogger("somebody").warning("else %s", "too")
    ours, theirs = map(json.loads, out.getvalue().splitlines())
    assert (ours["event"], ours["link"], ours["process"], ours["level"]) == (
        "bound",
        "carrier",
        "gateway",
        "info",
    )
    assert (theirs["event"], theirs["process"]) == ("else too", "gateway")


def test_people_read_one_line_per_event(quiet_afterwards: None) -> None:
    out = lines("console")
    structlog.get_logger().info("bound", link="carrier")
    assert out.getvalue().rstrip().endswith("bound link=carrier")
    assert out.getvalue().count("\n") == 1


def test_output_that_is_no_terminal_is_for_machines() -> None:
    assert logs.is_json("auto", io.StringIO())
    assert not logs.is_json("console", io.StringIO())


@pytest.mark.parametrize("name", ["password", "smsc_password", "pin", "one_time_code", "text", "seal_key"])
def test_a_secret_given_by_name_is_starred(name: str) -> None:
    out = lines("json")
    structlog.get_logger().info("oops", **{name: "s3cret"})
    assert "s3cret" not in out.getvalue()


def test_a_traceback_shows_no_local_variables() -> None:
    for form in ("json", "console"):
        out = lines(form)
        hidden = "s3cret"
        try:
            raise ValueError(len(hidden))
        except ValueError:
            structlog.get_logger().error("broke", exc_info=True)
        assert "Traceback" in out.getvalue()
        assert 'hidden": "s3cret' not in out.getvalue() and "= 's3cret'" not in out.getvalue()


def test_libraries_are_not_asked_for_details() -> None:
    """At DEBUG smpplib writes whole PDUs, with the password in them."""
    out = lines("console", level="debug")
    logging.getLogger("smpplib.client").debug("bind_transceiver …")
    structlog.get_logger().debug("ours")
    assert "bind_transceiver" not in out.getvalue() and "ours" in out.getvalue()
