"""Names of a leg on the wire: Call-ID, tag and branch, all computed from the leg id and one key.

Nothing but the leg id has to be stored before an INVITE leaves: a restarted process computes the same
names and can cancel what it finds. The key makes them unguessable (RFC 3261 §19.3), and it makes a message
provably ours from the message alone, even when the database is lost. The key must survive restarts. Pure.
"""

import hmac
from hashlib import sha256

_MAC_CHARS = 24  # 96 bits
_MAGIC_COOKIE = "z9hG4bK"  # RFC 3261 §8.1.1.7


class Names:
    """The names of all legs of one installation."""

    def __init__(self, key: bytes) -> None:
        assert len(key) >= 16, "a SIP key has at least 128 bits"
        self._key = key

    def call_id(self, leg_id: str) -> str:
        return f"{leg_id}.{self._mac('call-id', leg_id)}"

    def tag(self, leg_id: str) -> str:
        return self._mac("tag", leg_id)

    def branch(self, leg_id: str, method: str, cseq: int) -> str:
        """CANCEL and the ACK of a refusal repeat the INVITE's (RFC 3261 §9.1, §17.1.1.3)."""
        return _MAGIC_COOKIE + self._mac("branch", leg_id, method, str(cseq))

    def find_leg_id(self, call_id: str, tag: str | None) -> str | None:
        """The leg a message belongs to, or None when it is a stranger's: no look-up is needed."""
        leg_id = call_id.rpartition(".")[0]
        ours = hmac.compare_digest(self.call_id(leg_id).encode(), call_id.encode())
        ours &= hmac.compare_digest(self.tag(leg_id).encode(), (tag or "").encode())
        return leg_id if ours else None

    def _mac(self, *parts: str) -> str:
        return hmac.new(self._key, "\0".join(parts).encode(), sha256).hexdigest()[:_MAC_CHARS]
