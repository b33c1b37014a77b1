"""What an SMS asks for. Pure: a text in, a command or a refusal out.

    U.login P.password R.number               register a phone
    U.login P.password [C] [F.number]         call me back, ask me whom I want
    U.login P.password T.number [F.number]    call me back and connect me
    U.login P.password B                      balance
    OK 123456                                 the code that was sent to this phone
    HELP

Keys stand in any order and case. A missing part, an empty value, a key given twice or one token not
understood refuses the whole text. A refusal never carries a word of the text: it may be a password.
"""

import re

from callback.core.commands import Balance, Command, ConfirmNumber, Help, NotYet, Register, RequestCallback
from callback.core.outcomes import Reason, Refused
from smsgw.tokens import Pair, Token, Unclosed, Word, ascii_digits, tokenise

_OWN_WORDS = frozenset({"HELP", "?", "STOP", "START", "K", "C", "B", "H", "ALL"})
_NOT_YET_KEYS = ("W", "V", "S", "Q", "D", "X")
_CODE = re.compile(r"\s*OK\s*[.:]?\s*([0-9]{6})\s*", re.IGNORECASE)
_SPEED_DIAL = re.compile(r"S[0-9]{1,2}", re.IGNORECASE)
_PHONE = re.compile(r"\+?[0-9]{3,}")
_HIDDEN = "***"
_SECRET_KEYS = frozenset("PV")
_SECRET_AHEAD = re.compile(r"[PV]\s*[.:]|\bOK", re.IGNORECASE)


def parse_command(text: str) -> Command | Refused:
    """The command in a text, or why there is none."""
    if code := _CODE.fullmatch(ascii_digits(text)):
        return ConfirmNumber(code[1])
    tokens = tokenise(text)
    pairs: dict[str, str] = {}
    words: list[str] = []
    for place, token in enumerate(tokens, 1):
        fault = _fault(token, place, pairs)
        if fault:
            return fault
        if isinstance(token, Pair):
            pairs[token.key] = token.value
        else:
            assert isinstance(token, Word), "an unclosed quotation is a fault"
            words.append(token.text)
    return _without_login(words) if not pairs else _with_login(pairs, tuple(words))


def _fault(token: Token, place: int, pairs: dict[str, str]) -> Refused | None:
    """What is wrong with one token, seen after those before it."""
    if isinstance(token, Unclosed):
        return Refused(Reason.MALFORMED, {"token": "quotation mark"})
    if isinstance(token, Pair):
        if not token.value.strip():
            return Refused(Reason.MISSING_PART, {"part": f"{token.key}."})
        if token.key in pairs:
            return Refused(Reason.MALFORMED, {"token": f"second {token.key}."})
        return None
    if token.text in _OWN_WORDS or _PHONE.fullmatch(token.text):
        return None
    return Refused(Reason.MALFORMED, {"token": f"word {place}"})


def _without_login(words: list[str]) -> Command | Refused:
    """Words alone: those that need no login, and those that would act in the sender's name."""
    match words:
        case ["HELP" | "?"]:
            return Help()
        case ["STOP" | "START" | "K" as word]:
            return NotYet(word)
        case ["K", "ALL"]:
            return NotYet("K")
        case [] | [_]:
            return Refused(Reason.MISSING_PART, {"part": "U."})
        case _:
            return Refused(Reason.MALFORMED, {"token": "word 2"})


def _with_login(pairs: dict[str, str], words: tuple[str, ...]) -> Command | Refused:
    """The command of somebody who says who he is."""
    for part in ("U", "P"):
        if part not in pairs:
            return Refused(Reason.MISSING_PART, {"part": f"{part}."})
    login, password = pairs["U"].strip().lower(), pairs["P"]
    wanted = frozenset(pairs) - {"U", "P"}
    later = [key for key in _NOT_YET_KEYS if key in wanted]
    match words:
        case () if later:
            return NotYet(later[0])
        case () if wanted == {"R"}:
            return Register(login, password, pairs["R"])
        case () | ("C",) if wanted <= {"F"}:
            return RequestCallback(login, password, source=pairs.get("F"))
        case () if "R" not in wanted:
            if _SPEED_DIAL.fullmatch(pairs["T"]):
                return NotYet("S")
            return RequestCallback(login, password, pairs["T"], pairs.get("F"))
        case ("B",) if not wanted:
            return Balance(login, password)
        case ("HELP" | "?",) if not wanted:
            return Help()
        case ("H" | "K" as word,) | ("K" as word, "ALL") if not wanted:
            return NotYet(word)
        case _:
            return Refused(Reason.MALFORMED, {"token": "combination of parts"})


def mask(text: str) -> str:
    """The text without passwords, PINs and codes; if not understood, without all that may be one."""
    command = parse_command(text)
    if isinstance(command, ConfirmNumber):
        return f"OK {_HIDDEN}"
    understood = not isinstance(command, Refused)
    shown: list[str] = []
    for token in tokenise(text):
        piece = _masked(token, understood)
        shown.append(piece)
        if piece.endswith(_HIDDEN) and not understood:
            break  # what follows a secret in a muddle may be the rest of it
    return " ".join(shown)


def _masked(token: Token, understood: bool) -> str:
    if isinstance(token, Pair):
        hidden = token.key in _SECRET_KEYS or (not understood and _SECRET_AHEAD.search(token.value))
        return f"{token.key}.{_HIDDEN if hidden else token.value}"
    if isinstance(token, Word) and (understood or token.text in _OWN_WORDS):
        return token.text
    return _HIDDEN
