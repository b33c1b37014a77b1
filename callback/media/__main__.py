"""`python -m callback.media`: the media process. Started by its dialer (`keeper`), not by hand."""

import argparse
import gc
import os
import signal
import socket
import sys
from pathlib import Path

from callback.media.engine import Engine
from callback.media.line import DialerLine
from callback.media.ports import PortPool
from callback.media.priority import allow_many_files, raise_priority


def main() -> int:
    """Connect to the dialer, carry its streams until it is gone; 1 if there is nobody or nowhere to serve."""
    options = _parse_options()
    options.pidfile.write_text(f"{os.getpid()}\n")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the dialer's: it hangs up, then ends us
    allow_many_files()
    low, high = options.ports
    try:
        line = DialerLine(options.socket)
    except OSError as error:
        return _give_up(f"no dialer at {options.socket}: {error.strerror}")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((options.host, 0))
    except OSError as error:
        return _give_up(f"{options.host} cannot be used for RTP: {error.strerror}")
    engine = Engine(
        line, options.host, PortPool(low, high, options.rest_s), options.rtp_timeout_s, options.patience_s
    )
    priority = raise_priority()
    gc.collect()
    gc.freeze()  # what lives until the end need not be looked at again
    engine.run(priority)
    return 0


def _give_up(why: str) -> int:
    sys.stderr.write(f"media: {why}\n")
    return 1


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m callback.media", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="where the dialer listens")
    parser.add_argument("--pidfile", type=Path, required=True)
    parser.add_argument("--host", required=True, help="IPv4 address to bind RTP to")
    parser.add_argument("--ports", type=_parse_ports, required=True, help="inclusive, such as 20000-20999")
    parser.add_argument("--rtp-timeout-s", type=float, required=True)
    parser.add_argument("--rest-s", type=float, required=True, help="rest of a port between two streams")
    parser.add_argument("--patience-s", type=float, required=True, help="with a dialer that says nothing")
    return parser.parse_args()


def _parse_ports(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    return int(low), int(high)


if __name__ == "__main__":
    sys.exit(main())
