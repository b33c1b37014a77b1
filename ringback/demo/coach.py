"""What to do next for the first callback, and which texts are worth sending. Pure.

1 register   Anna's SMS names her phone          4 answer   her phone rings; she dials Boris
2 prove      the code that came goes back        5 talk     Boris answers; both hear each other
3 ask        her SMS asks for a callback         6 done     hang up, look at the charge
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ringback.demo import cast
from smsgw.grammar import mask
from webapp.stage import Sms, Step, Suggestion

_CODE = re.compile(r"\bOK (\d{6})\b")
_SENT_BACK = re.compile(r"\s*OK\b", re.IGNORECASE)  # whatever else: what was sent long ago is known masked
_IDLE, _RINGING, _IN_CALL = "idle", "ringing", "in-call"


@dataclass(frozen=True, slots=True)
class Situation:
    """What the advice depends on. `asked`: a callback is under way; `talked`: one has come about."""

    verified: bool
    anna: str  # state of her phone
    boris: str
    sms: Sequence[Sms]  # on Anna's phone
    asked: bool
    talked: bool


def next_step(now: Situation) -> Step:
    """The one thing to do now."""
    match now.anna, now.boris:
        case "in-call", "in-call":
            return Step(5, "talk", "anna")
        case _, "ringing":
            return Step(5, "answer-them", "boris")
        case "in-call", _:
            return Step(4, "dial", "anna")
        case "ringing", _:
            return Step(4, "answer", "anna")
    if now.talked and not now.asked:
        return Step(6, "done", "")
    if now.asked:
        return Step(3, "wait", "")
    if now.verified:
        return Step(3, "ask", "anna")
    return Step(2, "prove", "anna") if find_code(now.sms) else Step(1, "register", "anna")


def find_code(sms: Sequence[Sms]) -> str | None:
    """The newest code that came and was not sent back yet."""
    for one in reversed(sms):
        if one.sent and _SENT_BACK.match(one.text):
            return None
        found = None if one.sent else _CODE.search(one.text)
        if found:
            return found[1]
    return None


def suggestions(now: Situation) -> tuple[Suggestion, ...]:
    """Texts worth sending from Anna's phone; the first is the one that leads on."""
    own = [one.text for one in now.sms if one.sent]
    ask = min(cast.CALL_ME, key=lambda text: _last_use(own, text))
    code = find_code(now.sms)
    first = [Suggestion("ask", ask)] if now.verified else [Suggestion("register", cast.REGISTER)]
    if code is not None:
        first.insert(0, Suggestion("prove", f"OK {code}"))
    direct = f"U.{cast.LOGIN} P.{cast.PASSWORD} T.{cast.BORIS.number.removeprefix('+')}"
    more = [Suggestion("connect", direct), Suggestion("balance", f"U.{cast.LOGIN} P.{cast.PASSWORD} B")]
    return (*first, *(more if now.verified else ()), Suggestion("help", "HELP"))


def _last_use(own: Sequence[str], text: str) -> int:
    return max((n for n, sent in enumerate(own) if sent in (text, mask(text))), default=-1)


def of_a_stranger() -> tuple[Suggestion, ...]:
    """Texts for a phone without an account."""
    return (Suggestion("help", "HELP"),)


def worth_dialling(anna: str, boris: str, typed: str = "") -> str:
    """The keys that lead on from Anna's menu; what she has begun to type is wiped out first."""
    if anna != _IN_CALL or boris != _IDLE:
        return ""
    return f"{'' if not typed or typed.endswith('#') else '*'}{cast.DIALLED}#"
