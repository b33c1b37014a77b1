"""What the SMSC's answer means for an SMS of ours."""

import pytest

from callback.core.sms import ReplyKind
from smsgw.fate import Fate, fate, outlived, rest_ms, slows_down


@pytest.mark.parametrize(
    ("status", "tries", "expected"),
    [
        (0x00, 1, Fate.SENT),
        (0x58, 1, Fate.LATER),
        (0x14, 1, Fate.LATER),
        (0x08, 7, Fate.LATER),
        (0x58, 8, Fate.FAILED),
        (0x401, 1, Fate.LATER),
        (0x0B, 1, Fate.FAILED),
        (0x45, 1, Fate.LATER),
    ],
)
def test_what_passes_by_itself_is_tried_later(status: int, tries: int, expected: Fate) -> None:
    assert fate(status, tries) is expected


def test_a_throttle_slows_the_whole_link_but_a_bad_address_does_not() -> None:
    assert slows_down(0x58) and slows_down(0x14)
    assert not slows_down(0x0B)


def test_rests_double_up_to_five_minutes() -> None:
    assert [rest_ms(tries) for tries in (1, 2, 3, 9, 10, 500)] == [
        1000,
        2000,
        4000,
        256_000,
        300_000,
        300_000,
    ]


def test_a_code_is_no_news_after_its_fifteen_minutes() -> None:
    assert outlived(ReplyKind.CODE_SMS, 0, 900_001)
    assert not outlived(ReplyKind.CODE_SMS, 0, 900_000)
    assert not outlived(ReplyKind.HELP, 0, 3_600_000)
    assert outlived(ReplyKind.HELP, 0, 3_600_001)
