"""The filter of a list of calls: what stands in the address, checked field by field.

The address is the whole state: it can be kept, sent and reloaded, and an export asks with the same words. A
day is a day of the reader's clock, a number may be its beginning and written by any habit of the country.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import DateField, Form, SelectField, StringField, ValidationError

from callback.core.numbers import number_prefixes
from callback.core.results import Result
from callback.store.history import CallFilter
from webapp.call_words import RESULTS
from webapp.i18n import _
from webapp.i18n import lazy_gettext as _l

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_YEARS = range(2000, 3000)
_NUMBER_MOST = 40


class DayField(DateField):  # type: ignore[misc]  # untyped upstream
    """A day as browsers send it, 2026-11-22; None if left empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError with the words for beside the field."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        if _DAY.fullmatch(text):
            try:
                self.data = date.fromisoformat(text)
            except ValueError:
                raise ValueError(_("There is no such day.")) from None
        if self.data is None or self.data.year not in _YEARS:
            raise ValueError(_("Write the day like 2026-11-22."))


class ResultSelectField(SelectField):  # type: ignore[misc]  # untyped upstream
    def pre_validate(self, form: Form) -> None:
        if self.data not in ("", *RESULTS):
            raise ValidationError(_("There is no such result. Choose one from the list."))


class HistoryForm(Form):  # type: ignore[misc]  # untyped upstream
    """Made from `request.args`; `wanted` is the filter, or None with the words in `errors`."""

    number = StringField(_l("Number"))
    since = DayField(_l("From"), name="from")
    until = DayField(_l("To"), name="to")
    result = ResultSelectField(_l("Result"), default="")

    def __init__(self, given: Any, account_id: str | None, country: str, zone: ZoneInfo) -> None:
        super().__init__(given)
        words = [(result.value, str(word)) for result, (_tone, word) in RESULTS.items()]
        self.result.choices = [("", _("All")), *words]
        self._account_id = account_id
        self._country = country
        self._zone = zone
        self.wanted: CallFilter | None = self._filter() if self.validate() else None

    def validate_number(self, field: StringField) -> None:
        text = (field.data or "").strip()
        if text and (len(text) > _NUMBER_MOST or not number_prefixes(text, self._country)):
            raise ValidationError(_("Write digits, such as 600 316 058 or +48 600."))

    def validate_until(self, field: DayField) -> None:
        if self.since.data and field.data and field.data < self.since.data:
            raise ValidationError(_("This day is before the first one."))

    @property
    def query(self) -> Mapping[str, str]:
        """What was asked, as it stands in an address."""
        asked = {"number": self.number.data, "result": self.result.data}
        days = {"from": self.since.data, "to": self.until.data}
        texts = asked | {name: day.isoformat() for name, day in days.items() if day}
        return {name: text.strip() for name, text in texts.items() if text and text.strip()}

    def _filter(self) -> CallFilter:
        since, until, text = self.since.data, self.until.data, (self.number.data or "").strip()
        return CallFilter(
            account_id=self._account_id,
            from_ms=self._midnight_ms(since) if since else None,
            until_ms=self._midnight_ms(until + timedelta(days=1)) if until else None,
            prefixes=number_prefixes(text, self._country) if text else (),
            result=Result(self.result.data) if self.result.data else None,
        )

    def _midnight_ms(self, day: date) -> int:
        return int(datetime.combine(day, time.min, self._zone).timestamp()) * 1000
