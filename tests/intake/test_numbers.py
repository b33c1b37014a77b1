"""Codes asked for by web: sent by SMS, typed on a page."""

import json

from callback.config import Link
from callback.core.outcomes import Reason, Refused
from callback.core.sms import ReplyKind
from callback.intake import Accepted
from callback.store.accounts import Pending, Verified
from tests.intake.codes import (
    PHONE,
    call,
    code_read,
    code_sent,
    confirm,
    desk,
    send,
    wrong,
)
from tests.intake.desk import US
from tests.intake.desk import desk as plain_desk


def test_a_code_asked_for_by_web_goes_out_by_the_first_link() -> None:
    with desk() as here:
        pending = send(here, "600 316 059")
        assert isinstance(pending, Pending) and pending.number == PHONE
        (sms,) = here.outbox()
        assert (sms.link, sms.sender, sms.recipient) == ("carrier", "+48221111111", PHONE)
        assert sms.key == f"code:{pending.number_id}:web:k1"
        assert code_sent(here) not in sms.params
        assert isinstance(confirm(here, code_sent(here), "600316059"), Verified)


def test_a_form_sent_twice_sends_one_sms_whose_code_is_right() -> None:
    with desk() as here:
        assert isinstance(send(here), Pending)
        code = code_sent(here)
        assert isinstance(send(here), Pending)
        assert len(here.outbox()) == 1
        assert isinstance(confirm(here, code), Verified)


def test_another_form_sends_another_code_and_the_first_is_void() -> None:
    with desk() as here:
        send(here, key="k1")
        first = code_sent(here)
        send(here, key="k2")
        assert len(here.outbox()) == 2
        if first != code_sent(here):
            assert confirm(here, first) == Refused(Reason.WRONG_CODE, {"number": PHONE})
        assert isinstance(confirm(here, code_sent(here)), Verified)


def test_without_a_key_every_code_is_another_sms() -> None:
    with desk() as here:
        send(here, key="")
        send(here, key="")
        assert len({sms.key for sms in here.outbox()}) == 2


def test_without_a_link_a_call_can_still_read_the_code() -> None:
    with desk(links=False) as here:
        assert send(here) == Refused(Reason.NO_SMS_LINK, {"number": PHONE})
        assert isinstance(call(here), Accepted)


def test_a_code_is_wrong_five_times_and_then_it_has_expired() -> None:
    with desk() as here:
        send(here)
        code = code_sent(here)
        reasons = [confirm(here, wrong(code)) for _ in range(6)]
        assert reasons[:5] == [Refused(Reason.WRONG_CODE, {"number": PHONE})] * 5
        assert confirm(here, code) == Refused(Reason.CODE_EXPIRED, {"number": PHONE})


def test_the_code_of_another_account_confirms_nothing() -> None:
    with desk() as here:
        here.account("boris")
        send(here)
        assert confirm(here, code_sent(here), login="boris") == Refused(
            Reason.CODE_EXPIRED, {"number": PHONE}
        )
        assert confirm(here, "123456", "nonsense") == Refused(Reason.INVALID_NUMBER, {"number": "nonsense"})


def test_who_loses_a_number_is_told_by_sms() -> None:
    with desk() as here:
        here.phone(here.account("boris"), PHONE)
        send(here)
        verified = confirm(here, code_sent(here))
        assert isinstance(verified, Verified) and verified.taken_from is not None
        (news,) = [sms for sms in here.outbox() if sms.kind == ReplyKind.NUMBER_MOVED]
        assert (news.recipient, news.link, json.loads(news.params)) == (PHONE, "carrier", {"number": PHONE})
        assert isinstance(confirm(here, "123456"), Verified), "a repeat changes nothing"
        assert len(here.outbox()) == 2


def test_with_nothing_to_tell_it_by_the_number_moves_all_the_same() -> None:
    with desk(links=False) as here:
        here.phone(here.account("boris"), PHONE)
        call(here)
        assert isinstance(confirm(here, code_read(here)), Verified)
        assert here.outbox() == []


def test_the_first_link_speaks_for_us_where_it_has_no_address() -> None:
    one = Link(name="only", host="127.0.0.1", system_id="us")
    with plain_desk(links=(one,)) as here:
        here.account()
        send(here)
        assert here.outbox()[0].sender == US
