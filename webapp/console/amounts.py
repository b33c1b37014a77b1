"""Amounts of money as operators type them: plain decimals, exact to the micro-unit, never a float.

A comma is a decimal point where it can be nothing else: "10,50", but not "1,234", which is a thousand to
half the world.
"""

import re
from typing import Any

from wtforms import StringField, ValidationError

from callback.core.money import parse_money
from webapp.forms import stripped
from webapp.i18n import gettext as _

_WITH_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}", re.ASCII)


def read_amount(text: str) -> int | None:
    """Micro-units of what was typed; None if it is no amount, or nothing."""
    plain = text.strip()
    if _WITH_COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    try:
        return parse_money(plain) or None
    except ValueError:
        return None


class AmountField(StringField):  # type: ignore[misc]  # untyped upstream
    """More than nothing. `micro` is None while empty or wrong."""

    micro: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, filters=[stripped], **kwargs)

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        if validation_stopped or not self.data:
            return
        self.micro = read_amount(self.data)
        if self.micro is None:
            raise ValidationError(
                _(
                    "Write an amount above zero, such as 10.50: at most nine digits before the point "
                    "and six after it."
                )
            )
