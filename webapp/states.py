"""The words and tones of states: what a badge says and how it is coloured.

A tone is one of ok, busy, warn, bad, plain; colour never speaks alone, the word is always there. A state that
is not listed shows as it is written in the store, in the plain tone.
"""

from flask import Flask

from webapp.i18n import lazy_gettext as _l

_STATES = {
    # requests and calls
    "queued": ("busy", _l("Waiting")),
    "running": ("busy", _l("In progress")),
    "scheduled": ("busy", _l("Scheduled")),
    "ringing-a": ("busy", _l("Ringing you")),
    "answered-a": ("ok", _l("You answered")),
    "ringing-b": ("busy", _l("Ringing them")),
    "talking": ("ok", _l("Talking")),
    "ended": ("plain", _l("Ended")),
    "done": ("ok", _l("Done")),
    "failed": ("bad", _l("Failed")),
    "cancelled": ("plain", _l("Cancelled")),
    "dialling": ("busy", _l("Ringing")),
    "answered": ("ok", _l("Answered")),
    # people and their phones
    "active": ("ok", _l("Active")),
    "blocked": ("bad", _l("Blocked")),
    "pending": ("warn", _l("Not confirmed")),
    "verified": ("ok", _l("Confirmed")),
    "default": ("ok", _l("Default")),
    # SMS
    "received": ("busy", _l("Received")),
    "claimed": ("busy", _l("Being read")),
    "repeat": ("plain", _l("Repeat")),
    "quarantined": ("warn", _l("Put aside")),
    "sending": ("busy", _l("Sending")),
    "submitted": ("busy", _l("Handed over")),
    "sent": ("ok", _l("Sent")),
    # links and trunks
    "up": ("ok", _l("Up")),
    "recovering": ("warn", _l("Recovering")),
    "down": ("bad", _l("Down")),
    "unknown": ("plain", _l("Unknown")),
}


def install(app: Flask) -> None:
    """Give templates the filter behind `state_badge`."""
    app.add_template_filter(state_words, "state_words")


def state_words(state: str) -> tuple[str, str]:
    """Tone and word of a state as the store spells it."""
    tone, word = _STATES.get(state, ("plain", state))
    return tone, str(word)
