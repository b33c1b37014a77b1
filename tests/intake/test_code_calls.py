"""Codes asked for by web: read aloud by a call."""

import pytest

from callback.core.commands import Register
from callback.core.outcomes import Reason, Refused
from callback.intake import Accepted, Wish
from callback.store import accounts, claims
from callback.store.accounts import CODE_LIFE_MS, Pending, Verified
from tests.intake.codes import BERLIN, PHONE, at, call, code_read, confirm, desk, end, send
from tests.intake.desk import ANNA, PASSWORD, Desk


def test_a_call_that_reads_a_code_is_stored_sealed_and_holds_no_money() -> None:
    with desk() as here:
        accepted = call(here, "600 316 059")
        assert isinstance(accepted, Accepted) and accepted.fresh and accepted.number == PHONE
        (request,) = here.requests()
        assert (request.id, request.purpose, request.number_a) == (accepted.request_id, "code", PHONE)
        assert (request.destination, request.trigger, request.state) == (None, "web", "queued")
        assert code_read(here) not in str(request.code_sealed)
        assert here.books_agree()
        assert isinstance(confirm(here, code_read(here)), Verified)


def test_an_account_without_money_may_have_its_phone_confirmed() -> None:
    with desk() as here:
        here.account("boris", credit_micro=0)
        assert isinstance(call(here, login="boris"), Accepted)
        assert here.books_agree()


def test_a_form_sent_twice_rings_once_and_the_code_stays_right() -> None:
    with desk() as here:
        first = call(here)
        code = code_read(here)
        again = call(here)
        assert isinstance(first, Accepted) and isinstance(again, Accepted)
        assert (again.request_id, again.fresh) == (first.request_id, False)
        assert code_read(here) == code


def test_a_form_sent_again_for_another_phone_is_another_wish() -> None:
    with desk() as here:
        first = call(here)
        assert isinstance(first, Accepted)
        end(here, first.request_id)
        assert isinstance(second := call(here, ANNA), Accepted) and second.request_id != first.request_id


def test_a_form_sent_again_after_its_number_was_removed_starts_nothing() -> None:
    with desk() as here:
        call(here)
        at(here, "anna", lambda session, account: accounts.remove_number(session, account.id, PHONE))
        assert call(here) == Refused(Reason.CODE_EXPIRED, {"number": PHONE})
        assert len(here.requests()) == 1


def test_one_call_at_a_time_reads_codes_to_an_account() -> None:
    with desk() as here:
        first = call(here)
        assert isinstance(first, Accepted)
        busy = Refused(Reason.CALL_IN_SETUP, {"number": ANNA})
        assert call(here, ANNA, key="k2") == busy
        assert len(here.requests()) == 1
        end(here, first.request_id)
        assert isinstance(call(here, ANNA, key="k3"), Accepted)


def test_while_a_call_reads_a_code_no_other_code_replaces_it() -> None:
    with desk() as here:
        first = call(here)
        assert isinstance(first, Accepted)
        assert send(here) == Refused(Reason.CALL_IN_SETUP, {"number": PHONE})
        assert here.text(Register("anna", PASSWORD, PHONE)).kind == Reason.CALL_IN_SETUP
        assert isinstance(send(here, ANNA), Pending), "another phone is another matter"
        assert isinstance(confirm(here, code_read(here)), Verified)


def test_a_phone_in_a_call_of_somebody_else_is_not_rung() -> None:
    with desk() as here:
        boris = here.account("boris")
        here.phone(boris, PHONE)
        with here.store.write() as session:
            account = accounts.get_account(session, boris)
            here.intake.request_callback(session, account, Wish("k9", "web", ""))
        assert call(here) == Refused(Reason.CALL_IN_SETUP, {"number": PHONE})
        with here.store.read() as session:
            assert accounts.find_number(session, "id-anna", PHONE) is None, "no code was made either"


