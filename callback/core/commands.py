"""What a subscriber can ask for by SMS, as values.

The gateway's grammar makes them, `callback/intake.py` carries them out. A password or a code never shows
in a `repr`, and so never in a log or a traceback.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Register:
    """`U.login P.password R.number`: this phone is mine."""

    login: str
    password: str = field(repr=False)
    number: str  # as written; read against the account's home country


@dataclass(frozen=True, slots=True)
class RequestCallback:
    """`U.login P.password [C] [T.destination] [F.source]`: ring me back."""

    login: str
    password: str = field(repr=False)
    destination: str | None = None  # None: asked for by voice
    source: str | None = None  # which of my numbers rings; None: the default one


@dataclass(frozen=True, slots=True)
class Balance:
    """`U.login P.password B`: how much money is left?"""

    login: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConfirmNumber:
    """`OK 123456`: the one-time code, sent back from the number it went to."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Help:
    """`HELP`: which words do you understand?"""


@dataclass(frozen=True, slots=True)
class NotYet:
    """Well formed, but not offered here: answered with `Reason.NOT_AVAILABLE`."""

    key: str  # the key or word that asks for it: "V", "STOP" …


Command = Register | RequestCallback | Balance | ConfirmNumber | Help | NotYet
