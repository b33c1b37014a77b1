"""Media goes to whom signalling named, finds the way behind a NAT once, and is not hijacked."""

import pytest

from callback.media.farend import FarEnd, is_reachable

PHONE, NAT, THIEF = ("192.0.2.1", 4000), ("198.51.100.7", 61000), ("203.0.113.9", 5000)


def connected() -> FarEnd:
    far_end = FarEnd()
    far_end.signal(*PHONE)
    return far_end


def test_nobody_is_heard_before_signalling_has_spoken() -> None:
    far_end = FarEnd()
    assert not far_end.admits(THIEF)
    assert far_end.address is None


def test_the_signalled_phone_is_heard_and_nobody_else_after_it() -> None:
    far_end = connected()
    assert far_end.admits(PHONE)
    assert not far_end.admits(THIEF)
    assert far_end.admits(PHONE)
    assert far_end.address == PHONE


def test_a_phone_behind_a_nat_is_found_once() -> None:
    far_end = connected()
    assert far_end.admits(NAT)
    assert far_end.address == NAT
    assert not far_end.admits(THIEF)
    assert far_end.address == NAT


def test_who_raced_the_signalled_phone_loses_to_it() -> None:
    far_end = connected()
    assert far_end.admits(THIEF)
    assert far_end.admits(PHONE)
    assert far_end.address == PHONE
    assert not far_end.admits(THIEF)


def test_hold_and_the_same_address_again_keep_what_was_found() -> None:
    far_end = connected()
    far_end.admits(NAT)
    far_end.signal("0.0.0.0", 4000)
    far_end.signal(PHONE[0], 0)
    far_end.signal(*PHONE)
    assert far_end.address == NAT
    assert not far_end.admits(THIEF)


def test_a_new_address_is_looked_for_anew() -> None:
    far_end = connected()
    far_end.admits(PHONE)
    far_end.signal("192.0.2.2", 4002)
    assert far_end.address == ("192.0.2.2", 4002)
    assert far_end.admits(NAT)


def test_what_an_earlier_process_found_is_kept() -> None:
    far_end = connected()
    far_end.latch(NAT)
    assert far_end.address == NAT
    assert not far_end.admits(THIEF)


@pytest.mark.parametrize(("host", "port", "reachable"), [
    ("0.0.0.0", 4000, False), ("192.0.2.1", 0, False), ("192.0.2.1", 4000, True),
])  # fmt: skip
def test_hold_has_no_address(host: str, port: int, reachable: bool) -> None:
    assert is_reachable(host, port) is reachable
