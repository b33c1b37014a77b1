"""The two phones as their owners see them. Told what happens, they tell how they look."""

from collections.abc import Callable
from dataclasses import replace

from callback.telephony.simulator.events import Event
from ringback.demo import cast
from ringback.demo.cast import Person
from ringback.demo.news import News, PhoneLook, Sms

_STATES = {
    "ringing": "ringing",
    "answered": "in call",
    "bye": "idle",
    "bye-sent": "idle",
    "rejected": "idle",
    "cancelled": "idle",
}


class Phone:
    """One phone; `tell` hears of every change of its look."""

    def __init__(self, person: Person, tell: Callable[[News], None]) -> None:
        self.person = person
        self._tell = tell
        self.look = PhoneLook(person.name, person.number, "idle")
        tell(self.look)

    def change(self, **changes: object) -> None:
        look = replace(self.look, **changes)  # type: ignore[arg-type]  # fields of PhoneLook, by name
        if look != self.look:
            self.look = look
            self._tell(look)

    def event(self, event: Event) -> None:
        """What the carrier reports of this number."""
        if event.kind == "invite":
            self.change(display=_caller(event.detail), typed="", heard="")
        elif event.kind in _STATES:
            state = _STATES[event.kind]
            kept = {} if state != "idle" else {"display": "", "typed": ""}
            self.change(state=state, since_ms=event.at_ms, **kept)

    def sms_sent(self, text: str) -> None:
        self._tell(Sms(self.person.name, True, text))

    def sms_arrived(self, text: str) -> None:
        self._tell(Sms(self.person.name, False, text))


def _caller(user: str) -> str:
    number = f"+{user.lstrip('+')}"
    return "Ringback" if number == cast.ACCESS_NUMBER else number
