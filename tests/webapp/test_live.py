"""The live page: what it tells in each phase, whose calls it shows, and its button."""

import re
from dataclasses import replace

import pytest
from sqlmodel import col, select

from callback import settlement
from callback.core.causes import Cause
from callback.core.ids import leg_id
from callback.core.rating import Rate
from callback.core.session import Outcome
from callback.intake import Accepted, Wish
from callback.store import accounts, audit, ledger, live, requests
from callback.store.live import Phase
from callback.store.models import Leg
from callback.store.models import Wish as Wished
from tests.webapp.conftest import Town
from tests.webapp.desk import FRIEND
from webapp import live_words

_NODE, _EPOCH = "dialer1", 7
_RATE = Rate("48", "both", connect_micro=0, minute_micro=600_000, first_s=1, next_s=1).to_json()


def ask(town: Town, destination: str | None = FRIEND) -> str:
    """Anna wants to be called; her request's id."""
    parts = town.desk.app.extensions["ringback"]
    with town.desk.store.write() as session:
        anna = accounts.get_account(session, town.anna)
        accepted = parts.intake.request_callback(
            session, anna, Wish(f"web:{town.desk.clock.new_id()}", "web", "", destination=destination)
        )
    assert isinstance(accepted, Accepted)
    return accepted.request_id


def claim(town: Town, request_id: str) -> None:
    with town.desk.store.write() as session:
        assert requests.claim_request(session, request_id, _NODE, _EPOCH, town.desk.clock.now_ms())


def leg(town: Town, request_id: str, role: str, *, answered: bool = False) -> str:
    """Ring this phone; `answered`: a minute ago it was picked up."""
    id_, now_ms = leg_id(request_id, role, 1), town.desk.clock.now_ms()
    with town.desk.store.write() as session:
        number = requests.get_request(session, request_id).number_a if role == "A" else FRIEND
        dialled = Leg(
            id=id_, request_id=request_id, role=role, attempt=1, number=number,
            callee="1", cli="+1", trunk="carrier", next_hop="127.0.0.1:5060", node=_NODE, epoch=_EPOCH,
            rate=_RATE, dialled_at_ms=now_ms,
        )  # fmt: skip
        assert requests.record_leg_dialled(session, dialled)
        requests.record_ringing(session, id_, _EPOCH, now_ms)
        if answered:
            assert requests.record_answer(session, id_, _EPOCH, now_ms - 60_000, {})
    return id_


def wishes_of(town: Town, request_id: str) -> list[tuple[str, str, bool]]:
    with town.desk.store.read() as session:
        rows = session.exec(select(Wished).where(col(Wished.subject) == request_id)).all()
        return [(wish.author, wish.node, wish.done_at_ms is None) for wish in rows]


def test_the_page_follows_the_call(town: Town) -> None:
    client, request_id = town.as_anna(), ask(town)
    address = f"/calls/{request_id}"
    assert "We call you in a moment" in client.get(address).text
    claim(town, request_id)
    leg(town, request_id, "A")
    assert "Ringing you" in client.get(f"{address}/state").text
    with town.desk.store.write() as session:
        at_ms = town.desk.clock.now_ms()
        requests.record_answer(session, leg_id(request_id, "A", 1), _EPOCH, at_ms, {})
    assert "You answered" in client.get(f"{address}/state").text
    leg(town, request_id, "B")
    assert "Ringing them" in client.get(f"{address}/state").text
    with town.desk.store.write() as session:
        requests.record_answer(session, leg_id(request_id, "B", 1), _EPOCH, at_ms - 12_000, {})
    talking = client.get(f"{address}/state").text
    assert "Talking" in talking
    assert re.search(r'role="timer"[^>]*>0:1[2-5]<', talking)
    assert "data-live-over" not in talking


def test_the_end_shows_the_final_cost_and_no_button(town: Town) -> None:
    client, request_id = town.as_anna(), ask(town)
    claim(town, request_id)
    for id_ in (leg(town, request_id, "A", answered=True), leg(town, request_id, "B", answered=True)):
        with town.desk.store.write() as session:
            at_ms = town.desk.clock.now_ms()
            settlement.record_leg_end(session, id_, _EPOCH, ended_at_ms=at_ms, cause=Cause.HANGUP)
    with town.desk.store.write() as session:
        settlement.finish_request(session, request_id, _EPOCH, Outcome.TALKED, town.desk.clock.now_ms())
    page = client.get(f"/calls/{request_id}").text
    assert "Call ended" in page
    assert "You talked for 1:0" in page
    assert "data-live-over" in page
    assert "hang-up" not in page
    assert "<noscript>" not in page
    assert re.search(r"<dt>Cost</dt><dd><span class=\"money\">€1\.2", page)


def test_without_scripts_the_page_of_a_running_call_reloads_itself(town: Town) -> None:
    page = town.as_anna().get(f"/calls/{ask(town)}").text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page


