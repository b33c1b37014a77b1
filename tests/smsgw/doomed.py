"""A gateway in a process of its own, to be killed at a named instant.

`python -m tests.smsgw.doomed <directory> <port of the SMSC>`

Each executed command leaves one row in `code_sent`, in the transaction that finishes the SMS: the effect
whose repeat would show.
"""

import signal
import sys
import threading
from pathlib import Path

from sqlmodel import insert

from callback.core.commands import Command
from callback.core.outcomes import Refused
from callback.core.sms import ReceivedSms, Reply, ReplyKind
from callback.store.db import Store
from callback.store.models import CodeSent
from smsgw.execution import Finish
from tests.smsgw.scene import NotingExecutor, gateway, link


class LeavingExecutor(NotingExecutor):
    """Leaves its effect in the database."""

    def execute(self, command: Command | Refused, sms: ReceivedSms, finish: Finish) -> None:
        with self._store.write() as session:
            effect = insert(CodeSent).values(
                account_id="a", e164=sms.ani, source="sms", at_ms=sms.received_at_ms
            )
            session.connection().execute(effect)
            finish(session, "helped", Reply(ReplyKind.HELP))


def main(directory: Path, port: int) -> None:
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    store = Store(f"sqlite:///{directory / 'ringback.db'}")
    made = gateway(store, LeavingExecutor(store), (link(port),), directory)
    made.start()
    stopping.wait()
    made.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
