"""The words for what operators did. An action without words shows as it is written."""

from collections.abc import Mapping
from typing import Any

from callback.store.audit import Entry
from webapp.filters import number
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext as _l

ACTIONS: Mapping[str, Any] = {
    "create-client": _l("Made this client"),
    "block-account": _l("Blocked the account"),
    "unblock-account": _l("Unblocked the account"),
    "top-up": _l("Booked a payment"),
    "correct-balance": _l("Corrected the balance"),
    "reset-password": _l("Made a new password"),
    "remove-number": _l("Removed a number"),
    "sign-out-everywhere": _l("Signed the client out everywhere"),
    "hang-up": _l("Ended a call"),
    "change-own-password": _l("Changed their own password"),
    "change-own-habits": _l("Changed their own language or time zone"),
    "end-own-sessions": _l("Ended sessions of their own"),
    "renew-own-totp": _l("Set up a new code generator"),
}
_TOLD = ("amount", "credit", "number", "reason")


def entry_words(entry: Entry, whose: bool = False) -> str:
    """What was done, and with what: "Booked a payment: 5.00 EUR, cash"; with `whose` to whom, first."""
    told = [_shown(name, entry.detail[name]) for name in _TOLD if entry.detail.get(name)]
    if whose and entry.detail.get("login"):
        told.insert(0, entry.detail["login"])
    words = str(ACTIONS.get(entry.action, entry.action))
    return _("%(deed)s: %(what)s", deed=words, what=", ".join(told)) if told else words


def _shown(name: str, value: str) -> str:
    return number(value) if name == "number" else value
