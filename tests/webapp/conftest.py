"""A town for pages: anna and boris with a phone each, and Olga who runs the service."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from tests.webapp import desk as desks
from tests.webapp.desk import Desk


@dataclass
class Town:
    """The desk with its people. `anna`, `boris`: account ids. Each call of `as_…` is a browser of its own."""

    desk: Desk
    anna: str
    boris: str
    secret: str

    def stranger(self) -> FlaskClient:
        return self.desk.client()

    def as_anna(self) -> FlaskClient:
        return self._signed_in("anna")

    def as_boris(self) -> FlaskClient:
        return self._signed_in("boris")

    def as_operator(self) -> FlaskClient:
        client = self.desk.client()
        assert self.desk.sign_in_operator(client, self.secret).status_code == 303
        return client

    def _signed_in(self, login: str) -> FlaskClient:
        client = self.desk.client()
        assert self.desk.sign_in(client, login).status_code == 303
        return client


@pytest.fixture
def desk() -> Iterator[Desk]:
    with desks.desk() as here:
        yield here


@pytest.fixture
def town(desk: Desk) -> Town:
    anna, boris = desk.account("anna"), desk.account("boris")
    desk.phone(anna, desks.ANNA)
    desk.phone(boris, desks.BORIS)
    return Town(desk, anna, boris, desk.operator())
