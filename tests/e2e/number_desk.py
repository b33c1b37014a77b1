"""Anna's page, without the web: her wish for a call that reads a code, and the code she types."""

from callback.clock import Clock
from callback.config_file import load
from callback.core.outcomes import Refused
from callback.intake import Accepted, Intake
from callback.jobs import CallQueue
from callback.keys import load_keys
from callback.numbers import NumberDesk
from callback.sealing import Seal
from callback.store import accounts
from callback.store.accounts import Verified
from tests.e2e.product import LOGIN, Product
from tests.queue.parts import HeardNews

ADDRESS = "192.0.2.7"


class AnnasPage:
    """With the keys and the queue of the product, as its web process has them."""

    def __init__(self, product: Product) -> None:
        config, clock = load(product.config, {}), Clock()
        keys = load_keys(config.keys_dir)
        self._store = product.store
        self._queue = CallQueue(config.queue_url)
        self._intake = Intake(config, clock, self._queue, HeardNews())
        self._desk = NumberDesk(config, clock, keys.pepper, Seal(keys.seal).conceal)

    def call_with_code(self, number: str, key: str = "k1") -> str:
        """The request's id."""
        with self._store.write() as session:
            anna = accounts.find_account(session, LOGIN)
            assert anna is not None
            accepted = self._desk.call_with_code(session, anna, number, ADDRESS, key)
        assert isinstance(accepted, Accepted), accepted
        self._intake.wake([accepted])
        return accepted.request_id

    def confirm(self, number: str, code: str) -> Verified | Refused:
        with self._store.write() as session:
            anna = accounts.find_account(session, LOGIN)
            assert anna is not None
            return self._desk.confirm(session, anna, number, code)

    def close(self) -> None:
        self._queue.close()
