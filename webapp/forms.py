"""What all forms share: the texts people type are cleaned once, and a form key makes a double press harmless.

WTForms hands over whatever a client sent; `clean_text` turns lone surrogates, NULs and other control
characters away with words, because a database, a header or a log might choke on them.
"""

import secrets
import unicodedata
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, ValidationError

from webapp.i18n import lazy_gettext

_KEY_BYTES = 16
_KEY_MOST = 64


def clean_text(_form: object, field: Field) -> None:
    """Validator: text of letters, digits, signs and spaces; line breaks and tabs are let through."""
    text = field.data or ""
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t" for char in text):
        raise ValidationError(
            lazy_gettext("This holds characters that cannot be stored. Please type it anew.")
        )


def stripped(text: Any) -> Any:
    """Filter: the spaces around it go."""
    return text.strip() if isinstance(text, str) else text


class BaseForm(FlaskForm):
    """A form with its token against forgery (Flask-WTF adds it); text fields are cleaned."""

    class Meta(FlaskForm.Meta):
        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            """Every text field is cleaned, whoever writes the form."""
            return super().bind_field(form, unbound_field, options)


class AddressForm(BaseForm):
    """A form whose answers stand in the address: made from `request.args`, it changes nothing."""

    class Meta(BaseForm.Meta):
        csrf = False


class OnceForm(BaseForm):
    """A form whose second press is the first one again: the key is made with the page and sent with both."""

    form_key = HiddenField()

    @property
    def key(self) -> str:
        """The key that was sent; short enough for a row, never empty after `validate_on_submit`."""
        return str(self.form_key.data)

    def renew_key(self) -> None:
        """Shown once more, it is another wish: what its key was used for is over."""
        self.form_key.data = new_form_key()

    def validate_form_key(self, field: Field) -> None:
        if not (
            field.data and len(field.data) <= _KEY_MOST and field.data.isascii() and field.data.isalnum()
        ):
            raise ValidationError(lazy_gettext("This form is not complete. Please reload the page."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.form_key.data:
            self.form_key.data = new_form_key()


def new_form_key() -> str:
    return secrets.token_hex(_KEY_BYTES)
