"""The features of one audio file: its samples go by once, piece after piece."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from asyncscrape.analysis.audio.decoding import MOST_SECONDS, AudioFile, opened
from asyncscrape.analysis.audio.key import HeardKey, NotesReader
from asyncscrape.analysis.audio.loudness import Loudness, loudness_of
from asyncscrape.analysis.audio.measured import Features, Level
from asyncscrape.analysis.audio.onsets import growth, onset_rate, onsets
from asyncscrape.analysis.audio.spectra import Spectra, SpectraReader
from asyncscrape.analysis.audio.tempo import Tempo, tempo_of
from asyncscrape.analysis.audio.timbre import energy_curve, percussive_share, timbre_of

DANCED_TO = 124.0
"""The tempo that people dance to most, in beats a minute."""


def features_in(path: Path) -> Features:
    """The features of a file. Raises AudioError."""
    return features_of(opened(path))


def features_of(sound: AudioFile) -> Features:
    """The features of a sound. Raises AudioError."""
    rate, channels, _ = sound.announced
    heard = min(channels, 2)
    spectra, notes = SpectraReader(rate, heard), NotesReader(rate)
    together = np.full((heard, 1), 1 / heard, np.float32)
    frames, peak = 0, 0.0
    for piece in sound.pieces:
        frames += len(piece)
        peak = max(peak, float(piece.max()), -float(piece.min()))
        spectra.add(piece)
        notes.add(piece @ together)
    analysed = frames / rate
    whole = sound.announced.seconds if analysed >= MOST_SECONDS else None
    found = spectra.read()
    return Features(
        duration_seconds=round(whole or analysed, 3),
        analysed_seconds=round(analysed, 3),
        sample_rate=rate,
        channels=channels,
        peak_db=round(20 * math.log10(peak), 2),
        **_of_key(notes.key()),
        **_of_loudness(loudness_of(found.weighted, found.rate)),
        **_of_time(found),
    )


def _of_key(heard: HeardKey | None) -> dict[str, Any]:
    if heard is None:
        return dict.fromkeys(("key", "camelot", "key_confidence", "key_next", "tuning_cents"))
    return {
        "key": heard.key.name,
        "camelot": heard.key.camelot,
        "key_confidence": round(heard.confidence, 3),
        "key_next": heard.next_best.name,
        "tuning_cents": round(heard.cents, 1),
    }


def _of_loudness(loudness: Loudness | None) -> dict[str, Any]:
    lufs, range_lu = loudness or (None, None)
    return {
        "loudness_lufs": None if lufs is None else round(lufs, 2),
        "loudness_range_lu": None if range_lu is None else round(range_lu, 2),
    }


def _of_time(found: Spectra) -> dict[str, Any]:
    """What spectra over time tell: beats, and the shape of the sound."""
    curves = onsets(growth(found))
    tempo, drums, timbre = (
        tempo_of(curves, found.rate),
        percussive_share(found.bands, found.rate),
        timbre_of(found.shapes),
    )
    return {
        "spectral_centroid_hz": round(timbre.centroid, 1),
        "spectral_bandwidth_hz": round(timbre.bandwidth, 1),
        "spectral_rolloff_hz": round(timbre.rolloff, 1),
        "spectral_flatness": round(timbre.flatness, 4),
        "onsets_per_second": round(onset_rate(curves, found.rate), 2),
        "percussive_share": round(drums, 3),
        "energy": energy_curve(found.weighted),
        **_of_tempo(tempo, drums),
    }


def _of_tempo(tempo: Tempo | None, drums: float) -> dict[str, Any]:
    if tempo is None:
        names = ("tempo", "tempo_confidence", "beat_strength", "dance_likeness")
        return dict.fromkeys(names) | {"tempo_levels": ()}
    return {
        "tempo": round(tempo.bpm, 3),
        "tempo_confidence": round(tempo.confidence, 3),
        "tempo_levels": tuple(Level(round(bpm, 3), round(score, 3)) for bpm, score in tempo.others),
        "beat_strength": round(tempo.regularity, 3),
        "dance_likeness": round(dance_likeness(tempo, drums), 3),
    }


def dance_likeness(tempo: Tempo, drums: float) -> float:
    """How even, strong and usual for dancing a beat is."""
    usual = np.exp(-0.5 * (np.log2(tempo.bpm / DANCED_TO) / 0.5) ** 2)
    return float((tempo.regularity * min(1.0, 2 * drums) * usual) ** (1 / 3))
