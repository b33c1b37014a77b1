"""The words of every refusal on a page. A test finds no reason without them.

Like the tables for SMS (`smsgw/replies.py`) and voice: what happened, then what to do. `detail` gives values
to put in; a value that was not given is told in general terms.
"""

from collections.abc import Mapping
from typing import Any

from callback.core.numbers import format_number
from callback.core.outcomes import Reason, Refused
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext

_VALUE_MAX = 40  # what somebody wrote is repeated only so far
WORDS: Mapping[Reason, Any] = {
    Reason.MALFORMED: lazy_gettext("We did not understand this. Please check what you typed."),
    Reason.MISSING_PART: lazy_gettext("Something is missing. Please fill in every field."),
    Reason.BAD_CREDENTIALS: lazy_gettext("Login or password is wrong. Please check both."),
    Reason.ACCOUNT_BLOCKED: lazy_gettext("This account is blocked. Please contact customer service."),
    Reason.TOO_MANY_TRIES: lazy_gettext("Too many tries. Please wait a minute, then try again."),
    Reason.INVALID_NUMBER: lazy_gettext(
        "%(number)s is no number we can call. Write it with its country code, as +48 600 123 456."
    ),
    Reason.EMERGENCY_NUMBER: lazy_gettext(
        "We cannot connect emergency numbers. Dial %(number)s directly from your phone."
    ),
    Reason.PREMIUM_NUMBER: lazy_gettext(
        "%(number)s is a premium or special number. We do not connect those."
    ),
    Reason.NOT_YOUR_NUMBER: lazy_gettext("%(number)s is not among your numbers. Add it first."),
    Reason.NUMBER_PENDING: lazy_gettext(
        "%(number)s is not confirmed yet. Enter the code we sent or read to you."
    ),
    Reason.SAME_NUMBER: lazy_gettext(
        "%(number)s is the phone that we would ring. Choose another destination."
    ),
    Reason.NO_NUMBER: lazy_gettext("You have no confirmed number to ring. Add one first."),
    Reason.WRONG_CODE: lazy_gettext("That code is wrong. Please check its six digits."),
    Reason.CODE_EXPIRED: lazy_gettext("That code is no longer valid. Ask for a new one."),
    Reason.TOO_MANY_CODES: lazy_gettext("Too many codes were asked for. Please try again tomorrow."),
    Reason.NO_CODE_THERE: lazy_gettext("We send no codes to %(number)s. Please contact customer service."),
    Reason.NO_SMS_LINK: lazy_gettext("We cannot send SMS here. Ask for a call that reads you the code."),
    Reason.NO_RATE: lazy_gettext("We do not offer calls to %(number)s. Please choose another number."),
    Reason.NO_ROUTE: lazy_gettext("%(number)s cannot be reached at the moment. Please try again later."),
    Reason.BALANCE_LOW: lazy_gettext("Your balance is too low for this call. Please top up first."),
    Reason.CALL_IN_SETUP: lazy_gettext(
        "A call on %(number)s is being set up or under way. Answer it, or hang up first."
    ),
    Reason.NOT_AVAILABLE: lazy_gettext("This is not offered here."),
    Reason.SYSTEM_TROUBLE: lazy_gettext(
        "We have a technical problem, sorry. Nothing was done; please try again in a few minutes."
    ),
}


def words_of(refused: Refused) -> str:
    """What to tell the person, in the page's language."""
    known = {name: format_number(value[:_VALUE_MAX]) for name, value in refused.detail.items()}
    unnamed = {"number": _("This number")}
    return str(WORDS[refused.reason]) % {**unnamed, **known}
