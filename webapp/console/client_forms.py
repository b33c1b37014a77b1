"""The forms that make a client and that do something to one."""

from typing import Any

from wtforms import PasswordField, RadioField, SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from callback import clients
from callback.clients import Fault, Unfit
from callback.core.numbers import countries, is_country, parse_number
from callback.core.outcomes import Refused
from webapp.console.amounts import AmountField
from webapp.filters import country as country_name
from webapp.forms import AddressForm, OnceForm, clean_text, stripped
from webapp.i18n import LANGUAGES
from webapp.i18n import gettext as _
from webapp.i18n import lazy_gettext as _l
from webapp.refusals import words_of
from webapp.time_zones import find_time_zone

REASON_MOST = 200
_WORDS = {
    Fault.LOGIN_UNFIT: _l("Use no space or comma, and no quotation mark in front: an SMS has to carry it."),
    Fault.LOGIN_LONG: _l("Use at most 40 characters."),
    Fault.LOGIN_TAKEN: _l("This login is taken. Choose another one."),
    Fault.PASSWORD_SHORT: _l("Use at least 6 characters and no space: an SMS has to carry it."),
    Fault.PASSWORD_LONG: _l("Use at most 64 characters."),
    Fault.PASSWORD_UNFIT: _l("Use no comma, and no quotation mark in front: an SMS has to carry it."),
    Fault.NUMBER_TAKEN: _l("This number belongs to %(login)s."),
}


class NewClientForm(OnceForm):
    """A client to be made. `validate` leaves its readings in `fit_login`, `fit_password`, `number_e164`."""

    login = StringField(
        _l("Login"), filters=[stripped], validators=[DataRequired(), Length(max=80), clean_text]
    )
    password = PasswordField(_l("Password"), validators=[Optional(), Length(max=200), clean_text])
    number = StringField(
        _l("First number"), filters=[stripped], validators=[Optional(), Length(max=40), clean_text]
    )
    credit = AmountField(_l("Opening credit"), validators=[Optional(), Length(max=40), clean_text])
    country = SelectField(_l("Country"))
    locale = SelectField(
        _l("Language"), choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()]
    )
    time_zone = StringField(
        _l("Time zone"), filters=[stripped], validators=[InputRequired(), Length(max=64), clean_text]
    )

    fit_login = ""
    fit_password = ""
    number_e164 = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country.choices = _countries()

    def validate_login(self, field: StringField) -> None:
        self.fit_login = _fit(clients.read_login(field.data))

    def validate_password(self, field: PasswordField) -> None:
        if field.data:
            self.fit_password = _fit(clients.read_password(field.data))

    def validate_number(self, field: StringField) -> None:
        if not field.data or not is_country(self.country.data or ""):
            return
        number = parse_number(field.data, self.country.data)
        if isinstance(number, Refused):
            raise ValidationError(words_of(number))
        self.number_e164 = number

    def validate_time_zone(self, field: StringField) -> None:
        found = find_time_zone(field.data)
        if found is None:
            raise ValidationError(_("We know no such time zone. Write it like Europe/Warsaw."))
        field.data = found

    def explain(self, unfit: Unfit) -> None:
        """Say beside the field what the database knew better."""
        field = self.number if unfit.fault is Fault.NUMBER_TAKEN else self.login
        field.errors = [*field.errors, str(_WORDS[unfit.fault]) % {"login": unfit.detail}]


class MoneyForm(OnceForm):
    """A payment that came in, or a correction either way."""

    kind = RadioField(
        _l("What"),
        choices=[
            SelectChoice("topup", _l("Payment received")),
            SelectChoice("credit", _l("Correction: add")),
            SelectChoice("debit", _l("Correction: take away")),
        ],
        default="topup",
    )
    amount = AmountField(_l("Amount"), validators=[DataRequired(), Length(max=40), clean_text])
    reason = StringField(
        _l("Reason"),
        filters=[stripped],
        validators=[DataRequired(), Length(max=REASON_MOST), clean_text],
    )


class SearchForm(AddressForm):
    """What stands in the address of the list."""

    q = StringField(_l("Login or number"), filters=[stripped], validators=[Length(max=80), clean_text])
    state = SelectField(
        _l("State"),
        default="",
        choices=[
            SelectChoice("", _l("All")),
            SelectChoice("active", _l("Active")),
            SelectChoice("blocked", _l("Blocked")),
        ],
    )


def _countries() -> list[SelectChoice]:
    """Every country whose numbers can be read, by name."""
    known = sorted((country_name(code), code) for code in countries())
    return [SelectChoice(code, name) for name, code in known]


def _fit(found: str | Unfit) -> str:
    if isinstance(found, Unfit):
        raise ValidationError(str(_WORDS[found.fault]))
    return found
