"""Prompts and tones in memory, ready to be sent: the packet loop never waits for a disk twice."""

from pathlib import Path

from callback.media.codecs import ULAW_SILENCE
from callback.media.rtp import FRAME_TICKS
from callback.media.tones import PREFIX, find_tone, tone_names
from callback.media.wav import BadSound, read_wav

_MAX_KEPT_BYTES = 64 * 1024 * 1024


class Sounds:
    """Mu-law bytes by item: a WAV file's path or `tone:<name>`. A file that changed is read again."""

    def __init__(self, max_kept_bytes: int = _MAX_KEPT_BYTES) -> None:
        self._max_kept_bytes = max_kept_bytes
        self._kept: dict[str, tuple[int, bytes]] = {}
        self._kept_bytes = 0
        for name in tone_names():
            find_tone(PREFIX + name)

    def load(self, items: tuple[str, ...]) -> tuple[bytes, str]:
        """The items in one piece, whole frames, and the faults of those that had to be left out."""
        parts: list[bytes] = []
        faults: list[str] = []
        for item in items:
            try:
                parts.append(self._get(item))
            except BadSound as fault:
                faults.append(str(fault))
        sound = b"".join(parts)
        rest = -len(sound) % FRAME_TICKS
        return sound + bytes((ULAW_SILENCE,)) * rest, "; ".join(faults)

    def _get(self, item: str) -> bytes:
        if item.startswith(PREFIX):
            tone = find_tone(item)
            if tone is None:
                raise BadSound(f"{item}: there is no such tone")
            return tone
        try:
            written_ns = Path(item).stat().st_mtime_ns
        except OSError as error:
            raise BadSound(f"{item}: {error.strerror}") from error
        kept = self._kept.get(item)
        if kept is not None and kept[0] == written_ns:
            return kept[1]
        sound = read_wav(Path(item))
        if self._kept_bytes > self._max_kept_bytes:
            self._kept.clear()
            self._kept_bytes = 0
        self._kept[item] = (written_ns, sound)
        self._kept_bytes += len(sound)
        return sound
