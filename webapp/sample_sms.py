"""The SMS that would do the same as a page, written out for this person. A password is never filled in."""

from webapp.i18n import gettext as _


def call_me_sms(login: str, destination: str = "") -> str:
    """Ring me back, and connect me if a destination is given."""
    return _signed(login, f"T.{destination.removeprefix('+')}" if destination else "")


def register_sms(login: str, number: str = "") -> str:
    """This phone is mine. A number is written as people do in an SMS, without its plus."""
    return _signed(login, "R." + (number.removeprefix("+") or _("number")))


def _signed(login: str, wish: str) -> str:
    password = _("password")  # what is asked for inside an f-string is not gathered for translation
    return f"U.{login} P.{password} {wish}".strip()
