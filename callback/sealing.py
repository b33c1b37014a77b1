"""What keeps an SMS unreadable until its command is executed, and tells its copies apart (DESIGN 4.7).

Two keys are derived from the seal key, which lies outside the database: one seals bodies by AES-GCM, one
makes fingerprints by HMAC. A fingerprint of a short text under no key could be guessed; under a key it says
nothing. Nonces are random: good for 2^32 bodies a key (NIST SP 800-38D §8.3).
"""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEAL_KEY_OCTETS = 32
_NONCE_OCTETS = 12
_CODE_CONTEXT = b"one-time code"


class SealBroken(Exception):  # the name is the state it tells of
    """The body was changed, or sealed under another key."""

    transient = False


class Seal:
    """Seals, opens and fingerprints. Safe to share between threads."""

    def __init__(self, seal_key: bytes) -> None:
        if len(seal_key) != SEAL_KEY_OCTETS:
            raise ValueError(f"the seal key must have {SEAL_KEY_OCTETS} octets, not {len(seal_key)}")
        self._cipher = AESGCM(_derive(seal_key, b"ringback inbox body"))
        self._fingerprint_key = _derive(seal_key, b"ringback inbox fingerprint")

    def close(self, body: bytes, context: bytes) -> bytes:
        """The sealed body; it opens only beside the same context."""
        nonce = os.urandom(_NONCE_OCTETS)
        return nonce + self._cipher.encrypt(nonce, body, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """The body. Raises SealBroken."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], context)
        except (InvalidTag, ValueError) as error:
            raise SealBroken("sealed under another key, or damaged") from error

    def conceal(self, code: str) -> str:
        """A one-time code as it may lie in the database until it is sent."""
        return self.close(code.encode(), _CODE_CONTEXT).hex()

    def reveal(self, concealed: str) -> str:
        """The code that `conceal` was given. Raises SealBroken."""
        try:
            sealed = bytes.fromhex(concealed)
        except ValueError as error:
            raise SealBroken("no sealed code") from error
        return self.open(sealed, _CODE_CONTEXT).decode()

    def fingerprint(self, fields: tuple[bytes, ...]) -> bytes:
        """The same for the same fields, and only for them: each is preceded by its length."""
        message = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
        return hmac.digest(self._fingerprint_key, message, "sha256")


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)
