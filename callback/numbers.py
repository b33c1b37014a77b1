"""How a phone becomes a number of an account: by a one-time code, or by a carrier's word for its sender.

    send_code_sms ──► outbox ──► gateway ─┐
                                          ├─► the phone ──► confirm (web) or confirm_by_sender (SMS)
    call_with_code ─► request ─► dialer ──┘

SMS and web come here, so that caps, codes and the news to whoever loses a number are the same at both doors.
All methods work in the caller's transaction, together with whatever else that door has to write. A code
leaves us sealed: the gateway opens it when its SMS is worded, the dialer when it is read aloud.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from callback.clock import Clock
from callback.config import Config
from callback.core.numbers import country_of, parse_number
from callback.core.outcomes import Reason, Refused
from callback.core.routing import TrunkRule, ways_to
from callback.core.sms import ReplyKind
from callback.intake import Accepted
from callback.store import accounts, clients, ledger, outbox, rates, requests
from callback.store.accounts import Pending, Verified
from callback.store.models import Account, Deck, Request
from callback.store.requests import Opened

CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class SmsWay:
    """How our SMS goes out: what it is about, by which link, under which of our addresses."""

    key: str  # "<inbox id>", "web:<form key>": the same again is not sent again
    link: str
    sender: str


class NumberDesk:
    def __init__(self, config: Config, clock: Clock, pepper: bytes, conceal: Callable[[str], str]) -> None:
        """`conceal` seals a code until it is sent or read aloud (DESIGN 4.7)."""
        self._config = config
        self._clock = clock
        self._conceal = conceal
        self._trunks = tuple(TrunkRule(t.name, t.prefixes, t.strip, t.prepend) for t in config.trunks)
        self._code_key = hmac.digest(pepper, b"number codes", "sha256")

    def send_code_sms(
        self,
        session: Session,
        account: Account,
        number: str,
        source: str,
        key: str = "",
        way: SmsWay | None = None,
    ) -> Pending | Verified | Refused:
        """Let a number wait for a code, and send it there; `Verified` if it needs none.

        `number` is as written, `source` is who asked: a sender or a network address, for the caps. `key`
        is the form's: the same again sends nothing again, and the code of the first SMS stays the right one.
        An SMS that asked is answered by its own `way`; all others go by the first link.
        """
        allowed = self._may_be_told(session, account, number)
        if not isinstance(allowed, str):
            return allowed
        way = way or self._own_way(key)
        if way is None:
            return Refused(Reason.NO_SMS_LINK, {"number": allowed})
        known = accounts.find_number(session, account.id, allowed)
        if known is not None and outbox.is_known(session, _code_key(known.id, way)):
            return Pending(known.id, allowed, 0)
        call = requests.find_code_call(session, account.id)
        if call is not None and call.number_a == allowed:  # another code now would make it read a wrong one
            return Refused(Reason.CALL_IN_SETUP, {"number": allowed})
        code, now_ms = new_code(), self._clock.now_ms()
        pending = self._register(session, account, allowed, source, code, now_ms)
        if isinstance(pending, Pending):
            outbox.add(
                session,
                key=_code_key(pending.number_id, way),
                kind=ReplyKind.CODE_SMS,
                params={"code": self._conceal(code)},
                locale=account.locale,
                link=way.link,
                sender=way.sender,
                recipient=allowed,
                now_ms=now_ms,
            )
        return pending

    def call_with_code(
        self, session: Session, account: Account, number: str, source: str, key: str
    ) -> Accepted | Verified | Refused:
        """Let a number wait for a code, and ring it to read the code aloud; `Verified` if it needs none.

        Arguments as of `send_code_sms`; the caps are the same. The service pays. After the commit,
        `Intake.wake` what was accepted. One call at a time for an account, and for a number.
        """
        allowed = self._may_be_told(session, account, number)
        if not isinstance(allowed, str):
            return allowed
        source_key = f"code:{account.id}:{allowed}:{key}"
        same = requests.find_same(session, source_key)
        if same is not None:
            if accounts.find_number(session, account.id, allowed) is None:  # removed since
                return Refused(Reason.CODE_EXPIRED, {"number": allowed})
            return Accepted(same.id, account.id, allowed, None, fresh=False)
        deck = self._deck_to_ring(session, account, allowed)
        if isinstance(deck, Refused):
            return deck
        busy = Refused(Reason.CALL_IN_SETUP, {"number": allowed})
        if requests.find_code_call(session, account.id):
            return busy
        code, now_ms = new_code(), self._clock.now_ms()
        wish = Request(
            id=self._clock.new_id(),
            source_key=source_key,
            account_id=account.id,
            purpose=requests.CODE,
            code_sealed=self._conceal(code),
            trigger="web",
            ani="",
            number_a=allowed,
            cli=self._config.service.access_number,
            deck_id=deck.id,
            due_at_ms=now_ms,
            created_at_ms=now_ms,
        )
        if not isinstance(requests.open_request(session, wish), Opened):
            return busy
        pending = self._register(session, account, allowed, source, code, now_ms)
        if isinstance(pending, Refused):
            requests.withdraw(session, wish.id)
            return pending
        ledger.open_hold(session, wish.id, account.id, 0, now_ms)
        return Accepted(wish.id, account.id, allowed, None)

    def confirm(self, session: Session, account: Account, number: str, code: str) -> Verified | Refused:
        """The code as typed on a page of this account: five tries, 15 minutes. Safe to repeat."""
        wanted = parse_number(number, account.country)
        if isinstance(wanted, Refused):
            return wanted
        return self._confirm(session, wanted, code, account.id, self._own_way(""))

    def confirm_by_sender(self, session: Session, number: str, code: str, way: SmsWay) -> Verified | Refused:
        """The code as it came by SMS from this number (E.164); the code says for which account."""
        return self._confirm(session, number, code, None, way)

    def vouch(self, session: Session, account: Account, number: str, way: SmsWay) -> Verified:
        """Verify a number (E.164) at once: a carrier vouches that its SMS came from it."""
        verified = accounts.verify_directly(
            session, account.id, number, number_id=self._clock.new_id(), now_ms=self._clock.now_ms()
        )
        self._tell_former_owner(session, verified, way)
        return verified

    def remove(self, session: Session, account: Account, number: str) -> tuple[str, ...]:
        """Forget a number (E.164), and cancel the calls that wait to ring it; their ids."""
        cancelled = clients.cancel_queued_of(session, account.id, self._clock.now_ms(), number)
        accounts.remove_number(session, account.id, number)
        return cancelled

    def _may_be_told(self, session: Session, account: Account, number: str) -> str | Verified | Refused:
        """The number in E.164 if a code may go there."""
        if account.state != "active":
            return Refused(Reason.ACCOUNT_BLOCKED)
        wanted = parse_number(number, account.country)
        if isinstance(wanted, Refused):
            return wanted
        known = accounts.find_number(session, account.id, wanted)
        if known is not None and known.state == "verified":
            return Verified(account, wanted, None)
        allowed = self._config.service.code_countries or (self._config.service.country,)
        if country_of(wanted) not in allowed:
            return Refused(Reason.NO_CODE_THERE, {"number": wanted})
        return wanted

    def _deck_to_ring(self, session: Session, account: Account, number: str) -> Deck | Refused:
        """The deck in which calls to this number have a price: what we do not sell we do not give away."""
        deck = rates.active_deck(session, account.currency)
        if deck is None or rates.find_rate(session, deck.id, number, "A") is None:
            return Refused(Reason.NO_RATE, {"number": number})
        if not ways_to(number, self._trunks):
            return Refused(Reason.NO_ROUTE, {"number": number})
        return deck

    def _register(
        self, session: Session, account: Account, number: str, source: str, code: str, now_ms: int
    ) -> Pending | Refused:
        return accounts.register_pending(
            session,
            account.id,
            number,
            number_id=self._clock.new_id(),
            code=code,
            key=self._code_key,
            source=source,
            now_ms=now_ms,
        )

    def _confirm(
        self, session: Session, number: str, code: str, account_id: str | None, way: SmsWay | None
    ) -> Verified | Refused:
        verified = accounts.confirm_code(
            session, number, code, key=self._code_key, now_ms=self._clock.now_ms(), account_id=account_id
        )
        if isinstance(verified, Verified):
            self._tell_former_owner(session, verified, way)
        return verified

    def _tell_former_owner(self, session: Session, verified: Verified, way: SmsWay | None) -> None:
        """Whoever loses a number hears of it on another phone of theirs; without one, on this phone.

        The latter is worth an SMS: a sender can be forged, and then its owner still holds the phone.
        """
        loser, now_ms = verified.taken_from, self._clock.now_ms()
        if loser is None:
            return
        clients.cancel_queued_of(session, loser.id, now_ms, verified.number)  # it is not theirs to be rung
        if way is None:
            return
        outbox.add(
            session,
            key=f"moved:{way.key}",
            kind=ReplyKind.NUMBER_MOVED,
            params={"number": verified.number},
            locale=loser.locale,
            link=way.link,
            sender=way.sender,
            recipient=accounts.default_number(session, loser.id) or verified.number,
            now_ms=now_ms,
        )

    def _own_way(self, key: str) -> SmsWay | None:
        """For an SMS that no SMS asked for; None: there is no link to send it by."""
        if not self._config.links:
            return None
        link = self._config.links[0]
        sender = link.sender or self._config.service.access_number
        return SmsWay(f"web:{key or self._clock.new_id()}", link.name, sender)


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def _code_key(number_id: str, way: SmsWay) -> str:
    return f"code:{number_id}:{way.key}"
