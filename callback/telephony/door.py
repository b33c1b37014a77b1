"""Whether a datagram is a SIP message at all, asked before the library sees it.

sippy prints what it cannot read, numbers and credentials included, and repairs what it should refuse. Here
stands who may come in: a start line, the headers without which nothing can be answered (RFC 3261 §8.1.1),
addresses that have a beginning and an end, and a body as long as it says. Pure.
"""

import re

_SHORT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
}
_URI = r"(?:sips?|tel):[^\s<>\"\x00-\x1f]+"
_NAME_ADDR = rf'(?:"(?:[^"\\]|\\.)*"\s*|[^<>";,]*)<{_URI}>'
_PARAMETERS = r"(?:\s*;\s*[^\s;=<>\"]+(?:\s*=\s*(?:\"[^\"]*\"|[^\s;<>\"]+))?)*"
_ADDRESS = re.compile(rf"(?:{_NAME_ADDR}|(?:sips?|tel):[^\s<>\";,]+){_PARAMETERS}")
_HOST_PORT = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?"
_VIA = re.compile(rf"SIP\s*/\s*2\.0\s*/\s*[A-Za-z]+\s+{_HOST_PORT}{_PARAMETERS}")
_ROUTE = re.compile(rf"{_NAME_ADDR}{_PARAMETERS}")
_REQUEST = re.compile(rf"([A-Z]{{1,20}}) ({_URI}) SIP/2\.0")
_RESPONSE = re.compile(r"SIP/2\.0 [1-6]\d\d(?: [^\x00-\x08\x0a-\x1f]*)?")
_CSEQ = re.compile(r"(\d{1,10})\s+([A-Z]{1,20})")
_CALL_ID = re.compile(r"[!-~]+")
_URI_HOST = re.compile(rf"(?:sips?:(?:[^@]*@)?{_HOST_PORT}(?:[;?].*)?|tel:.+)", re.IGNORECASE)
_ONCE = ("from", "to", "call-id", "cseq")


def is_message(data: bytes) -> bool:
    """False for what is to be dropped: keep-alives, scans, torn and senseless messages."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    head, blank, body = text.partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    if not blank or not (_REQUEST.fullmatch(start) or _RESPONSE.fullmatch(start)):
        return False
    headers = _read_headers(lines)
    if headers is None or any(len(headers.get(name, ())) != 1 for name in _ONCE):
        return False
    return (
        _fits(_CALL_ID, headers["call-id"])
        and _has_sense(start, headers["cseq"][0])
        and _fits(_VIA, _each(headers.get("via", [])), at_least=1)
        and all(_fits(_ADDRESS, headers[name]) and _points(headers[name]) for name in ("from", "to"))
        and _fits(_ROUTE, _each(headers.get("route", []) + headers.get("record-route", [])))
        and _has_its_length(headers.get("content-length", []), len(body.encode()))
        and (start.startswith("SIP/") or _points([start.split(" ")[1]]))
    )


def _read_headers(lines: list[str]) -> dict[str, list[str]] | None:
    headers: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in lines:
        if line[:1] in (" ", "\t"):  # folded (RFC 3261 §7.3.1)
            if values is None:
                return None
            values[-1] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        key = name.strip().lower()
        if not colon or not key or "\x00" in line:
            return None
        values = headers.setdefault(_SHORT.get(key, key), [])
        values.append(value.strip())
    return headers


def _has_sense(start: str, cseq: str) -> bool:
    found = _CSEQ.fullmatch(cseq)
    if found is None or int(found[1]) >= 1 << 31:
        return False
    return start.startswith("SIP/") or start.startswith(found[2] + " ")


def _has_its_length(lengths: list[str], body_bytes: int) -> bool:
    if not lengths:
        return True
    return len(lengths) == 1 and lengths[0].isdecimal() and int(lengths[0]) <= body_bytes


def _each(values: list[str]) -> list[str]:
    """The elements of comma-separated headers; no comma stands inside the brackets of a sane one."""
    return [element.strip() for value in values for element in value.split(",")]


def _fits(pattern: re.Pattern[str], values: list[str], at_least: int = 0) -> bool:
    return len(values) >= at_least and all(pattern.fullmatch(value) for value in values)


def _points(addresses: list[str]) -> bool:
    """Whether each URI has a host that can be one."""
    for address in addresses:
        _, bracket, rest = address.partition("<")
        uri = rest.partition(">")[0] if bracket else address.partition(";")[0].strip()
        if not _URI_HOST.fullmatch(uri):
            return False
    return True
