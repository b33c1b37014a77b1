"""Items become one piece of sound; what cannot be read is left out and named."""

import os
from pathlib import Path

from callback.media.sounds import Sounds
from callback.media.wav import pack_wav


def test_items_follow_each_other_in_whole_frames(tmp_path: Path) -> None:
    for name, sound in (("one", b"\x01" * 100), ("two", b"\x02" * 100)):
        (tmp_path / f"{name}.wav").write_bytes(pack_wav(sound))
    items = (str(tmp_path / "one.wav"), str(tmp_path / "two.wav"))
    assert Sounds().load(items) == (b"\x01" * 100 + b"\x02" * 100 + b"\xff" * 120, "")


def test_a_missing_prompt_is_named_and_the_rest_is_heard(tmp_path: Path) -> None:
    sound, fault = Sounds().load((str(tmp_path / "none.wav"), "tone:birdsong", "tone:beep"))
    assert len(sound) == 1600
    assert "none.wav: No such file" in fault
    assert "tone:birdsong: there is no such tone" in fault


def test_memory_for_prompts_has_a_bound(tmp_path: Path) -> None:
    sounds, path = Sounds(max_kept_bytes=100), tmp_path / "prompt.wav"
    for sound in (b"\x01" * 160, b"\x02" * 160, b"\x03" * 160):
        path.write_bytes(pack_wav(sound))
        os.utime(path, ns=(sound[0], sound[0]))
        assert sounds.load((str(path),)) == (sound, "")


def test_a_prompt_is_read_once_unless_it_changes(tmp_path: Path) -> None:
    sounds, path = Sounds(), tmp_path / "prompt.wav"
    path.write_bytes(pack_wav(b"\x01" * 160))
    os.utime(path, ns=(1, 1))
    assert sounds.load((str(path),))[0] == b"\x01" * 160
    path.write_bytes(pack_wav(b"\x02" * 160))
    os.utime(path, ns=(1, 1))
    assert sounds.load((str(path),))[0] == b"\x01" * 160, "nothing said that it changed"
    os.utime(path, ns=(2, 2))
    assert sounds.load((str(path),))[0] == b"\x02" * 160
