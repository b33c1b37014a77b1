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
from callback.core.quote import Quote, longest_talk_s
from callback.core.rating import Rate, RateRole
from callback.core.routing import TrunkRule, ways_to
from callback.failpoints import reach
from callback.store import accounts, ledger, rates, requests
from callback.store.models import Account, Deck, Request
from callback.store.requests import AlreadyLive, Opened, Replaced
from callback.waking import QueueDown, Tells, Wakes


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
    account_id: str
    number: str  # that will ring
    destination: str | None
    replaced: bool = False  # an earlier wish of this number waited; it is now this one
    fresh: bool = True  # a dialer must be woken


@dataclass(frozen=True, slots=True)
class _Plan:
    """Who would be rung, and at what price."""

    number: str
    destination: str | None
    deck: Deck
    rates: tuple[Rate, ...]  # leg A's, then leg B's if the destination is known


class Intake:
    def __init__(self, config: Config, clock: Clock, queue: Wakes, news: Tells) -> None:
        self._config = config
        self._clock = clock
        self._queue = queue
        self._news = news
        self._trunks = tuple(TrunkRule(t.name, t.prefixes, t.strip, t.prepend) for t in config.trunks)
        self._log = structlog.get_logger()

    def request_callback(self, session: Session, account: Account, wish: Wish) -> Accepted | Refused:
        """Request and hold, in the caller's transaction; `wake` what was accepted after its commit."""
        plan = self._plan(session, account, wish.source, wish.destination)
        if isinstance(plan, Refused):
            return plan
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
                number_a=plan.number,
                destination=plan.destination,
                cli=self._config.service.access_number,
                deck_id=plan.deck.id,
                due_at_ms=now_ms,
                created_at_ms=now_ms,
            ),
        )
        match opening:
            case Opened(request):
                if not self._hold(session, account, request.id, plan.rates, now_ms):
                    requests.withdraw(session, request.id)
                    return Refused(Reason.BALANCE_LOW)
            case AlreadyLive():
                return Refused(Reason.CALL_IN_SETUP, {"number": plan.number})
        return Accepted(
            opening.request.id,
            account.id,
            plan.number,
            plan.destination,
            isinstance(opening, Replaced),
            isinstance(opening, Opened),
        )

    def quote(
        self, session: Session, account: Account, source: str | None, destination: str | None
    ) -> Quote | Refused:
        """What a callback would cost and how long the talk may be; refused as the callback would be.

        A balance that is too low is no refusal here: the price is told, and no talk. Nothing is changed.
        """
        plan = self._plan(session, account, source, destination)
        if isinstance(plan, Refused):
            return plan
        available_micro = ledger.available_micro(session, account.id)
        talk_s = longest_talk_s(plan.rates, available_micro, self._config.session.talk_max_s)
        return Quote(plan.number, plan.destination, plan.rates, talk_s, account.currency)

    def wake(self, accepted: Sequence[Accepted]) -> bool:
        """After the commit. False: the queue is away; nothing is lost, the relay enqueues what is due."""
        for each in accepted:
            self._news.tell(each.account_id, each.request_id)
        ids = [each.request_id for each in accepted if each.fresh]
        if not ids:
            return True
        reach("gateway.waking")
        try:
            self._queue.enqueue(ids)
        except QueueDown as error:
            self._log.warning("queue is away; the relay will wake the dialer", error=str(error))
            return False
        reach("gateway.woken")
        return True

    def _plan(
        self, session: Session, account: Account, source: str | None, destination: str | None
    ) -> _Plan | Refused:
        """Refused now what would be refused at the dialling: an SMS is cheaper than a call."""
        if account.state != "active":
            return Refused(Reason.ACCOUNT_BLOCKED)
        number = self._number_to_ring(session, account, source)
        if isinstance(number, Refused):
            return number
        deck = rates.active_deck(session, account.currency)
        wanted = None if destination is None else parse_number(destination, account.country)
        if isinstance(wanted, Refused):
            return wanted
        if wanted == number:
            return Refused(Reason.SAME_NUMBER, {"number": number})
        prices = [self._price(session, deck, number, "A")]
        if wanted:
            prices.append(self._price(session, deck, wanted, "B"))
        legs = list[Rate]()
        for price in prices:
            if isinstance(price, Refused):
                return price
            legs.append(price)
        assert deck is not None, "a price stands in a deck"
        return _Plan(number, wanted, deck, tuple(legs))

    def _price(self, session: Session, deck: Deck | None, number: str, leg: RateRole) -> Rate | Refused:
        rate = rates.find_rate(session, deck.id, number, leg) if deck else None
        if rate is None:
            return Refused(Reason.NO_RATE, {"number": number})
        if not ways_to(number, self._trunks):
            return Refused(Reason.NO_ROUTE, {"number": number})
        return rate

    def _number_to_ring(self, session: Session, account: Account, source: str | None) -> str | Refused:
        if source is None:
            number = accounts.default_number(session, account.id)
            return number or Refused(Reason.NO_NUMBER)
        wanted = parse_number(source, account.country)
        if isinstance(wanted, Refused):
            return wanted
        found = accounts.find_number(session, account.id, wanted)
        if found is None:
            return Refused(Reason.NOT_YOUR_NUMBER, {"number": wanted})
        if found.state != "verified":
            return Refused(Reason.NUMBER_PENDING, {"number": wanted})
        return wanted

    def _hold(
        self, session: Session, account: Account, request_id: str, prices: Sequence[Rate], now_ms: int
    ) -> bool:
        """The first quantum of leg A, or what there is of it, as long as all legs can be answered."""
        available_micro = ledger.available_micro(session, account.id)
        if available_micro < least_hold(prices):
            return False
        amount_micro = min(opening_hold(prices[0], self._config.hold.quantum_s), available_micro)
        return ledger.open_hold(session, request_id, account.id, amount_micro, now_ms)
