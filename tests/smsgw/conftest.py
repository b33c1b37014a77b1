"""Stores, gateways and centres that end with their test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from callback.config import Link
from callback.store.db import Store
from smsgw.gateway import Gateway
from smsgw.simulator import SimulatedSmsc
from tests.smsgw.scene import NotingExecutor, gateway, new_store

StartGateway = Callable[..., Gateway]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(tmp_path)
    yield store
    store.dispose()


@pytest.fixture
def executor(store: Store) -> NotingExecutor:
    return NotingExecutor(store)


@pytest.fixture
def smsc() -> Iterator[SimulatedSmsc]:
    smsc = SimulatedSmsc(retry_s=0.2)
    smsc.start()
    yield smsc
    smsc.stop()


@pytest.fixture
def start(store: Store, executor: NotingExecutor, tmp_path: Path) -> Iterator[StartGateway]:
    """Start a gateway on these links; it is stopped after the test."""
    started: list[Gateway] = []

    def begin(*links: Link, by: NotingExecutor = executor, **sections: Any) -> Gateway:
        made = gateway(store, by, links, tmp_path, **sections)
        made.start()
        started.append(made)
        return made

    yield begin
    for made in started:
        made.stop()
