"""Keys in SIP INFO."""

import pytest

from callback.telephony.infodigit import parse


@pytest.mark.parametrize(
    ("content_type", "body", "key"),
    [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", "Duration=160\r\nsignal = #\r\n", "#"),
        ("Application/DTMF-Relay; charset=x", "Signal=11", "#"),
        ("application/dtmf-relay", "Signal=10", "*"),
        ("application/dtmf-relay", "Signal=d", "D"),
        ("application/dtmf", "7", "7"),
        ("application/dtmf", " *\r\n", "*"),
        ("application/dtmf", "12", None),
        ("application/dtmf", "", None),
        ("application/dtmf-relay", "", None),
        ("application/dtmf-relay", "Signal=E", None),
        ("application/media_control+xml", "<x/>", None),
        ("", "5", None),
    ],
)
def test_a_key_is_read_from_either_body(content_type: str, body: str, key: str | None) -> None:
    assert parse(content_type, body) == key
