"""A simulated telephone: a number, a plan, a voice of its own, and an ear that remembers."""

from callback.telephony.simulator import tunes
from callback.telephony.simulator.call import Address, Call, Exchange
from callback.telephony.simulator.events import Report
from callback.telephony.simulator.hearing import Recording
from callback.telephony.simulator.message import Message
from callback.telephony.simulator.plan import Plan


class Handset:
    """Get it from `Carrier.handset`. Verbs act on the present call; without one they do nothing."""

    def __init__(self, number: str, index: int, exchange: Exchange, report: Report) -> None:
        self.number = number
        self.plan = Plan()
        self.own_hz = tunes.own_hz(index)
        self.invites = 0  # calls offered; a repetition or a second try with a password is no new one
        self.overlaps = 0  # calls that came while another one was there: refused as busy
        self.recording = Recording()
        self.digits_heard = ""
        self.since_ms = 0  # it rings, or is in a call
        self.tune = ""  # that somebody chose in the present call
        self.call: Call | None = None
        self._exchange = exchange
        self._report = report

    @property
    def state(self) -> str:
        """A value of `CallState`, or "idle"."""
        return self.call.state.value if self.call is not None and self.call.is_open else "idle"

    def invited(self, invite: Message, source: Address) -> Call:
        """A new call comes in."""
        self.invites += 1
        plan = self.plan
        if self.call is not None and self.call.is_open:
            self.overlaps += 1
            self._report("overlap", self.number, invite.get("call-id"), "")
            plan = Plan(reject=486, ring_s=0)
        tune = str(self.own_hz) if plan.tune in ("", "own") else plan.tune
        call_id = invite.get("call-id")

        def tell(kind: str, detail: str) -> None:
            if kind == "digit":
                self.digits_heard += detail
            elif kind in ("ringing", "answered"):
                self.since_ms, self.tune = self._exchange.clock.now_ms(), ""
            self._report(kind, self.number, call_id, detail)

        call = Call(self._exchange, invite, source, plan, tune, self.recording, tell)
        if self.call is None or not self.call.is_open:
            self.call = call
        tell("invite", call.caller.user)
        return call

    def answer(self) -> None:
        if self.call:
            self.call.answer()

    def reject(self, status: int = 486) -> None:
        if self.call:
            self.call.reject(status)

    def hang_up(self) -> None:
        if self.call:
            self.call.hang_up()

    def press(self, keys: str, by: str = "") -> None:
        """Press keys, 180 ms each; `by` is "rtp", "info" or "info-plain", else as planned."""
        if self.call:
            self.call.press(keys, by)

    def play_tune(self, tune: str = "own") -> None:
        """Speak: "own" tone, a frequency in Hz, a melody's name, or "" for silence. ValueError if unknown."""
        if self.call:
            self.call.play(str(self.own_hz) if tune == "own" else tune)
            self.tune = tune

    def speak(self, pcm: bytes) -> None:
        """Say this sound (16 bit, 8 kHz) instead of the tune; it comes live, and waits at most 400 ms."""
        if self.call:
            self.call.speak(pcm)

    def mute(self, muted: bool = True) -> None:
        if self.call:
            self.call.mute(muted)

    def hold(self) -> None:
        if self.call:
            self.call.renegotiate("sendonly")

    def resume(self) -> None:
        if self.call:
            self.call.renegotiate()

    def heard(self, from_ms: int = 0, until_ms: int | None = None) -> bytes:
        """What arrived in that time, over all calls: PCM 16 bit, 8 kHz."""
        return self.recording.pcm(from_ms, until_ms)
