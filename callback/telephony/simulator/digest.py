"""Digest access authentication from the server's side (RFC 2617, RFC 3261 §22): challenge and check. Pure."""

import hmac
import re
from hashlib import md5

REALM = "carrier.simulated"
_FIELD = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^,\s]*))')


def challenge(nonce: str) -> str:
    """The value of Proxy-Authenticate."""
    return f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5, qop="auth"'


def satisfies(credentials: str, login: tuple[str, str], method: str, nonce: str) -> bool:
    """Whether the value of Proxy-Authorization proves that the caller knows the password."""
    given = {key.lower(): quoted or plain for key, quoted, plain in _FIELD.findall(credentials)}
    if given.get("username") != login[0] or given.get("nonce") != nonce or given.get("realm") != REALM:
        return False
    first = _hash(f"{login[0]}:{REALM}:{login[1]}")
    second = _hash(f"{method}:{given.get('uri', '')}")
    middle = [nonce, given.get("nc", ""), given.get("cnonce", ""), "auth"] if given.get("qop") else [nonce]
    return hmac.compare_digest(_hash(":".join([first, *middle, second])), given.get("response", ""))


def _hash(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