def test_a_call_that_waits_is_cancelled_at_once_and_costs_nothing(town: Town) -> None:
    client, request_id = town.as_anna(), ask(town)
    address = f"/calls/{request_id}"
    answer = town.desk.post(client, f"{address}/hang-up", at=address)
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    page = client.get(address).text
    assert "The call is cancelled. It cost nothing." in page
    assert "Call cancelled" in page
    with town.desk.store.read() as session:
        assert ledger.get_wallet(session, town.anna).balance_micro == 10_000_000
    assert wishes_of(town, request_id) == [(f"account:{town.anna}", "", False)]


def test_a_running_call_is_ended_by_a_wish_that_is_stored_once(town: Town) -> None:
    client, request_id = town.as_anna(), ask(town)
    claim(town, request_id)
    address = f"/calls/{request_id}"
    token = town.desk.token(client, address)
    for _press in range(2):
        answer = client.post(f"{address}/hang-up", data={"csrf_token": token})
        assert answer.status_code == 303
    assert wishes_of(town, request_id) == [(f"account:{town.anna}", _NODE, True)]
    page = client.get(f"{address}/state").text
    assert "Hanging up" in page
    assert "disabled" in page


def test_a_call_that_is_over_needs_no_hanging_up(town: Town) -> None:
    client, request_id = town.as_anna(), ask(town)
    claim(town, request_id)
    address = f"/calls/{request_id}"
    token = town.desk.token(client, address)
    with town.desk.store.write() as session:
        settlement.finish_request(session, request_id, _EPOCH, Outcome.A_BUSY, town.desk.clock.now_ms())
    client.post(f"{address}/hang-up", data={"csrf_token": token})
    page = client.get(address).text
    assert "This call had ended already." in page
    assert "Your phone was busy." in page
    assert wishes_of(town, request_id) == []


def test_other_peoples_calls_do_not_exist(town: Town) -> None:
    request_id = ask(town)
    claim(town, request_id)
    boris = town.as_boris()
    for path in (f"/calls/{request_id}", f"/calls/{request_id}/state", "/calls/nothing"):
        assert boris.get(path).status_code == 404
    answer = town.desk.post(boris, f"/calls/{request_id}/hang-up", at="/profile")
    assert answer.status_code == 404
    assert wishes_of(town, request_id) == []


def test_a_stranger_signs_in_first(town: Town) -> None:
    request_id = ask(town)
    stranger = town.stranger()
    answer = stranger.get(f"/calls/{request_id}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/sign-in?next=/calls/{request_id}")
    answer = stranger.get(f"/calls/{request_id}/state", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert stranger.get("/events").status_code == 401


def test_an_operator_ends_any_call_and_it_is_written_down(town: Town) -> None:
    request_id = ask(town)
    claim(town, request_id)
    operator = town.as_operator()
    address = f"/calls/{request_id}"
    assert "anna" in operator.get(address).text
    answer = town.desk.post(operator, f"{address}/hang-up", at=address, next="/operator/calls")
    assert answer.headers["Location"] == "/operator/calls"
    assert wishes_of(town, request_id) == [("operator:olga", _NODE, True)]
    with town.desk.store.read() as session:
        (entry,) = audit.entries_of(session, request_id)
    assert (entry.author, entry.action, entry.detail) == ("olga", "hang-up", {"login": "anna"})


def test_the_way_back_leads_nowhere_else(town: Town) -> None:
    client, request_id = town.as_anna(), ask(town)
    address = f"/calls/{request_id}"
    answer = town.desk.post(client, f"{address}/hang-up", at=address, next="https://evil.example/")
    assert answer.headers["Location"] == address


def test_a_button_without_its_token_does_nothing(town: Town) -> None:
    client, request_id = town.as_anna(), ask(town)
    assert client.post(f"/calls/{request_id}/hang-up").status_code == 400
    assert wishes_of(town, request_id) == []


@pytest.mark.parametrize("for_operator", [False, True])
@pytest.mark.parametrize("purpose", ["callback", "code"])
def test_every_phase_and_every_outcome_has_words(town: Town, purpose: str, for_operator: bool) -> None:
    request_id = ask(town)
    with town.desk.store.read() as session:
        call = live.find_call(session, request_id, town.desk.clock.now_ms())
    assert call
    with town.desk.app.test_request_context():
        for phase in Phase:
            seen = replace(call, phase=phase, purpose=purpose)
            assert live_words.phase_heading(seen, for_operator=for_operator)
            assert for_operator or live_words.phase_sentence(seen)
        for outcome in Outcome:
            over = replace(call, phase=Phase.ENDED, ended_at_ms=1, outcome=outcome, purpose=purpose)
            assert live_words.phase_sentence(over, for_operator=for_operator)


def test_who_waits_long_is_not_told_to_wait_a_moment(town: Town) -> None:
    request_id, page = ask(town), town.as_anna()
    assert "We call you in a moment" in page.get(f"/calls/{request_id}").text
    with town.desk.store.read() as session:
        call = live.find_call(session, request_id, town.desk.clock.now_ms())
    assert call is not None
    late = replace(call, read_at_ms=call.created_at_ms + 10_000)
    with town.desk.app.test_request_context("/"):
        assert live_words.phase_heading(late) == "We are still trying"
        assert "costs nothing" in live_words.phase_sentence(late)
        assert live_words.phase_heading(late, for_operator=True) == "Waiting"
