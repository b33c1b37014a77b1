"""Every command by SMS, its effect and its one answer."""

import json
from typing import Any

import pytest

from callback.core.commands import Balance, Command, ConfirmNumber, Help, NotYet, Register, RequestCallback
from callback.core.outcomes import Reason
from callback.core.sms import ReplyKind
from callback.executor import SmsExecutor
from callback.passwords import Passwords, Verifier
from callback.store import clients
from tests.intake.desk import ANNA, PASSWORD, Desk, desk

BERLIN = "+493012345678"


def call_me(destination: str | None = None, source: str | None = None) -> RequestCallback:
    return RequestCallback("anna", PASSWORD, destination, source)


def _code(here: Desk) -> str:
    (sms,) = [sms for sms in here.outbox() if sms.kind == ReplyKind.CODE_SMS]
    assert sms.recipient == ANNA
    return here.seal.reveal(json.loads(sms.params)["code"])


# --- registering


def test_a_number_is_verified_at_once_when_the_carrier_vouches_for_its_sender() -> None:
    with desk() as here:
        here.account()
        reply = here.text(Register("Anna", PASSWORD, "600 316 058"), trusted=True)
        assert (reply.kind, reply.params) == (ReplyKind.REGISTERED, {"number": ANNA})
        assert here.text(call_me()).kind == ReplyKind.CALLBACK_ACCEPTED


def test_a_number_nobody_vouches_for_waits_for_its_code() -> None:
    with desk() as here:
        here.account()
        assert here.text(Register("anna", PASSWORD, ANNA)).kind == ReplyKind.NUMBER_PENDING
        assert here.text(call_me()).kind == Reason.NO_NUMBER
        assert here.text(call_me(source=ANNA)).kind == Reason.NUMBER_PENDING
        code = _code(here)
        wrong = "000000" if code != "000000" else "111111"
        assert here.text(ConfirmNumber(wrong)).kind == Reason.WRONG_CODE
        assert here.text(ConfirmNumber(code), ani="+48601601601").kind == Reason.CODE_EXPIRED
        assert here.text(ConfirmNumber(code)).kind == ReplyKind.NUMBER_VERIFIED
        assert here.text(call_me()).kind == ReplyKind.CALLBACK_ACCEPTED


def test_a_trusted_sender_cannot_vouch_for_another_phone() -> None:
    with desk() as here:
        here.account()
        reply = here.text(Register("anna", PASSWORD, ANNA), ani="+48601601601", trusted=True)
        assert reply.kind == ReplyKind.NUMBER_PENDING


def test_a_known_number_is_registered_again_without_a_code() -> None:
    with desk() as here:
        here.phone(here.account())
        assert here.text(Register("anna", PASSWORD, ANNA)).kind == ReplyKind.REGISTERED
        assert here.outbox() == []


def test_a_code_that_has_served_is_answered_as_it_was() -> None:
    with desk() as here:
        here.account()
        here.text(Register("anna", PASSWORD, ANNA))
        code = _code(here)
        assert here.text(ConfirmNumber(code)) == here.text(ConfirmNumber(code))


@pytest.mark.parametrize("other_phone", ["+48601601601", ""])
@pytest.mark.parametrize("trusted", [True, False])
def test_an_account_that_loses_a_number_is_told(other_phone: str, trusted: bool) -> None:
    with desk() as here:
        anna = here.account()
        here.phone(anna)
        if other_phone:
            here.phone(anna, other_phone)
        here.account("boris")
        here.text(Register("boris", PASSWORD, ANNA), trusted=trusted)
        if not trusted:
            here.text(ConfirmNumber(_code(here)))
        (news,) = [sms for sms in here.outbox() if sms.kind == ReplyKind.NUMBER_MOVED]
        assert news.recipient == (other_phone or ANNA)
        assert json.loads(news.params) == {"number": ANNA}
        assert here.text(call_me(source=ANNA)).kind == Reason.NOT_YOUR_NUMBER


