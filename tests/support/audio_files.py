"""Audio files, made bit by bit: good ones, and ones that lie."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
Wave = NDArray[np.float64]


def tone(hertz: float, seconds: float, rate: int = RATE, level: float = 0.5) -> Wave:
    return level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def beats(bpm: float, seconds: float, rate: int = RATE) -> Wave:
    """A drum on each beat, louder on the first of four, a cymbal between, and a chord of A minor."""
    wave = np.zeros(int(seconds * rate))
    time = np.arange(int(0.2 * rate)) / rate
    drum = np.sin(2 * np.pi * (50 * time + 4 * (1 - np.exp(-time * 30)))) * np.exp(-time * 14)
    cymbal = np.random.default_rng(0).standard_normal(len(time)) * np.exp(-time * 60)
    for beat in range(int(seconds * bpm / 60) + 1):
        for place, sound in ((beat, 0.5 * drum), (beat + 0.5, 0.1 * cymbal)):
            start = int(place * 60 / bpm * rate)
            room = wave[start : start + len(time)]
            room += sound[: len(room)]
    return wave + sum(tone(hertz, seconds, rate, 0.05) for hertz in (110.0, 220.0, 261.63, 329.63))


def wav(wave: Wave, rate: int = RATE, *, channels: int = 1, claimed: int | None = None) -> bytes:
    """A WAV file of 16 bits, each channel the same; it may claim another number of frames than it has."""
    data = np.repeat((np.clip(wave, -1, 1) * 32767).astype("<i2")[:, None], channels, axis=1).tobytes()
    return wav_of(data, rate, channels, 2, 1, claimed)


def float_wav(wave: Wave, rate: int = RATE) -> bytes:
    """A WAV file of 32 bits, which can hold anything."""
    return wav_of(wave.astype("<f4").tobytes(), rate, 1, 4, 3, None)


def wav_of(data: bytes, rate: int, channels: int, width: int, kind: int, claimed: int | None) -> bytes:
    size = len(data) if claimed is None else claimed * channels * width
    frame = channels * width
    told = struct.pack("<HHIIHH", kind, channels, rate, rate * frame & 0xFFFFFFFF, frame, 8 * width)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + size)
        + b"WAVEfmt \x10\0\0\0"
        + told
        + b"data"
        + struct.pack("<I", size)
        + data
    )


def flac(wave: Wave, rate: int = RATE, *, claimed: int | None = None) -> bytes:
    """A FLAC file of one channel, with its samples as they are."""
    values = (np.clip(wave, -1, 1) * 32767).astype(">i2")
    blocks = [values[start : start + BLOCK] for start in range(0, len(values), BLOCK)]
    frames = (flac_frame(number, len(block), b"\x02" + block.tobytes()) for number, block in enumerate(blocks))
    return flac_head(BLOCK, rate, len(values) if claimed is None else claimed) + b"".join(frames)


def silent_flac(seconds: int, rate: int = RATE) -> bytes:
    """A FLAC file that says only once in a frame that all its samples are zero."""
    frames = (flac_frame(number, LARGEST_BLOCK, b"\0\0\0") for number in range(seconds * rate // LARGEST_BLOCK))
    return flac_head(LARGEST_BLOCK, rate, seconds * rate // LARGEST_BLOCK * LARGEST_BLOCK) + b"".join(frames)


BLOCK, LARGEST_BLOCK = 4096, 65_535


def flac_head(block: int, rate: int, frames: int) -> bytes:
    told = rate << 44 | 0 << 41 | 15 << 36 | frames  # one channel of 16 bits
    info = struct.pack(">HH", block, block) + bytes(6) + told.to_bytes(8) + bytes(16)
    return b"fLaC\x80" + len(info).to_bytes(3) + info


def flac_frame(number: int, samples: int, subframe: bytes) -> bytes:
    """One frame; the rate stands in the head of the file."""
    head = b"\xff\xf8\x70\x08" + in_utf8(number) + struct.pack(">H", samples - 1)
    frame = head + bytes([checksum(head, 8, 0x07)]) + subframe
    return frame + checksum(frame, 16, 0x8005).to_bytes(2)


def in_utf8(number: int) -> bytes:
    return chr(number).encode("utf-8", "surrogatepass")


def checksum(data: bytes, bits: int, polynomial: int) -> int:
    rest, table = 0, checksums(bits, polynomial)
    for byte in data:
        rest = (rest << 8 & (1 << bits) - 1) ^ table[rest >> bits - 8 ^ byte]
    return rest


@cache
def checksums(bits: int, polynomial: int) -> list[int]:
    return [*_checksums(bits, polynomial)]


def _checksums(bits: int, polynomial: int) -> Iterator[int]:
    for byte in range(256):
        rest = byte << bits - 8
        for _ in range(8):
            rest = rest << 1 ^ (polynomial | 1 << bits if rest >> bits - 1 else 0)
        yield rest & (1 << bits) - 1
