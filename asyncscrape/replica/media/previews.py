"""Previews of tracks: a kick on each beat, and a chord and a bass in the key, as MP3.

The tempo is that of the track as nearly as whole frames allow: a loop has as many bars as it takes to be within
`NEAR` of it. Loops are kept, so tracks of one tempo and key differ by their tag only, and cost next to nothing.
"""

from __future__ import annotations

import struct
from functools import lru_cache

import numpy as np

from asyncscrape.replica.media.mp3 import FRAME, FRAME_BYTES, RATE, Samples, frames

SECONDS = 24
NEAR = 0.003
"""The largest error of the tempo, as a share of it."""

_MINOR, _MAJOR = (0, 3, 7), (0, 4, 7)
_LOWEST = 55.0
"""The lowest bass is an A."""


def preview(key: str, bpm: float, root: int, is_minor: bool) -> bytes:
    """The preview with this key. `root` is the lowest note of the chord, in semitones above C."""
    loop = _loop(bpm, root % 12, is_minor)
    total = SECONDS * RATE // FRAME * FRAME_BYTES
    return _tag(key) + (loop * (total // len(loop) + 1))[:total]


@lru_cache(2048)
def _loop(bpm: float, root: int, is_minor: bool) -> bytes:
    beats, length = _measured(bpm)
    return frames(_composed(beats, length, root, _MINOR if is_minor else _MAJOR))


def _measured(bpm: float) -> tuple[int, int]:
    """The beats of a loop, and its length in samples."""
    for beats in (4, 8, 16):
        exact = beats * 60 / bpm * RATE / FRAME
        if abs(round(exact) / exact - 1) <= NEAR:
            break
    return beats, round(exact) * FRAME


def _composed(beats: int, length: int, root: int, chord: tuple[int, ...]) -> Samples:
    """One loop. Every tone has a whole number of waves in it, so that the loop's end meets its beginning."""
    time = np.arange(length) / RATE
    since_beat = time % (length / beats / RATE)
    low = _LOWEST * 2 ** ((root - 9) % 12 / 12)
    room = np.minimum(1, since_beat * RATE * beats / length) ** 0.7
    """How loud the rest is: it gives way to the kick and swells until the next one."""
    pad = sum(_tone(low * 4 * 2 ** (step / 12), time, length) for step in chord)
    bass = _tone(low, time, length)
    kick = np.sin(2 * np.pi * (low * since_beat + 4 * (1 - np.exp(-since_beat * 30)))) * np.exp(-since_beat * 14)
    mixed: Samples = 0.6 * kick + room * (0.1 * pad + 0.2 * bass)
    return mixed


def _tone(pitch: float, time: Samples, length: int) -> Samples:
    waves = round(pitch * length / RATE)
    tone: Samples = np.sin(2 * np.pi * waves * time * RATE / length)
    return tone


def _tag(key: str) -> bytes:
    """An ID3 tag with the key as title, which makes the preview's bytes its own."""
    text = b"\x03" + key.encode()
    frame = b"TIT2" + struct.pack(">IH", len(text), 0) + text
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + size + frame
