"""`ringback operator`: who runs the service, and a lost authenticator."""

from callback import totp
from callback.keys import load_keys
from callback.store import audit, operators
from callback.store.db import Store
from callback.store.models import Operator
from tests.ringback.house import House


def hire(house: House) -> None:
    """Olga, with an authenticator."""
    sealed = totp.seal(load_keys(house.config.keys_dir).session, "o1", totp.new_secret())
    with Store(house.config.database_url).write() as session:
        session.add(Operator(id="o1", login="olga", password_hash="x", totp_sealed=sealed, created_at_ms=0))


def test_nobody_runs_a_new_service(house: House) -> None:
    assert house.json("operator", "list") == []


def test_a_lost_authenticator_is_forgotten_and_that_is_written_down(house: House) -> None:
    hire(house)
    assert house.json("operator", "list") == [{"id": "o1", "login": "olga", "authenticator": "set up"}]
    assert house.run("operator", "reset-totp", "Olga").exit_code == 0
    with Store(house.config.database_url).read() as session:
        olga = operators.find_operator(session, "olga")
        assert olga is not None and olga.totp_sealed is None and olga.credential_version == 2
        assert [entry.action for entry in audit.entries_of(session, "o1")] == ["reset-totp"]


def test_an_operator_can_be_removed(house: House) -> None:
    hire(house)
    assert house.run("operator", "remove", "olga").exit_code == 0
    assert house.json("operator", "list") == []
    assert house.run("operator", "remove", "olga").exit_code == 1
