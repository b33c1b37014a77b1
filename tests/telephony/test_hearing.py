"""What a simulated phone remembers of what it heard: enough to judge a call, and never without end."""

from callback.telephony.simulator.hearing import Recording

FRAME_MS, FRAME_BYTES = 20, 320
TEN_MINUTES = 30_000


def test_the_last_of_it_is_what_came_last() -> None:
    recording = Recording()
    for n in range(5):
        recording.add(n * FRAME_MS, bytes([n]) * FRAME_BYTES)
    assert recording.last_ms(30) == b"\3" * (FRAME_BYTES // 2) + b"\4" * FRAME_BYTES
    assert recording.last_ms(0) == b""
    assert recording.last_ms(1000) == recording.pcm(), "there is no more"


def test_ten_minutes_are_kept_and_listeners_hear_on() -> None:
    heard: list[bytes] = []
    recording = Recording(listeners=[heard.append])
    for n in range(TEN_MINUTES + 7):
        recording.add(n * FRAME_MS, b"\0\1")
    assert len(recording.frames) == TEN_MINUTES
    assert recording.frames[0][0] == 7 * FRAME_MS
    assert len(heard) == TEN_MINUTES + 7
