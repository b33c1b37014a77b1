"""What an SMS asks for. Pure: a text in, a command or a refusal out.

    U.login P.password R.number               register a phone
    U.login P.password [C] [F.number]         call me back, ask me whom I want
    U.login P.password T.number [F.number]    call me back and connect me
    U.login P.password B                      balance
    OK 123456                                 the code that was sent to this phone
    HELP

Keys stand in any order and case. A missing part, an empty value, a key given twice or one token not
understood refuses the whole text. A refusal never carries a word of the text: it may be a password. What
people get wrong most, spaces in a number and a code of the wrong length, is named to them.
"""

import re

from callback.core.commands import Balance, Command, ConfirmNumber, Help, NotYet, Register, RequestCallback
from callback.core.outcomes import Reason, Refused
from callback.core.texted import as_texted
from smsgw.tokens import Pair, Token, Unclosed, Word, tokenise

_OWN_WORDS = frozenset({"HELP", "?", "STOP", "START", "K", "C", "B", "H", "ALL"})
_NOT_YET_KEYS = ("W", "V", "S", "Q", "D", "X")
_CODE = re.compile(r"\s*OK[\s.,:]*([0-9][0-9\s-]*)[\s.,!]*", re.IGNORECASE)
_CODE_DIGITS = 6
_SPEED_DIAL = re.compile(r"S[0-9]{1,2}", re.IGNORECASE)
_PHONE = re.compile(r"\+?[0-9]{3,}")
_NUMBER_KEYS = frozenset("RTFDXQ")
_GROUP = re.compile(r"[0-9().-]+")
_NO_LETTERS = re.compile(r"[0-9\s.:=()/+-]+")
_HIDDEN = "***"
_SECRET_KEYS = frozenset("PV")


def parse_command(text: str) -> Command | Refused:
    """The command in a text, or why there is none."""
    if code := _CODE.fullmatch(as_texted(text)):
        digits = "".join(filter(str.isdigit, code[1]))
        return ConfirmNumber(digits) if len(digits) == _CODE_DIGITS else Refused(Reason.WRONG_CODE)
    tokens = tokenise(text)
    pairs: dict[str, str] = {}
    words: list[str] = []
    for place, token in enumerate(tokens, 1):
        if place > 1 and _goes_on(tokens[place - 2], token):
            return Refused(Reason.MALFORMED, {"token": "spaces in a number"})
        fault = _fault(token, place, pairs)
        if fault:
            return fault
        if isinstance(token, Pair):
            pairs[token.key] = token.value
        else:
            assert isinstance(token, Word), "an unclosed quotation is a fault"
            words.append(token.text)
    return _without_login(words) if not pairs else _with_login(pairs, tuple(words))


def _goes_on(before: Token, token: Token) -> bool:
    """Whether a word is the rest of a number that was written in groups: `T.22 123 49 99`."""
    a_number = isinstance(before, Pair) and before.key in _NUMBER_KEYS and bool(before.value.strip())
    return a_number and isinstance(token, Word) and _GROUP.fullmatch(token.text) is not None


def _fault(token: Token, place: int, pairs: dict[str, str]) -> Refused | None:
    """What is wrong with one token, seen after those before it."""
    if isinstance(token, Unclosed):
        return Refused(Reason.MALFORMED, {"token": "quotation mark"})
    if isinstance(token, Pair):
        if not token.value.strip():
            return Refused(Reason.MISSING_PART, {"part": f"{token.key}. (no space after it)."})
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
    if _stands_twice(password, pairs):
        return Refused(Reason.MALFORMED, {"token": "password twice"})
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


def _stands_twice(password: str, pairs: dict[str, str]) -> bool:
    """Whether the password was also given as a number: a refusal of that number would repeat it."""
    if _NO_LETTERS.fullmatch(password):
        return False  # a password of digits may happen to be somebody's number
    return any(password.lower() in pairs[key].lower() for key in _NUMBER_KEYS & pairs.keys())


def mask(text: str, *, proven: bool = True) -> str:
    """The text without passwords, PINs and codes; if not understood, without all that may be one.

    Not `proven`: the login or the password was wrong, and people who exchange the two write `U.password`.
    """
    command = parse_command(text)
    if isinstance(command, ConfirmNumber):
        return f"OK {_HIDDEN}"
    muddled = isinstance(command, Refused)
    shown: list[str] = []
    for token in tokenise(text):
        piece = _masked(token, understood=proven and not muddled)
        shown.append(piece)
        if muddled and (piece == _HIDDEN or piece[0] in _SECRET_KEYS):
            break  # what follows may be the rest of a secret
    return " ".join(shown)


def _masked(token: Token, *, understood: bool) -> str:
    if isinstance(token, Pair):
        return f"{token.key}.{token.value if _is_harmless(token, understood) else _HIDDEN}"
    if isinstance(token, Word) and (understood or token.text in _OWN_WORDS):
        return token.text
    return _HIDDEN


def _is_harmless(pair: Pair, understood: bool) -> bool:
    """Whether a value may be seen: a login that was right, and numbers in a text that made sense."""
    if not understood or pair.key in _SECRET_KEYS:
        return False
    a_number = _NO_LETTERS.fullmatch(pair.value) or _SPEED_DIAL.fullmatch(pair.value)
    return pair.key == "U" or a_number is not None
