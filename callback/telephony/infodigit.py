"""Key presses in SIP INFO, in the two bodies that phones send. Pure.

application/dtmf-relay   Signal=5 / Duration=160      (a de-facto standard)
application/dtmf         5
"""

import re

_SIGNAL = re.compile(r"^\s*signal\s*=\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_KEYS = frozenset("0123456789*#ABCD")
_BY_NUMBER = {"10": "*", "11": "#"}  # event codes of RFC 4733, written by some


def parse(content_type: str, body: str) -> str | None:
    """The key pressed; None for any other INFO."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/dtmf-relay":
        found = _SIGNAL.search(body)
        text = found[1] if found else ""
    elif kind == "application/dtmf":
        text = body.strip()
    else:
        return None
    key = _BY_NUMBER.get(text, text.upper())
    return key if key in _KEYS else None
