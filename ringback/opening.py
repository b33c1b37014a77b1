"""What most commands begin with: the configuration, and the database it names."""

import os
from pathlib import Path

from callback.config import Config
from callback.config_file import load
from callback.store.db import Store


def open_config(path: Path | None) -> Config:
    """The configuration this command works with; raises `ConfigFaults`."""
    return load(path, os.environ)


def open_store(config: Config) -> Store:
    """The database, known to be what this program expects; raises `StoreError`."""
    store = Store(config.database_url)
    store.check_schema()
    return store