def test_the_fourth_code_of_a_day_is_refused() -> None:
    with desk() as here:
        here.account()
        kinds = [here.text(Register("anna", PASSWORD, ANNA)).kind for _ in range(4)]
        assert kinds == [ReplyKind.NUMBER_PENDING] * 3 + [Reason.TOO_MANY_CODES]


def test_no_code_goes_to_a_country_that_is_not_allowed() -> None:
    with desk() as here:
        here.account()
        assert here.text(Register("anna", PASSWORD, BERLIN)).kind == Reason.NO_CODE_THERE
        assert here.outbox() == []


@pytest.mark.parametrize("written", ["12", "hello", "+999 999"])
def test_what_is_no_number_cannot_be_registered(written: str) -> None:
    with desk() as here:
        here.account()
        assert here.text(Register("anna", PASSWORD, written)).kind == Reason.INVALID_NUMBER


# --- who asks


@pytest.mark.parametrize(
    "command", [RequestCallback("nobody", PASSWORD), RequestCallback("anna", "wrong"), Balance("anna", "")]
)
def test_unknown_users_and_wrong_passwords_are_answered_alike(command: Command) -> None:
    with desk() as here:
        here.phone(here.account())
        reply = here.text(command)
        assert (reply.kind, dict(reply.params)) == (Reason.BAD_CREDENTIALS, {})
        assert here.requests() == []


def test_the_eleventh_wrong_password_in_a_minute_is_not_even_looked_at() -> None:
    with desk() as here:
        here.account()
        kinds = [here.text(Balance("anna", f"wrong{number}")).kind for number in range(11)]
        assert kinds == [Reason.BAD_CREDENTIALS] * 10 + [Reason.TOO_MANY_TRIES]


def test_a_stranger_who_guesses_does_not_lock_the_owners_phone_out() -> None:
    with desk() as here:
        here.phone(here.account())
        for number in range(11):
            last = here.text(Balance("anna", f"wrong{number}"), ani=f"+48601601{number:03}")
        assert last.kind == Reason.TOO_MANY_TRIES
        assert here.text(Balance("anna", PASSWORD), ani="+48601601999").kind == Reason.TOO_MANY_TRIES
        assert here.text(Balance("anna", PASSWORD), ani="600316058").kind == ReplyKind.BALANCE
        assert here.text(Balance("anna", PASSWORD), ani="+48601601999").kind == ReplyKind.BALANCE


def test_a_blocked_account_is_told_so_after_its_password() -> None:
    with desk() as here:
        here.account(state="blocked")
        assert here.text(call_me()).kind == Reason.ACCOUNT_BLOCKED
        assert here.text(RequestCallback("anna", "wrong")).kind == Reason.BAD_CREDENTIALS


# --- asking for a call


def test_request_and_hold_stand_and_the_dialer_is_woken() -> None:
    with desk() as here:
        here.phone(here.account())
        reply = here.text(call_me("22 123 49 99"))
        assert reply.kind == ReplyKind.CALLBACK_ACCEPTED
        assert reply.params == {"number": ANNA, "destination": "+48221234999"}
        (request,) = here.requests()
        assert (request.state, request.number_a, request.destination) == ("queued", ANNA, "+48221234999")
        assert here.queue.woken == [request.id]
        assert here.books_agree()


def test_with_the_queue_away_the_request_stands_all_the_same() -> None:
    with desk() as here:
        here.phone(here.account())
        here.queue.is_down = True
        assert here.text(call_me()).kind == ReplyKind.CALLBACK_ACCEPTED
        assert len(here.requests()) == 1


def test_a_second_wish_replaces_the_first_while_nobody_rings() -> None:
    with desk() as here:
        here.phone(here.account())
        here.text(call_me())
        assert here.text(call_me("221234999")).kind == ReplyKind.CALLBACK_REPLACED
        (request,) = here.requests()
        assert request.destination == "+48221234999"
        assert here.books_agree()


