"""Events and effects as text and back: what `trace` keeps, so that any production call replays as a test."""

import json
from dataclasses import asdict
from typing import get_args

from callback.core.causes import Cause
from callback.core.events import Effect, Event, LegName, Route
from callback.core.outcomes import Reason

_EVENTS = {kind.__name__: kind for kind in get_args(Event)}
_ENUMS = {"cause": Cause, "reason": Reason}


def encode(value: Event | Effect) -> str:
    """One line of JSON; the type stands first."""
    return json.dumps({"is": type(value).__name__, **asdict(value)}, separators=(",", ":"))


def decode_event(line: str) -> Event:
    """The event of a line `encode` wrote; KeyError for a name this program does not know."""
    fields = json.loads(line)
    kind = _EVENTS[fields.pop("is")]
    if "leg" in fields:
        fields["leg"] = LegName(**fields["leg"])
    if "routes" in fields:
        fields["routes"] = tuple(
            Route(route["trunk"], tuple(route["next_hop"]), route["callee"]) for route in fields["routes"]
        )
    for name, enum in _ENUMS.items():
        if name in fields:
            fields[name] = enum(fields[name])
    event: Event = kind(**fields)
    return event
