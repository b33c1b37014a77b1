"""Names for requests and legs: short, unguessable enough, and sorted by their time of birth."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base32: no i, l, o, u
_TIME_CHARS = 9  # 45 bits of milliseconds: until the year 3084
_RANDOM_CHARS = 11  # 55 bits
ENTROPY_BYTES = 7


def new_id(now_ms: int, entropy: bytes) -> str:
    """Twenty characters, letters and digits only, so that they may stand in a SIP Call-ID."""
    assert len(entropy) >= ENTROPY_BYTES, "an id needs 7 random bytes"
    random = int.from_bytes(entropy[:ENTROPY_BYTES], "big") >> 1
    return _base32(now_ms, _TIME_CHARS) + _base32(random, _RANDOM_CHARS)


def _base32(value: int, chars: int) -> str:
    return "".join(_ALPHABET[(value >> 5 * place) & 31] for place in range(chars - 1, -1, -1))


def first_id_at(at_ms: int) -> str:
    """No id born at this instant or later is below it, none born earlier is above: for ranges of time."""
    return _base32(min(max(0, at_ms), 32**_TIME_CHARS - 1), _TIME_CHARS)


def leg_id(request_id: str, role: str, attempt: int) -> str:
    """`role` is "A" or "B"; attempts are counted from 1 within a role."""
    assert role in {"A", "B"} and attempt >= 1
    return f"{request_id}-{role.lower()}{attempt}"
