"""The simulated carrier as a process of its own; it ends on SIGTERM or SIGINT."""

import argparse
import asyncio
import signal
from pathlib import Path

from callback.clock import Clock
from callback.telephony.simulator.carrier import Carrier
from callback.telephony.simulator.control import ControlServer


async def _run(options: argparse.Namespace) -> None:
    login = tuple(options.login.split(":", 1)) if options.login else None
    carrier = Carrier(options.host, options.port, Clock(), login, options.any_number)
    await carrier.start()
    control = ControlServer(carrier, options.control)
    await control.start()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    await control.stop()
    await carrier.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m callback.telephony.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="UDP port of the carrier's SIP")
    parser.add_argument("--control", type=Path, required=True, help="unix socket that takes verbs")
    parser.add_argument("--login", default="", help="user:password to ask for, by digest")
    parser.add_argument("--any-number", action="store_true", help="every number has a handset")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
