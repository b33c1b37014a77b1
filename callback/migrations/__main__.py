"""For developers: `python -m callback.migrations 0002 "What changed"` writes the revision the models need."""

import sys
import tempfile
from pathlib import Path

from callback.store.db import Store
from callback.store.schema import write_revision


def main(revision: str, message: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        store = Store(f"sqlite:///{Path(directory) / 'empty.db'}")
        store.change_schema(lambda connection: write_revision(connection, revision, message))
        store.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
