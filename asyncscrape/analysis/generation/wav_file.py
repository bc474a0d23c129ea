"""Sounds as WAV files of 16 bits."""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
"""Samples a second."""
LOUDEST = 32_767
BLOCK = 1 << 18
"""Samples that are converted at once."""

Samples = NDArray[np.float32]
"""From -1 to 1; a row for each sample where there are two channels."""


def wav(sound: Samples) -> bytes:
    """The file of a sound with one channel, or with a column for each."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1 if sound.ndim == 1 else sound.shape[1])
        out.setsampwidth(2)
        out.setframerate(RATE)
        for begin in range(0, len(sound), BLOCK):
            some = np.clip(sound[begin : begin + BLOCK], -1, 1)
            out.writeframes(np.rint(some * LOUDEST).astype("<i2").tobytes())
    return file.getvalue()
