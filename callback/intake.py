"""The one way in: whatever triggers it, a wish for a callback becomes a request with its hold, or a refusal.

SMS, web, missed call and API all come here. The decision is made inside the caller's transaction, together
with whatever else that trigger has to write; the job is woken after the commit. Neither argon2 nor the
queue ever holds the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlmodel import Session

from callback.clock import Clock
from callback.config import Config
from callback.core.numbers import parse_number
from callback.core.outcomes import Reason, Refused
from callback.core.quota import least_hold, opening_hold
from callback.core.rating import Rate
from callback.core.routing import TrunkRule, ways_to
from callback.failpoints import reach
from callback.store import accounts, ledger, rates, requests
from callback.store.models import Account, Deck, Request
from callback.store.requests import AlreadyLive, Opened, Replaced
from callback.waking import QueueDown, Wakes


@dataclass(frozen=True, slots=True)
class Wish:
    """What a trigger knows. Numbers are as written; the account's home country reads them."""

    source_key: str  # "sms:<inbox id>", "web:<key>": the same wish again finds its request
    trigger: str
    ani: str
    dnis: str = ""
    source: str | None = None  # which number is to ring; None: the default one, else the sender's
    destination: str | None = None  # None: asked for by voice


@dataclass(frozen=True, slots=True)
class Accepted:
    request_id: str
    number: str  # that will ring
    destination: str | None
    replaced: bool = False  # an earlier wish of this number waited; it is now this one
    fresh: bool = True  # a dialer must be woken


class Intake:
    def __init__(self, config: Config, clock: Clock, queue: Wakes) -> None:
        self._config = config
        self._clock = clock
        self._queue = queue
        self._trunks = tuple(TrunkRule(t.name, t.prefixes, t.strip, t.prepend) for t in config.trunks)
        self._log = structlog.get_logger()

    def request_callback(self, session: Session, account: Account, wish: Wish) -> Accepted | Refused:
        """Request and hold, in the caller's transaction; `wake` what was accepted after its commit."""
        if account.state != "active":
            return Refused(Reason.ACCOUNT_BLOCKED)
        number = self._number_to_ring(session, account, wish)
        if isinstance(number, Refused):
            return number
        deck = rates.active_deck(session, account.currency)
        destination = self._destination(session, account, wish, deck)
        if isinstance(destination, Refused):
            return destination
        if destination == number:
            return Refused(Reason.SAME_NUMBER, {"number": number})
        rate_a = rates.find_rate(session, deck.id, number, "A") if deck else None
        if deck is None or rate_a is None:
            return Refused(Reason.NO_RATE, {"number": number})
        if not ways_to(number, self._trunks):
            return Refused(Reason.NO_ROUTE, {"number": number})
        now_ms = self._clock.now_ms()
        opening = requests.open_request(
            session,
            Request(
                id=self._clock.new_id(),
                source_key=wish.source_key,
                account_id=account.id,
                trigger=wish.trigger,
                ani=wish.ani,
                dnis=wish.dnis,
                number_a=number,
                destination=destination,
                cli=self._config.service.access_number,
                deck_id=deck.id,
                due_at_ms=now_ms,
                created_at_ms=now_ms,
            ),
        )
        match opening:
            case Opened(request):
                if not self._hold(session, account, request.id, rate_a, now_ms):
                    requests.withdraw(session, request.id)
                    return Refused(Reason.BALANCE_LOW)
            case AlreadyLive():
                return Refused(Reason.CALL_IN_SETUP, {"number": number})
        return Accepted(
            opening.request.id,
            number,
            destination,
            isinstance(opening, Replaced),
            isinstance(opening, Opened),
        )

    def wake(self, accepted: Sequence[Accepted]) -> None:
        """After the commit. With the queue away nothing is lost: the relay enqueues what is due."""
        ids = [each.request_id for each in accepted if each.fresh]
        if not ids:
            return
        reach("gateway.waking")
        try:
            self._queue.enqueue(ids)
        except QueueDown as error:
            self._log.warning("queue is away; the relay will wake the dialer", error=str(error))
        reach("gateway.woken")

    def _number_to_ring(self, session: Session, account: Account, wish: Wish) -> str | Refused:
        if wish.source is None:
            number = accounts.default_number(session, account.id)
            return number or Refused(Reason.NO_NUMBER)
        wanted = parse_number(wish.source, account.country)
        if isinstance(wanted, Refused):
            return wanted
        found = accounts.find_number(session, account.id, wanted)
        if found is None:
            return Refused(Reason.NOT_YOUR_NUMBER, {"number": wanted})
        if found.state != "verified":
            return Refused(Reason.NUMBER_PENDING, {"number": wanted})
        return wanted

    def _destination(
        self, session: Session, account: Account, wish: Wish, deck: Deck | None
    ) -> str | Refused | None:
        """Refused now what would be refused at the dialling: an SMS is cheaper than a call."""
        if wish.destination is None:
            return None
        number = parse_number(wish.destination, account.country)
        if isinstance(number, Refused):
            return number
        if deck is None or rates.find_rate(session, deck.id, number, "B") is None:
            return Refused(Reason.NO_RATE, {"number": number})
        if not ways_to(number, self._trunks):
            return Refused(Reason.NO_ROUTE, {"number": number})
        return number

    def _hold(self, session: Session, account: Account, request_id: str, rate_a: Rate, now_ms: int) -> bool:
        """The first quantum of leg A, or what there is of it, as long as that buys an answered call."""
        wanted = opening_hold(rate_a, self._config.hold.quantum_s)
        available = ledger.available_micro(session, account.id)
        amount = min(wanted, max(available, least_hold(rate_a)))
        return ledger.open_hold(session, request_id, account.id, amount, now_ms)
