"""Carries out the commands that came by SMS: one transaction each, one clear answer each.

The gateway hands over a parsed command and a `finish`, which records the SMS's outcome and its reply inside
our transaction, so that effect, answer and the erasure of the sealed text are one commit.
"""

from collections.abc import Callable

from sqlmodel import Session

from callback.clock import Clock
from callback.config import Config
from callback.core.commands import Balance, Command, ConfirmNumber, Help, NotYet, Register, RequestCallback
from callback.core.money import format_balance
from callback.core.numbers import parse_number
from callback.core.outcomes import Reason, Refused
from callback.core.sms import ReceivedSms, Reply, ReplyKind
from callback.intake import Accepted, Intake, Wish
from callback.numbers import NumberDesk, SmsWay
from callback.passwords import Verifier
from callback.store import accounts, ledger
from callback.store.accounts import Pending, Verified
from callback.store.db import Store
from callback.store.models import Account

Finish = Callable[[Session, str, Reply | None], None]


class SmsExecutor:
    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Clock,
        verifier: Verifier,
        intake: Intake,
        numbers: NumberDesk,
    ) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._verifier = verifier
        self._intake = intake
        self._numbers = numbers

    def execute(self, command: Command, sms: ReceivedSms, finish: Finish) -> None:
        """Called from several threads at once; a StoreError leaves the SMS to be tried again."""
        match command:
            case Help():
                self._answer(finish, Reply(ReplyKind.HELP))
            case NotYet(key):
                self._answer(finish, Refused(Reason.NOT_AVAILABLE, {"token": key}))
            case ConfirmNumber(code):
                self._confirm(code, sms, finish)
            case Register() | RequestCallback() | Balance():
                account = self._authenticate(command.login, command.password, sms.ani)
                if isinstance(account, Refused):
                    self._answer(finish, account)
                elif isinstance(command, Register):
                    self._register(account, command.number, sms, finish)
                elif isinstance(command, RequestCallback):
                    self._request_callback(account, command, sms, finish)
                else:
                    self._balance(account, finish)

    def _authenticate(self, login: str, password: str, ani: str) -> Account | Refused:
        with self._store.read() as session:
            account = accounts.find_account(session, login)
            own_phone = (
                account is not None
                and not self._verifier.remembers(account, password)
                and self._is_own(session, account, ani)
            )
        refused = self._verifier.admit(account, password, login=login, ani=ani, own_phone=own_phone)
        if refused:
            return refused
        assert account is not None, "an unknown account has no right password"
        if account.state != "active":
            return Refused(Reason.ACCOUNT_BLOCKED)
        return account

    def _is_own(self, session: Session, account: Account, ani: str) -> bool:
        number = parse_number(ani, account.country)
        found = None if isinstance(number, Refused) else accounts.find_number(session, account.id, number)
        return found is not None and found.state == "verified"

    # --- the commands

    def _register(self, account: Account, written: str, sms: ReceivedSms, finish: Finish) -> None:
        number = parse_number(written, account.country)
        if isinstance(number, Refused):
            self._answer(finish, number, account)
            return
        trusted = sms.trusted_ani and parse_number(sms.ani, account.country) == number
        way, registered = _way_back(sms), Reply(ReplyKind.REGISTERED, {"number": number}, account.locale)
        with self._store.write() as session:
            if trusted:
                self._numbers.vouch(session, account, number, way)
                reply = registered
            else:
                match self._numbers.send_code_sms(session, account, number, sms.ani, way=way):
                    case Verified():
                        reply = registered
                    case Pending():
                        reply = Reply(ReplyKind.NUMBER_PENDING, {"number": number}, account.locale)
                    case refused:
                        reply = _refusal(refused, account.locale)
            finish(session, reply.kind, reply)

    def _confirm(self, code: str, sms: ReceivedSms, finish: Finish) -> None:
        number = parse_number(sms.ani, self._config.service.country)
        if isinstance(number, Refused):
            self._answer(finish, Refused(Reason.WRONG_CODE))
            return
        with self._store.write() as session:
            verified = self._numbers.confirm_by_sender(session, number, code, _way_back(sms))
            if isinstance(verified, Refused):
                reply = _refusal(verified, self._config.service.locale)
            else:
                reply = Reply(ReplyKind.NUMBER_VERIFIED, {"number": number}, verified.account.locale)
            finish(session, reply.kind, reply)

    def _request_callback(
        self, account: Account, command: RequestCallback, sms: ReceivedSms, finish: Finish
    ) -> None:
        wish = Wish(f"sms:{sms.inbox_id}", "sms", sms.ani, sms.dnis, command.source, command.destination)
        with self._store.write() as session:
            payer = accounts.get_account(session, account.id)  # blocked while the password was looked at?
            accepted = self._intake.request_callback(session, payer, wish)
            if isinstance(accepted, Refused):
                reply = _refusal(accepted, account.locale)
            else:
                params = {"number": accepted.number}
                if accepted.destination:
                    params["destination"] = accepted.destination
                kind = ReplyKind.CALLBACK_REPLACED if accepted.replaced else ReplyKind.CALLBACK_ACCEPTED
                reply = Reply(kind, params, account.locale)
            finish(session, reply.kind, reply)
        if isinstance(accepted, Accepted):
            self._intake.wake([accepted])

    def _balance(self, account: Account, finish: Finish) -> None:
        with self._store.write() as session:
            wallet = ledger.get_wallet(session, account.id)
            told = {"balance": format_balance(wallet.available_micro, wallet.currency)}
            if wallet.held_micro:
                told["held"] = format_balance(wallet.held_micro, wallet.currency)
            reply = Reply(ReplyKind.BALANCE, told, account.locale)
            finish(session, reply.kind, reply)

    def _answer(self, finish: Finish, answer: Refused | Reply, account: Account | None = None) -> None:
        locale = account.locale if account else self._config.service.locale
        reply = _refusal(answer, locale) if isinstance(answer, Refused) else answer
        with self._store.write() as session:
            finish(session, reply.kind, reply)


def _refusal(refused: Refused, locale: str) -> Reply:
    return Reply(refused.reason, refused.detail, locale)


def _way_back(sms: ReceivedSms) -> SmsWay:
    return SmsWay(str(sms.inbox_id), sms.link, sms.dnis)
