"""The GSM 7 bit default alphabet and its extension (3GPP TS 23.038 §6.2.1). Pure.

Septets are kept one to an octet, as SMPP carries them; packing is the radio's business.
"""

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = 0x1B
_EXTENSION = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|",
    0x65: "€",
}  # fmt: skip
_SEPTETS = {char: bytes([code]) for code, char in enumerate(_BASIC) if code != _ESCAPE} | {
    char: bytes([_ESCAPE, code]) for code, char in _EXTENSION.items()
}


def decode_gsm(octets: bytes) -> str:
    """The text. An unknown escape shows the basic character (§6.2.1.1), an octet above 127 is Latin-1."""
    text: list[str] = []
    escaped = False
    for octet in octets:
        if octet == _ESCAPE:
            text.append(" " * escaped)  # an escape to a further table that does not exist
            escaped = not escaped
            continue
        basic = _BASIC[octet] if octet < 0x80 else chr(octet)  # some centres send Latin-1 as "default"
        text.append(_EXTENSION.get(octet, basic) if escaped else basic)
        escaped = False
    return "".join(text)


def encode_gsm(text: str) -> tuple[bytes, ...] | None:
    """One or two octets for each character; None if the alphabet lacks one."""
    try:
        return tuple(_SEPTETS[char] for char in text)
    except KeyError:
        return None
