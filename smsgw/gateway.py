"""The gateway process's body: every link, one writer, one pool, one sender per link, wired together.

SMSC ⇄ link ── arrivals ──→ writer ── commit, respond ──→ pool ──→ executor
        ↑                                                             │ reply, committed
        └────────────────────── sender ←── outbox ←───────────────────┘
"""

from callback.clock import Clock
from callback.config import Config, Link
from callback.sealing import Seal
from callback.store.db import Store
from callback.store.inbox import Windows
from smsgw.execution import Executor
from smsgw.link import LinkState, SmppLink
from smsgw.messages import LinkFacts
from smsgw.pool import Pool
from smsgw.refusals import Refusals
from smsgw.sender import Sender
from smsgw.smpplib_adapter import Connection
from smsgw.vitals import Vitals
from smsgw.worker import Worker
from smsgw.writer import Writer


class Gateway:
    """Starts and stops all of it. `name` must be the same at every start: by it claims are taken back."""

    def __init__(
        self, config: Config, store: Store, seal_key: bytes, clock: Clock, executor: Executor, name: str
    ) -> None:
        seal = Seal(seal_key)
        links = {link.name: link for link in config.links}
        facts = {
            link.name: LinkFacts(link.trusted_ani, link.sender or config.service.access_number)
            for link in config.links
        }
        windows = Windows(config.dedupe.retry_s * 1000, config.dedupe.broken_s * 1000)
        self._refusals = Refusals(store, clock, name, facts, config.service.locale, self.wake)
        worker = Worker(store, clock, executor, name, facts, self._refusals, self.wake)
        self._pool = Pool(store, clock, seal, worker, name, links)
        self._writer = Writer(store, clock, self._pool, windows, name)
        self._vitals = Vitals(store, clock, name, self._look)
        self._senders: list[Sender] = []
        self.links: list[SmppLink] = []
        for link in config.links:
            self._add(link, store, clock, seal)

    def _add(self, link: Link, store: Store, clock: Clock, seal: Seal) -> None:
        def outgoing() -> Connection | None:
            return smpp.outgoing

        sender = Sender(store, clock, link, outgoing, seal.reveal)

        def changed() -> None:
            sender.wake()
            self._vitals.wake()

        smpp = SmppLink(link, clock, seal, self._writer, sender.on_response, changed)
        self._senders.append(sender)
        self.links.append(smpp)

    def states(self) -> dict[str, LinkState]:
        """The state of every link, by name."""
        return {link.config.name: link.state for link in self.links}

    def _look(self) -> dict[str, dict[str, str | int | None]]:
        return {link.config.name: link.vitals() for link in self.links}

    def wake(self) -> None:
        """Replies may have been committed: send them now."""
        for sender in self._senders:
            sender.wake()

    def start(self) -> None:
        """Take up what a former life left, then connect. Raises StoreError."""
        self._refusals.start(self._pool.settled)
        self._pool.start()
        self._writer.start()
        for sender in self._senders:
            sender.start()
        for link in self.links:
            link.start()
        self._vitals.start()

    def stop(self) -> None:
        """Unbind, answer and execute what is here, end every thread."""
        for sender in self._senders:
            sender.stop()
        for link in self.links:
            link.stop()
        self._vitals.stop()
        self._writer.stop()
        self._pool.stop()
        self._refusals.stop()
