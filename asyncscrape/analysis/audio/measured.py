"""What is told about an audio file: its features, or why there are none."""

from __future__ import annotations

from typing import Any

import msgspec

VERSION = "1"
"""Of the measurement: what was measured by another one is measured anew."""


class Level(msgspec.Struct, frozen=True):
    """Another tempo at which people may count the same piece."""

    bpm: float
    score: float
    """As a share of the score of the tempo that is told."""


class Features(msgspec.Struct, frozen=True, tag="features", kw_only=True):
    """What an audio file holds. None is what it does not tell."""

    duration_seconds: float
    analysed_seconds: float
    """The first ten minutes at most."""
    sample_rate: int
    channels: int
    tempo: float | None
    """Beats a minute."""
    tempo_confidence: float | None
    """From 0 to 1: how likely the tempo is the one that people count, as opposed to half or twice of it."""
    tempo_levels: tuple[Level, ...]
    """Other tempos that fit, best first."""
    beat_strength: float | None
    """From 0 to 1: how alike the beats are."""
    key: str | None
    """"Ab minor"."""
    camelot: str | None
    """"1A"."""
    key_confidence: float | None
    """From 0 to 1: how far the key is ahead of the next best."""
    key_next: str | None
    """The next best key."""
    tuning_cents: float | None
    """How far it is tuned above 440 Hz."""
    loudness_lufs: float | None
    loudness_range_lu: float | None
    peak_db: float
    """The largest sample, below full scale; between samples it may be higher."""
    spectral_centroid_hz: float
    spectral_bandwidth_hz: float
    spectral_rolloff_hz: float
    """85 % of the sum of magnitudes lie below."""
    spectral_flatness: float
    """From a tone (0) to noise (1)."""
    onsets_per_second: float
    percussive_share: float
    """The share of the power that drums have, from 0 to 1."""
    energy: tuple[float, ...]
    """How loud each hundredth is beside the loudest, from 0 to 1."""
    dance_likeness: float | None
    """From 0 to 1: how even, strong and usual for dancing the beat is; our own measure, and nobody's judgement."""


class AudioProblem(msgspec.Struct, frozen=True, tag="problem"):
    """Why nothing can be told about a file."""

    why: str
    passing: bool = False
    """Whether another try may succeed: the machine is the cause, and not the file."""


Measured = Features | AudioProblem
encode_measured = msgspec.json.Encoder().encode
decode_measured = msgspec.json.Decoder(Measured).decode


def flat(features: Features) -> dict[str, Any]:
    """The features as columns of a table: without lists of values in values."""
    row = msgspec.structs.asdict(features)
    levels = row.pop("tempo_levels")
    for place in range(2):
        level = levels[place] if place < len(levels) else None
        row[f"tempo_{place + 2}"] = level and level.bpm
        row[f"tempo_{place + 2}_score"] = level and level.score
    return row | {"energy": [*features.energy]}
