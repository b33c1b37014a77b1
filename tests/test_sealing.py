"""Sealed bodies open only for us; fingerprints say nothing and are never alike by accident."""

import pytest

from callback.sealing import Seal, SealBroken

SEAL_KEY = bytes(range(32))


def test_a_sealed_body_opens_beside_its_own_context_only() -> None:
    seal = Seal(SEAL_KEY)
    sealed = seal.close(b"P.secret", b"here")
    assert b"secret" not in sealed
    assert seal.open(sealed, b"here") == b"P.secret"
    with pytest.raises(SealBroken):
        seal.open(sealed, b"there")


def test_a_concealed_code_is_read_by_us_alone() -> None:
    seal = Seal(SEAL_KEY)
    concealed = seal.conceal("123456")
    assert "123456" not in concealed != seal.conceal("123456")
    assert seal.reveal(concealed) == "123456"
    for spoilt in ("123456", "no hex", concealed[:-2]):
        with pytest.raises(SealBroken):
            seal.reveal(spoilt)


@pytest.mark.parametrize("spoilt", [b"", b"short", b"x" * 60])
def test_a_damaged_body_does_not_open(spoilt: bytes) -> None:
    with pytest.raises(SealBroken):
        Seal(SEAL_KEY).open(spoilt, b"")


def test_another_key_opens_nothing_and_makes_other_fingerprints() -> None:
    mine, other = Seal(SEAL_KEY), Seal(bytes(32))
    with pytest.raises(SealBroken):
        other.open(mine.close(b"body", b""), b"")
    assert mine.fingerprint((b"a",)) != other.fingerprint((b"a",))


def test_fields_cannot_flow_into_each_other() -> None:
    seal = Seal(SEAL_KEY)
    assert seal.fingerprint((b"ab", b"c")) != seal.fingerprint((b"a", b"bc"))
    assert seal.fingerprint((b"ab", b"c")) == seal.fingerprint((b"ab", b"c"))


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 octets, not 5"):
        Seal(b"short")
