"""Unix socket addresses for paths of any length.

The kernel takes 107 bytes; a run directory may be deeper. Linux offers a short name for any open directory.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """An address for bind or connect, valid inside the block."""
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
