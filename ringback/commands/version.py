"""`ringback version`."""

import platform
from importlib.metadata import version as version_of

from ringback.terminal import AsJson, say, show_json


def version(as_json: AsJson = False) -> None:
    """Say which Ringback this is."""
    ours = version_of("ringback")
    if as_json:
        show_json({"ringback": ours, "python": platform.python_version()})
    else:
        say(f"ringback {ours} (Python {platform.python_version()})")
