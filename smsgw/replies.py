"""The words of every SMS we send. Pure: kind, parameters and locale in, text out.

English here; a further language is a further table, as in `replies_pl.py`. Texts fit one SMS of the GSM
alphabet (160 septets) with parameters of usual length. They say what happened and what to do next, and
never repeat a password.
"""

from collections.abc import Mapping

from callback.core.outcomes import Reason
from callback.core.sms import ReplyKind
from smsgw import replies_pl

_ENGLISH: Mapping[str, str] = {
    ReplyKind.REGISTERED: "{number} is registered. Text U.user P.pass to be called back on it.",
    ReplyKind.NUMBER_PENDING: (
        "We sent a 6-digit code to {number}. From that phone, text OK and the code within 15 minutes."
    ),
    ReplyKind.CODE_SMS: (
        "Your code is {code}. To confirm this phone, answer: OK {code}. "
        "Valid 15 minutes. If you did not ask for it, ignore this SMS."
    ),
    ReplyKind.NUMBER_VERIFIED: "{number} is confirmed. Text U.user P.pass to be called back on it.",
    ReplyKind.NUMBER_MOVED: (
        "{number} was moved from your account to another one and we no longer call it for you. "
        "If that is wrong, contact customer service."
    ),
    ReplyKind.CALLBACK_ACCEPTED: "We are calling {number} now. Please answer, then dial the number you want.",
    ReplyKind.CALLBACK_REPLACED: "We changed your request and are calling {number} now. Please answer.",
    ReplyKind.BALANCE: "Your balance is {balance}.",
    ReplyKind.HELP: (
        "Call me: U.user P.pass. Connect me: add T.number. Balance: add B. "
        "Register a phone: add R.number. Write numbers with country code."
    ),
    Reason.MALFORMED: "We did not understand your SMS ({token}). Write: U.user P.pass T.48600123456 or HELP.",
    Reason.MISSING_PART: "Your SMS has no value for {part} Write: U.user P.pass T.48600123456 or HELP.",
    Reason.BAD_CREDENTIALS: "User or password is wrong. Please check both and send your SMS again.",
    Reason.ACCOUNT_BLOCKED: "Your account is blocked. Please contact customer service.",
    Reason.TOO_MANY_TRIES: "Too many tries. Please wait a minute and send your SMS again.",
    Reason.INVALID_NUMBER: "{number} is no number we can call. Write it with country code, as 48600123456.",
    Reason.EMERGENCY_NUMBER: "We cannot connect emergency numbers. Dial {number} directly from your phone.",
    Reason.PREMIUM_NUMBER: "{number} is a premium or special number. We do not connect those.",
    Reason.NOT_YOUR_NUMBER: "{number} is not your number. Text U.user P.pass R.number to register it.",
    Reason.NUMBER_PENDING: "{number} is not confirmed yet. From it, text OK and the code we sent to it.",
    Reason.SAME_NUMBER: "{number} is the phone that we would call. Give the number you want after T.",
    Reason.NO_NUMBER: "You have no confirmed phone to ring. Text U.user P.pass R.number to register one.",
    Reason.WRONG_CODE: "That code is wrong. Check the SMS with the code and text OK and its 6 digits.",
    Reason.CODE_EXPIRED: "That code is no longer valid. Text U.user P.pass R.number to get a new one.",
    Reason.TOO_MANY_CODES: "Too many codes were asked for. Please try again tomorrow.",
    Reason.NO_CODE_THERE: "We cannot send a code to {number}. Please ask customer service to register it.",
    Reason.NO_SMS_LINK: "We send no codes by SMS. On our web page, ask for a call that reads you the code.",
    Reason.NO_RATE: "We do not offer calls to {number}. Please choose another number.",
    Reason.NO_ROUTE: "{number} cannot be reached at the moment. Please try again later.",
    Reason.BALANCE_LOW: "Your balance is too low for this call. Please top up and send your SMS again.",
    Reason.CALL_IN_SETUP: (
        "Your call is being set up or under way on {number}. Answer it, or end it and send your SMS again."
    ),
    Reason.NOT_AVAILABLE: "We understand {token} but do not offer it here. Text HELP to see what we offer.",
    Reason.SYSTEM_TROUBLE: "We have a technical problem, sorry. Please send your SMS again in a few minutes.",
}
_MORE_KNOWN: Mapping[tuple[str, str], str] = {  # kind and the parameter that not every such reply has
    (ReplyKind.CALLBACK_ACCEPTED, "destination"): (
        "We are calling {number} now. Answer to be connected to {destination}."
    ),
    (ReplyKind.CALLBACK_REPLACED, "destination"): (
        "We changed your request: answer {number} to be connected to {destination}."
    ),
    (ReplyKind.BALANCE, "held"): "Your balance is {balance}. Another {held} is held for a call under way.",
}
_UNNAMED: Mapping[str, str] = {  # what stands for a parameter that was not given
    "number": "This number",
    "token": "text",
    "part": "a key.",
    "balance": "not known",
    "code": "",
}
_LOCALES = {
    "en": (_ENGLISH, _MORE_KNOWN, _UNNAMED),
    "pl": (replies_pl.TEXTS, replies_pl.MORE_KNOWN, replies_pl.UNNAMED),
}
_VALUE_MAX = 40  # what a sender wrote is repeated only so far


def word(kind: str, params: Mapping[str, str], locale: str) -> str:
    """The text of a reply; an unknown locale is answered in English. Raises KeyError for an unknown kind."""
    texts, more_known, unnamed = _LOCALES.get(locale, _LOCALES["en"])
    fuller = (more_known[kind, name] for name in params if (kind, name) in more_known)
    template = next(fuller, texts[kind])
    shown = {key: value[:_VALUE_MAX] for key, value in params.items()}
    return template.format_map({**unnamed, **shown})


KINDS: frozenset[str] = frozenset(_ENGLISH)
"""Every kind there are words for."""
LOCALES: frozenset[str] = frozenset(_LOCALES)
"""Every language they are in."""
