"""The processes of the service by name, each a function that blocks until SIGTERM.

The one place where the front doors meet the callback: `callback` knows nothing of `smsgw`, so the gateway
is wired here.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from callback import bootstrap
from callback.config import Config


def run_media(arguments: Sequence[str]) -> NoReturn:
    """Become the voice process. It imports nothing of ours but `callback.media`, so it is a fresh program."""
    os.execv(sys.executable, [sys.executable, "-m", "callback.media", *arguments])  # noqa: S606 - no shell


# In the order in which they start; they stop in the reverse order.
RUNS: Mapping[str, Callable[[Config], None]] = {
    "relay": bootstrap.run_relay,
    "dialer": bootstrap.run_dialer,
}
