"""An SMS ready to be sent, as a link to tap and as a QR code to point another phone's camera at.

The code is SVG put into the page itself, black on white in every theme: scanners want the ground light.
"""

from urllib.parse import quote

import segno
from markupsafe import Markup

_QUIET_ZONE = 4  # modules of white around it (ISO/IEC 18004 §6.3.8)


def sms_link(number: str, text: str) -> str:
    """A link that opens the phone's SMS editor, text filled in (RFC 5724 §2.2)."""
    return f"sms:{number}?body={quote(text, safe='')}"


def sms_qr(number: str, text: str) -> Markup:
    """The same for cameras; what holds the picture says in words what it is for."""
    return text_qr(f"SMSTO:{number}:{text}")


def text_qr(text: str) -> Markup:
    """Any text for cameras, such as the address an authenticator app reads."""
    code = segno.make(text, error="m", micro=False)
    drawn = code.svg_inline(
        border=_QUIET_ZONE, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return Markup(drawn)  # noqa: S704 - made by us: paths and numbers, no text
