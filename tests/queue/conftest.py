"""Short directories (sockets have short names), a Valkey and a store in them."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from callback.config import Config
from callback.jobs import WAKE_SOCKET, open_wake_socket
from callback.store.db import Store
from tests.queue.parts import Valkey, furnish


@pytest.fixture
def config() -> Iterator[Config]:
    path = Path(tempfile.mkdtemp(prefix="rb-"))
    (path / "run").mkdir(mode=0o700)
    yield Config(data_dir=path)
    shutil.rmtree(path)


@pytest.fixture
def valkey(config: Config) -> Iterator[Valkey]:
    running = Valkey(config)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def ear(config: Config) -> Iterator[socket.socket]:
    with open_wake_socket(config.run_dir / WAKE_SOCKET) as heard:
        yield heard


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    opened = Store(config.database_url)
    furnish(opened)
    yield opened
    opened.dispose()
