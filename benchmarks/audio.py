"""Measures the analysis of audio files on pieces whose tempo, key and loudness are known.

    python benchmarks/audio.py                         the goals, on 400 pieces that nothing was tuned on
    python benchmarks/audio.py --only loudness --pieces 200 --seed 2000

The weights of the tempo and the profiles of the keys were found on seed 1000, and looked at on seed 2000. It needs
the extra `audio`, and pyloudnorm for the loudness (see peers.txt).
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from audio_goals import LEVELS, Goal, is_near, mirex, pitch, share_near, tempo_goals
from audio_pieces import RATE, MadePiece, pieces
from numpy.typing import NDArray

from asyncscrape.analysis.audio.decoding import Announced, AudioFile
from asyncscrape.analysis.audio.features import features_in, features_of
from asyncscrape.analysis.audio.measured import Features
from asyncscrape.analysis.audio.workers import Workers
from asyncscrape.musical_keys import at_pitch
from asyncscrape.replica.media.previews import preview

UNSEEN = 9000
PIECE = 1 << 16
PARTS = ("moved", "loudness", "previews", "costs")
"""What is measured besides tempo and key."""


class Heard(NamedTuple):
    """What is true of a piece, and what was told about it."""

    piece: MadePiece
    """Without its samples."""
    key: str
    features: Features
    moved: bool | None
    """Whether its key moves with it; None if that was not tried."""
    louder: float | None
    """LU above what pyloudnorm tells."""


def heard(asked: argparse.Namespace) -> Iterator[Heard]:
    """What is told about made pieces."""
    meter = loudness_meter(RATE) if "loudness" in asked.only else None
    for number, piece in enumerate(pieces(asked.pieces, asked.seed)):
        features = features_of(as_file(piece.samples))
        moved = moves(piece, features, number) if "moved" in asked.only and number < asked.pieces / 2 else None
        louder = None
        if meter is not None and features.loudness_lufs is not None:
            louder = features.loudness_lufs - meter(piece.samples.astype(np.float64))
        key = at_pitch(piece.root, piece.mode == "major").name
        yield Heard(piece._replace(samples=np.zeros(0, np.float32)), key, features, moved, louder)


def as_file(samples: NDArray[np.float32]) -> AudioFile:
    """Samples, as if they had been decoded."""
    parts = (samples[start : start + PIECE] for start in range(0, len(samples), PIECE))
    return AudioFile(Announced(RATE, samples.shape[1], len(samples)), parts)


def loudness_meter(rate: int) -> Callable[[NDArray[np.float64]], float]:
    """The measurement of pyloudnorm."""
    import pyloudnorm

    measure: Callable[[NDArray[np.float64]], float] = pyloudnorm.Meter(rate).integrated_loudness
    return measure


def moves(piece: MadePiece, features: Features, number: int) -> bool:
    """Whether the key moves with the piece, played faster or slower by some semitones."""
    if features.key is None:
        return False
    steps = (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)[number % 10]
    places = np.arange(0, len(piece.samples) - 1, 2 ** (steps / 12))
    sides = [np.interp(places, np.arange(len(side)), side) for side in piece.samples.T]
    tonic, major = pitch(features.key)
    moved = features_of(as_file(np.stack(sides, axis=1).astype(np.float32)))
    return moved.key == at_pitch((tonic + steps) % 12, major).name


def goals(found: Sequence[Heard]) -> Iterator[Goal]:
    """The goals on made pieces."""
    yield from tempo_goals([(one.features.tempo, one.piece.bpm) for one in found])
    yield Goal("key, weighted as by MIREX", float(np.mean([weight(one) for one in found])), 0.85)
    clear = [weight(one) for one in found if one.piece.clear]
    yield Goal(f"the same for {len(clear)} clear pieces", float(np.mean(clear)), 0.95)
    if moved := [one.moved for one in found if one.moved is not None]:
        yield Goal(f"keys of {len(moved)} pieces that move with them", float(np.mean(moved)), 0.95)
        clear_moved = [one.moved for one in found if one.moved is not None and one.piece.clear]
        yield Goal(f"the same for {len(clear_moved)} clear pieces", float(np.mean(clear_moved)), 0.95)
    if louder := [abs(one.louder) for one in found if one.louder is not None]:
        yield Goal("largest difference from pyloudnorm, LU", max(louder), 0.1, at_most=True)
        print(f"    median difference from pyloudnorm: {np.median(louder):.3f} LU")


def weight(one: Heard) -> float:
    """The weight of the key that was told."""
    return mirex(one.features.key, one.key)


def print_styles(found: Sequence[Heard]) -> None:
    """How many tempos and keys of each style are right, and how sure the right and the wrong ones are."""
    for style in dict.fromkeys(one.piece.style for one in found):
        own = [one for one in found if one.piece.style == style]
        tempo = np.mean([is_near(one.features.tempo, one.piece.bpm) for one in own])
        print(f"    {style:14} tempo {tempo:.2f}   key {np.mean([weight(one) for one in own]):.2f}")
    for right in (True, False):
        sure = [
            one.features.tempo_confidence
            for one in found
            if one.features.tempo_confidence is not None and is_near(one.features.tempo, one.piece.bpm) is right
        ]
        if sure:
            print(
                f"    confidence of {len(sure)} {'right' if right else 'wrong'} tempos: median {np.median(sure):.2f}"
            )


# The replica, and time


def previews(folder: Path) -> Iterator[Goal]:
    """Tempo and key of previews as the replica serves them."""
    random = np.random.default_rng(7)
    tempos, keys = [], []
    for number in range(48):
        bpm, root, minor = float(random.integers(80, 180)), number % 12, number % 4 != 0
        path = folder / "preview.mp3"
        path.write_bytes(preview(str(number), bpm, root, minor))
        features = features_in(path)
        tempos.append((features.tempo, bpm))
        keys.append(mirex(features.key, at_pitch(root, not minor).name))
    print(f"previews of the replica: tempo {share_near(tempos):.3f}, at any level {share_near(tempos, LEVELS):.3f}")
    yield Goal("key of the replica's previews, weighted", float(np.mean(keys)), 0.85)


def costs(folder: Path, piece: MadePiece) -> Iterator[Goal]:
    """Processor time and memory for two minutes of stereo, and of an MP3."""
    path = folder / "two minutes.wav"
    write_wav(path, np.concatenate([piece.samples] * 4))
    times = []
    for _ in range(9):
        begun = time.process_time()
        features_in(path)
        times.append(time.process_time() - begun)
    print(f"two minutes of WAV: {', '.join(f'{one:.2f}' for one in times)} seconds of CPU")
    yield Goal("CPU seconds for two minutes, the least of nine", min(times), 0.5, at_most=True)
    long = folder / "ten minutes.wav"
    write_wav(long, np.concatenate([piece.samples] * 20))
    with Workers(1) as workers:
        workers.measure(long)
        told = Path(f"/proc/{workers.idle[0].pid}/status").read_text()
    most = float(re.findall(r"VmHWM:\s+(\d+)", told)[0]) / 1000
    yield Goal("MB of the process after ten minutes, its file included", most, 512, at_most=True)


def write_wav(path: Path, samples: NDArray[np.float32]) -> None:
    """Write samples as a WAV file of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def main() -> None:
    """Print each goal with what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pieces", type=int, default=400)
    parser.add_argument("--seed", type=int, default=UNSEEN)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    asked = parser.parse_args()
    found = [*heard(asked)]
    print(f"{len(found)} pieces of seed {asked.seed}")
    print(*goals(found), sep="\n", flush=True)
    print_styles(found)
    with tempfile.TemporaryDirectory() as folder:
        if "previews" in asked.only:
            print(*previews(Path(folder)), sep="\n", flush=True)
        if "costs" in asked.only:
            print(*costs(Path(folder), next(pieces(1, asked.seed))), sep="\n")


if __name__ == "__main__":
    main()
