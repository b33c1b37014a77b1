"""A phone of the page: what its owner sees of calls and SMS. Told what happens, it looks accordingly.

Lives in the loop of the stage and is touched by nobody else; `look` gives a value for everybody.
"""

from dataclasses import replace

from callback.telephony.simulator.events import Event
from ringback.demo import cast
from ringback.demo.cast import Person
from webapp.stage import Phone, Sms

_SMS_KEPT = 30
_STATES = {
    "ringing": "ringing",
    "answered": "in-call",
    "bye": "idle",
    "bye-sent": "idle",
    "rejected": "idle",
    "cancelled": "idle",
}
_FOUND = {"ringing": "ringing", "answered": "in-call", "up": "in-call"}  # as the carrier calls it
_VOICE_MS = 1_000  # so long after the last piece of live sound somebody speaks


class PagePhone:
    def __init__(self, person: Person) -> None:
        self.person = person
        self.sms: list[Sms] = []
        self.muted = False
        self._spoke_at_ms = 0
        self._looks = Phone(person.name.lower(), person.name, person.number, person.shown)

    @property
    def id(self) -> str:
        return self._looks.id

    @property
    def state(self) -> str:
        return self._looks.state

    @property
    def tune(self) -> str:
        return self._looks.tune

    def look(self) -> Phone:
        return replace(self._looks, muted=self.muted, sms=tuple(self.sms))

    def found(self, state: str, caller: str, at_ms: int) -> None:
        """How it was when we came."""
        self._change(
            state=_FOUND.get(state, "idle"), display=_caller(caller) if caller else "", since_ms=at_ms
        )

    def event(self, event: Event) -> None:
        """What the carrier reports of this number."""
        if event.kind == "invite":
            self._change(display=_caller(event.detail), typed="")
        elif event.kind in _STATES:
            state = _STATES[event.kind]
            self._change(state=state, since_ms=event.at_ms)
            if state != "in-call":
                self.muted = False
                self._change(tune="", **({} if state == "ringing" else {"typed": "", "display": ""}))

    def pressed(self, keys: str) -> None:
        if self.state == "in-call":
            self._change(typed=self._looks.typed + keys)

    def played(self, tune: str) -> None:
        if self.state == "in-call":
            self._change(tune=tune)

    def spoke(self, at_ms: int) -> None:
        self._spoke_at_ms = at_ms

    def speaks(self, now_ms: int) -> bool:
        return now_ms - self._spoke_at_ms < _VOICE_MS and not self.muted

    def sms_sent(self, text: str, at_ms: int) -> Sms:
        return self._add(Sms(text, at_ms, True, "sending"))

    def sms_went(self, sms: Sms, state: str) -> None:
        """What became of one that was being sent."""
        if sms in self.sms:
            self.sms[self.sms.index(sms)] = replace(sms, state=state)

    def sms_arrived(self, text: str, at_ms: int) -> None:
        self._add(Sms(text, at_ms, False, "arrived"))

    def _add(self, sms: Sms) -> Sms:
        self.sms = [*self.sms, sms][-_SMS_KEPT:]
        return sms

    def _change(self, **changes: object) -> None:
        self._looks = replace(self._looks, **changes)  # type: ignore[arg-type]  # fields of Phone, by name


def _caller(user: str) -> str:
    number = f"+{user.lstrip('+')}"
    return "Ringback" if number == cast.ACCESS_NUMBER else number
