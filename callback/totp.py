"""The second proof of an operator: a code of six digits that a phone makes anew every 30 s (RFC 6238).

Phone and service share a secret; the code is an HMAC of the present half minute ("step"). The secret is kept
sealed by AES-GCM under a key derived from the session key, bound to its operator, so that neither a stolen
database nor a row copied to another operator opens anything. A step is accepted once (RFC 6238 §5.2): whoever
looks over a shoulder comes too late. The only module that knows pyotp.
"""

import hashlib
import hmac
import os

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

STEP_S = 30
_SLACK_STEPS = 1  # a clock may be half a minute off, either way (RFC 6238 §5.2)
_NONCE_OCTETS = 12
_DIGITS = 6


def new_secret() -> str:
    """160 random bits as people and apps write them: base32."""
    return pyotp.random_base32()


def matching_step(secret: str, code: str, now_ms: int) -> int | None:
    """The step whose code this is, if it is the present one or a neighbour; None if it is none of them."""
    digits = "".join(code.split())
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    totp, now_step = pyotp.TOTP(secret), now_ms // 1000 // STEP_S
    for step in range(now_step - _SLACK_STEPS, now_step + _SLACK_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step), digits):
            return step
    return None


def code_at(secret: str, now_ms: int) -> str:
    """The code an authenticator shows at this instant."""
    return pyotp.TOTP(secret).generate_otp(now_ms // 1000 // STEP_S)


def address(secret: str, login: str, service: str) -> str:
    """The otpauth: address that an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=service)


def seal(session_key: bytes, operator_id: str, secret: str) -> bytes:
    """The secret as the database keeps it."""
    nonce = os.urandom(_NONCE_OCTETS)
    return nonce + _cipher(session_key).encrypt(nonce, secret.encode(), operator_id.encode())


def unseal(session_key: bytes, operator_id: str, sealed: bytes) -> str | None:
    """The secret; None if it was sealed under another key or for somebody else: it must be set up anew."""
    try:
        opened = _cipher(session_key).decrypt(
            sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], operator_id.encode()
        )
    except (InvalidTag, ValueError):
        return None
    return opened.decode()


def _cipher(session_key: bytes) -> AESGCM:
    return AESGCM(hmac.digest(session_key, b"ringback totp secrets", hashlib.sha256))
