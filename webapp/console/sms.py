"""The log of SMS: what came in, what was understood or why it was refused, and what went out.

The address is the filter. Nothing secret is here: the texts are masked, passwords and codes are erased.
"""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import Length

from callback.core.numbers import parse_number
from callback.store import sms_log
from callback.store.sms_log import Direction, SmsFilter, Sort, parse_place
from webapp.auth import operator_only
from webapp.console.sms_words import SORTS, meaning, tone
from webapp.forms import AddressForm, clean_text, stripped
from webapp.history_form import DayField
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext as _l
from webapp.i18n import time_zone_now
from webapp.parts import the_parts

blueprint = Blueprint("console_sms", __name__, url_prefix="/operator/sms")

_NUMBER_MOST = 40
_SPACES = re.compile(r"\s+")


class SmsForm(AddressForm):
    """Made from `request.args`."""

    number = StringField(_l("Number"), filters=[stripped], validators=[Length(max=_NUMBER_MOST), clean_text])
    day = DayField(_l("Day"))
    direction = SelectField(
        _l("Direction"),
        default="",
        choices=[
            SelectChoice("", _l("Both")),
            SelectChoice("in", _l("Received")),
            SelectChoice("out", _l("Sent by us")),
        ],
    )
    outcome = SelectField(
        _l("Outcome"),
        default="",
        choices=[
            SelectChoice("", _l("All")),
            *(SelectChoice(sort.value, word) for sort, word in SORTS.items()),
        ],
    )

    def validate_outcome(self, field: SelectField) -> None:
        sent = (Sort.SENT, Sort.FAILED)
        if field.data and self.direction.data == "in" and field.data in sent:
            raise ValidationError(_("What we receive is never sent or failed. Choose another outcome."))

    @property
    def query(self) -> Mapping[str, str]:
        """What was asked, as it stands in an address."""
        asked: dict[str, Any] = {
            "number": self.number.data,
            "day": self.day.data.isoformat() if self.day.data else "",
            "direction": self.direction.data,
            "outcome": self.outcome.data,
        }
        return {name: text for name, text in asked.items() if text}

    @property
    def wanted(self) -> SmsFilter:
        from_ms = until_ms = None
        if self.day.data:
            midnight = datetime.combine(self.day.data, time.min, time_zone_now())
            next_one = datetime.combine(self.day.data + timedelta(days=1), time.min, time_zone_now())
            from_ms, until_ms = int(midnight.timestamp()) * 1000, int(next_one.timestamp()) * 1000
        return SmsFilter(
            phones=_ways_to_write(self.number.data) if self.number.data else (),
            direction=Direction(self.direction.data) if self.direction.data else None,
            sort=Sort(self.outcome.data) if self.outcome.data else None,
            from_ms=from_ms,
            until_ms=until_ms,
        )


@blueprint.get("")
@operator_only
def log() -> ResponseReturnValue:
    form = SmsForm(request.args)
    if not form.validate():
        return render_template("console/sms.html", form=form, page=None), 400
    before, after = (parse_place(request.args.get(name, "")) for name in ("before", "after"))
    with the_parts().store.read() as session:
        page = sms_log.page(session, form.wanted, before=before, after=after)
    return render_template("console/sms.html", form=form, page=page, meaning=meaning, tone=tone)


def _ways_to_write(text: str) -> tuple[str, ...]:
    """As carriers may have written it: with plus, without, or just so (short codes, names)."""
    number = parse_number(text, the_parts().config.service.country)
    plain = _SPACES.sub("", text)
    e164 = (number, number.removeprefix("+")) if isinstance(number, str) else ()
    return tuple(dict.fromkeys((*e164, plain, text)))