@pytest.mark.parametrize(
    ("destination", "reason"),
    [
        ("112", Reason.EMERGENCY_NUMBER),
        ("911", Reason.EMERGENCY_NUMBER),
        ("700 123 456", Reason.PREMIUM_NUMBER),
        ("+870 773 123 456", Reason.PREMIUM_NUMBER),
        ("12", Reason.INVALID_NUMBER),
        ("600 316 058", Reason.SAME_NUMBER),
        ("+33 1 23 45 67 89", Reason.NO_RATE),
        ("+49 89 12345678", Reason.NO_RATE),
    ],
)
def test_a_destination_that_would_be_refused_is_refused_by_sms(destination: str, reason: Reason) -> None:
    with desk() as here:
        here.phone(here.account())
        assert here.text(call_me(destination)).kind == reason
        assert here.requests() == []
        assert here.books_agree()


def test_a_number_no_trunk_reaches_is_not_called() -> None:
    with desk(trunks=False) as here:
        here.phone(here.account())
        assert here.text(call_me()).kind == Reason.NO_ROUTE


def test_no_rate_no_call() -> None:
    with desk(deck="") as here:
        here.phone(here.account())
        assert here.text(call_me()).kind == Reason.NO_RATE
        assert here.text(call_me("221234999")).kind == Reason.NO_RATE


def test_an_empty_balance_calls_nobody_and_holds_nothing() -> None:
    with desk() as here:
        here.phone(here.account(credit_micro=0))
        assert here.text(call_me()).kind == Reason.BALANCE_LOW
        assert here.requests() == []
        assert here.books_agree()


def test_money_for_one_phone_only_rings_none_when_the_other_is_known() -> None:
    with desk() as here:
        here.phone(here.account(credit_micro=1_000_000))
        assert here.text(call_me("221234999")).kind == Reason.BALANCE_LOW
        assert here.requests() == []
        assert here.text(call_me()).kind == ReplyKind.CALLBACK_ACCEPTED
        assert here.books_agree()


def test_only_ones_own_numbers_ring() -> None:
    with desk() as here:
        here.phone(here.account())
        assert here.text(call_me(source="+48601601601")).kind == Reason.NOT_YOUR_NUMBER
        assert here.text(call_me(source="nonsense")).kind == Reason.INVALID_NUMBER


# --- the rest


def test_the_balance_is_what_may_still_be_spent() -> None:
    with desk() as here:
        here.phone(here.account())
        assert here.text(Balance("anna", PASSWORD)).params == {"balance": "10.00 EUR"}
        here.text(call_me())
        assert here.text(Balance("anna", PASSWORD)).params == {"balance": "8.20 EUR", "held": "1.80 EUR"}


def test_help_and_what_is_not_offered() -> None:
    with desk() as here:
        assert here.text(Help()).kind == ReplyKind.HELP
        reply = here.text(NotYet("V"))
        assert (reply.kind, reply.params) == (Reason.NOT_AVAILABLE, {"token": "V"})


def test_a_code_from_a_machine_confirms_nothing() -> None:
    with desk() as here:
        assert here.text(ConfirmNumber("123456"), ani="BANK").kind == Reason.WRONG_CODE


def test_who_is_blocked_while_the_password_is_looked_at_is_not_called() -> None:
    class SlowVerifier(Verifier):
        """An operator blocks the account in the time this takes."""

        def check(self, *args: Any, **values: Any) -> bool:
            right = super().check(*args, **values)
            with here.store.write() as session:
                assert clients.block(session, "id-anna", 0)
            return right

    with desk() as here:
        here.phone(here.account())
        verifier = SlowVerifier(Passwords(b"p" * 32), here.clock.monotonic_s)
        here.executor = SmsExecutor(here.config, here.store, here.clock, verifier, here.intake, here.numbers)
        assert here.text(call_me()).kind == Reason.ACCOUNT_BLOCKED
        assert here.requests() == []
