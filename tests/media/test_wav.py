"""Prompts are read from mu-law files, and from what an operator's recorder makes."""

import io
import struct
import wave
from pathlib import Path

import pytest

from callback.media.codecs import ULAW_TO_ALAW, encode_ulaw
from callback.media.wav import BadSound, pack_wav, parse_wav, read_wav

SOUND = bytes(range(255))


def pcm(rate: int = 8000, channels: int = 1, width: int = 2) -> bytes:
    image = io.BytesIO()
    with wave.open(image, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(struct.pack("<8h", 0, 1000, -1000, 32767, -32768, 8, -8, 0))
    return image.getvalue()


def test_what_is_packed_is_parsed_again() -> None:
    assert parse_wav(pack_wav(SOUND)) == SOUND


def test_chunks_nobody_asked_for_are_passed_over() -> None:
    image = pack_wav(SOUND)
    assert parse_wav(image[:12] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + image[12:]) == SOUND


def test_a_law_and_16_bit_recordings_are_taken_too() -> None:
    image = bytearray(pack_wav(SOUND.translate(ULAW_TO_ALAW)))
    image[20] = 6
    assert len(parse_wav(bytes(image))) == len(SOUND)
    assert parse_wav(pcm()) == encode_ulaw([0, 1000, -1000, 32767, -32768, 8, -8, 0])


@pytest.mark.parametrize(("image", "fault"), [
    (b"ID3 an mp3", "not a WAV"),
    (b"RIFF\0\0\0\0WAVE", "without format or data"),
    (pack_wav(SOUND)[:30], "without format or data"),
    (pcm(rate=44_100), "8000 Hz, found 1 channel.s. at 44100"),
    (pcm(channels=2), "found 2 channel"),
    (pcm(width=1), "expected mu-law"),
])  # fmt: skip
def test_what_cannot_be_played_says_why(image: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_wav(image)


def test_a_file_is_named_in_its_fault(tmp_path: Path) -> None:
    with pytest.raises(BadSound, match=r"none\.wav: No such file"):
        read_wav(tmp_path / "none.wav")
    (tmp_path / "bad.wav").write_bytes(b"noise")
    with pytest.raises(BadSound, match=r"bad\.wav: not a WAV"):
        read_wav(tmp_path / "bad.wav")
    with (tmp_path / "huge.wav").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    with pytest.raises(BadSound, match=r"huge\.wav: larger"):
        read_wav(tmp_path / "huge.wav")
    (tmp_path / "good.wav").write_bytes(pack_wav(SOUND))
    assert read_wav(tmp_path / "good.wav") == SOUND