def test_a_call_that_reads_a_code_is_in_the_way_of_the_owners_callback() -> None:
    with desk() as here:
        boris = here.account("boris")
        here.phone(boris, PHONE)
        call(here)
        with here.store.write() as session:
            account = accounts.get_account(session, boris)
            refused = here.intake.request_callback(session, account, Wish("k9", "web", ""))
        assert refused == Refused(Reason.CALL_IN_SETUP, {"number": PHONE})
        (request,) = here.requests()
        assert request.purpose == "code"


def test_calls_and_sms_count_alike_against_the_caps() -> None:
    with desk() as here:
        send(here, key="k1")
        for key in ("k2", "k3"):
            accepted = call(here, key=key)
            assert isinstance(accepted, Accepted)
            end(here, accepted.request_id)
        assert call(here, key="k4") == Refused(Reason.TOO_MANY_CODES, {"number": PHONE})
        assert send(here, key="k5") == Refused(Reason.TOO_MANY_CODES, {"number": PHONE})
        assert len(here.requests()) == 2
        assert here.books_agree()


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("112", Reason.EMERGENCY_NUMBER),
        ("700 123 456", Reason.PREMIUM_NUMBER),
        ("12", Reason.INVALID_NUMBER),
        (BERLIN, Reason.NO_CODE_THERE),
    ],
)
def test_where_no_code_may_go_none_goes_by_either_way(number: str, reason: Reason) -> None:
    with desk() as here:
        for refused in (call(here, number), send(here, number)):
            assert isinstance(refused, Refused) and refused.reason == reason
        assert here.requests() == [] and here.outbox() == []


def test_what_we_sell_no_calls_to_we_do_not_ring_for_nothing() -> None:
    with desk(deck="") as here:
        assert call(here) == Refused(Reason.NO_RATE, {"number": PHONE})
    with desk(trunks=False) as here:
        assert call(here) == Refused(Reason.NO_ROUTE, {"number": PHONE})


def test_a_number_that_is_verified_needs_no_code() -> None:
    with desk() as here:
        here.phone("id-anna", PHONE)
        assert isinstance(call(here), Verified)
        assert isinstance(send(here), Verified)
        assert here.requests() == [] and here.outbox() == []


def test_a_blocked_account_gets_no_code() -> None:
    with desk() as here:
        here.account("boris", state="blocked")
        assert call(here, login="boris") == Refused(Reason.ACCOUNT_BLOCKED)
        assert send(here, login="boris") == Refused(Reason.ACCOUNT_BLOCKED)


# --- what a dialer finds


def _claimed(here: Desk, later_ms: int = 0) -> claims.Claimed:
    (request,) = here.requests()
    with here.store.write() as session:
        claimed = claims.claim(session, request.id, "dialer1", 7, here.clock.now_ms() + later_ms)
    assert claimed is not None and claimed.reads_code
    return claimed


def test_whoever_claims_it_finds_the_code_and_no_price() -> None:
    with desk() as here:
        call(here)
        code, claimed = code_read(here), _claimed(here)
        assert claimed.code_sealed is not None and here.seal.reveal(claimed.code_sealed) == code
        assert (claimed.held_micro, claimed.rate_a.minute_micro, claimed.rate_a.connect_micro) == (0, 0, 0)
        assert claimed.code_sealed not in repr(claimed)


def test_a_code_that_has_expired_is_not_read() -> None:
    with desk() as here:
        call(here)
        assert _claimed(here, later_ms=CODE_LIFE_MS).code_sealed is None


@pytest.mark.parametrize("fate", ["confirmed", "removed"])
def test_a_code_nobody_waits_for_is_not_read(fate: str) -> None:
    with desk() as here:
        call(here)
        if fate == "confirmed":
            confirm(here, code_read(here))
        else:
            at(here, "anna", lambda session, account: accounts.remove_number(session, account.id, PHONE))
        assert _claimed(here).code_sealed is None
