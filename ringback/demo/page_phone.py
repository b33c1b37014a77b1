"""A phone of the page: what its owner sees of calls and SMS. Told what happens, it looks accordingly.

Lives in the loop of the stage and is touched by nobody else; `look` gives a value for everybody.
"""

from collections.abc import Iterable
from dataclasses import replace

from callback.store.reports import SmsSeen
from callback.telephony.simulator.events import Event
from ringback.demo import cast
from ringback.demo.cast import Person
from smsgw.grammar import mask
from webapp.stage import Phone, Sms

_SMS_KEPT = 30
_TYPED_SHOWN = 20
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
    def typed(self) -> str:
        return self._looks.typed

    @property
    def tune(self) -> str:
        return self._looks.tune

    def look(self) -> Phone:
        return replace(self._looks, muted=self.muted, sms=tuple(self.sms))

    def found(self, state: str, caller: str, since_ms: int, tune: str) -> None:
        """How it was when we came."""
        looks = _FOUND.get(state, "idle")
        self._change(state=looks, display=_caller(caller) if caller else "", since_ms=since_ms)
        self._change(tune=tune if looks == "in-call" else "", typed="")

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
        """`#` ends a number and `*` begins it anew: what was typed before is no part of the next."""
        if self.state != "in-call":
            return
        typed = self._looks.typed
        for key in keys:
            typed = key if key == "*" or typed.endswith("#") else typed + key
        self._change(typed=typed[-_TYPED_SHOWN:])

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

    def sms_recorded(self, text: str, at_ms: int) -> None:
        """One that left it before we came, as the service remembers it: without what is secret."""
        self._add(Sms(text, at_ms, True, "delivered"))

    def look_up(self, known: Iterable[SmsSeen]) -> None:
        """What the SMS centre had to keep for a while is delivered once the service has it."""
        waiting = [sms for sms in self.sms if sms.state == "failed"]
        for row in known if waiting else ():
            for sms in waiting:
                looks = (mask(sms.text), mask(sms.text, proven=False))
                if row.received_at_ms >= sms.at_ms and row.text in looks:
                    self.sms_went(sms, "delivered")

    def _add(self, sms: Sms) -> Sms:
        self.sms = sorted([*self.sms, sms], key=lambda one: one.at_ms)[-_SMS_KEPT:]
        return sms

    def _change(self, **changes: object) -> None:
        self._looks = replace(self._looks, **changes)  # type: ignore[arg-type]  # fields of Phone, by name


def _caller(user: str) -> str:
    number = f"+{user.lstrip('+')}"
    return "Ringback" if number == cast.ACCESS_NUMBER else number
