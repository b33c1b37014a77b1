"""Calls on an operator's pages: what is live, with its button, and the story of any of them."""

from callback.store import audit, wishes
from callback.store.models import Wish
from tests.webapp import calls
from tests.webapp.conftest import Town
from tests.webapp.desk import ANNA, BORIS
from tests.webapp.statements import MOST_A_PAGE, counted

CALLS = "/operator/calls"


def test_live_calls_are_shown_with_a_button_to_end_them(town: Town) -> None:
    waiting = calls.queued_call(town.desk, town.anna)
    olga = town.as_operator()
    hers = "/operator/clients/id-anna"
    for path in (CALLS, f"{CALLS}/live", hers, f"{hers}/live"):
        page = olga.get(path).text
        assert "anna" in page and "Waiting" in page
        assert f"/calls/{waiting}/hang-up" in page
    answer = town.desk.post(olga, f"/calls/{waiting}/hang-up", at=CALLS, next=CALLS)
    assert (answer.status_code, answer.headers["Location"]) == (303, CALLS)
    assert "No call is under way." in olga.get(CALLS).text
    story = olga.get(f"{CALLS}/{waiting}").text
    assert "Ended a call" in story
    assert "No call is under way." in olga.get(f"{hers}/live").text
    assert olga.get("/operator/clients/id-nobody/live").status_code == 404


def test_a_call_that_is_being_ended_says_so(town: Town) -> None:
    waiting = calls.queued_call(town.desk, town.anna)
    with town.desk.store.write() as session:
        wish = Wish(
            id="w1", key=f"hang-up:{waiting}", node="", kind="hang-up", subject=waiting,
            author="operator:olga", created_at_ms=0,
        )  # fmt: skip
        assert wishes.add_wish(session, wish)
    assert "Hanging up" in town.as_operator().get(f"{CALLS}/live").text


def test_everybody_s_calls_are_listed_and_filtered(town: Town) -> None:
    mine, other = calls.talked_call(town.desk, town.anna), calls.talked_call(town.desk, town.boris, BORIS)
    olga = town.as_operator()
    page = olga.get(CALLS).text
    assert f"{CALLS}/{mine}" in page and f"{CALLS}/{other}" in page
    assert 'href="/operator/clients/id-boris"' in page
    page = olga.get(f"{CALLS}?number={ANNA[1:]}").text
    assert f"{CALLS}/{mine}" in page and f"{CALLS}/{other}" not in page
    assert olga.get(f"{CALLS}?from=yesterday").status_code == 400
    assert "No call matches" in olga.get(f"{CALLS}?result=failed").text


def test_any_call_is_told_in_full(town: Town) -> None:
    mine = calls.talked_call(town.desk, town.anna)
    olga = town.as_operator()
    page = olga.get(f"{CALLS}/{mine}").text
    assert "Call of anna" in page
    assert "/operator/clients/id-anna" in page
    for unknown in ("nobody", "x" * 300, "%00"):
        assert olga.get(f"{CALLS}/{unknown}").status_code == 404


def test_pages_of_calls_ask_the_database_little(town: Town) -> None:
    for account, number in ((town.anna, ANNA), (town.boris, BORIS)):
        calls.talked_call(town.desk, account, number)
        live = calls.queued_call(town.desk, account, number)
    with town.desk.store.write() as session:
        audit.record(session, at_ms=0, author="olga", action="hang-up", subject=live)
    olga = town.as_operator()
    for path in (CALLS, f"{CALLS}/live", f"{CALLS}/{live}", "/operator/clients/id-anna", "/operator/clients"):
        with counted() as statements:
            assert olga.get(path).status_code == 200
        assert len(statements) <= MOST_A_PAGE, path


def test_the_list_of_calls_renews_itself_unless_it_is_filtered(town: Town) -> None:
    olga, part = town.as_operator(), 'data-live-src="/operator/calls/newest"'
    assert "Nobody has asked for a call yet." in olga.get(f"{CALLS}/newest").text
    mine = calls.talked_call(town.desk, town.anna)
    assert f'href="{CALLS}/{mine}"' in olga.get(f"{CALLS}/newest").text
    assert part in olga.get(CALLS).text
    for looked_for in ("?result=talked", f"?before={mine}", "?from=yesterday"):
        assert part not in olga.get(CALLS + looked_for).text
