"""The port through which a command leaves the gateway, and what comes back through it.

`callback/intake.py` fits this shape without knowing it. The executor opens its own transaction and calls
`finish` inside it, so that effect, outcome, reply and the erasure of the sealed body are one commit.
"""

from typing import Protocol

from sqlmodel import Session

from callback.core.commands import Command
from callback.core.sms import ReceivedSms, Reply


class Finish(Protocol):
    """Record the end of this SMS in the executor's own transaction; call it exactly once.

    `outcome` is a short word for `inbox.outcome` ("registered", a Reason …). With `reply` None nothing is
    answered. Raises `callback.store.inbox.ClaimLost` when another gateway has taken the SMS over: let it
    pass, so that the transaction rolls back.
    """

    def __call__(self, session: Session, outcome: str, reply: Reply | None) -> None: ...


class Executor(Protocol):
    """Carries out one command. Called from several threads at once.

    What could not be read as a command never comes here (`smsgw/refusals.py`).
    """

    def execute(self, command: Command, sms: ReceivedSms, finish: Finish) -> None: ...
