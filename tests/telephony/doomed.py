"""A dialer's telephony in a process of its own, to be killed: it dials one leg and keeps its row in a file.

The row is `{}` once the leg is committed, and the dialog once the answer is.
"""

import argparse
import asyncio
import json
import os
from pathlib import Path

from callback.clock import Clock
from callback.config import Sip
from callback.telephony import Answered, BackendEvent, DialSpec
from callback.telephony.sip import Login, SipBackend
from tests.telephony.network import CLI, KEY, TRUNK


def _commit(path: Path, row: dict[str, object]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(row))
    draft.rename(path)


async def _run(options: argparse.Namespace) -> None:
    logins = {TRUNK: Login(*options.login.split(":"))} if options.login else {}
    config = Sip(port=options.port, rtp_ports=(options.rtp, options.rtp + 20))
    backend = SipBackend(config, KEY, logins, "en", options.run_dir, Clock(), 30.0)

    def heard(event: BackendEvent) -> None:
        if isinstance(event, Answered) and options.commits:
            _commit(options.row, dict(event.dialog))
            if options.confirms:
                event.confirm()

    await backend.start(heard)
    (options.run_dir / "dialer.pid").write_text(str(os.getpid()))
    _commit(options.row, {})
    next_hop = ("127.0.0.1", options.carrier)
    backend.dial(DialSpec(options.leg, options.number, options.number, CLI, next_hop, TRUNK, 60))
    if options.hang_up_after_s:
        await asyncio.sleep(options.hang_up_after_s)  # a caller who loses patience
        await backend.close()
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rtp", type=int, required=True)
    parser.add_argument("--carrier", type=int, required=True)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--row", type=Path, required=True)
    parser.add_argument("--leg", required=True)
    parser.add_argument("--number", required=True)
    parser.add_argument("--login", default="")
    parser.add_argument("--hang-up-after-s", type=float, default=0.0)
    parser.add_argument("--no-commit", dest="commits", action="store_false")
    parser.add_argument("--no-confirm", dest="confirms", action="store_false")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
