"""What is measured in a track's audio, in words: tempo and key beside Beatport's, loudness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from asyncscrape.views.figures import clock

TEMPO = {"same": "as Beatport says", "octave": "another octave than Beatport's", "other": "not what Beatport says"}
"""How far a tempo agrees with Beatport's."""
KEY = {
    "same": "as Beatport says",
    "relative": "the relative of Beatport's",
    "fifth": "a fifth from Beatport's",
    "parallel": "the parallel of Beatport's",
    "other": "not what Beatport says",
}


def in_words(row: Mapping[str, Any]) -> list[list[str]]:
    """A row of the table `audio_features` as headings, each with its words."""
    return [[heading, words] for heading, words in _told(row) if words]


def _told(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if row["problem"]:
        yield "Audio", f"cannot be measured: {row['problem']}"
        return
    yield "Measured tempo", _tempo(row)
    yield "Measured key", _joined(_key(row), KEY.get(row["key_agreement"] or ""))
    yield "Measured loudness", _loudness(row)
    yield "Measured in", f"{clock(row['analysed_seconds'])} of its audio" if row["analysed_seconds"] else ""


def _tempo(row: Mapping[str, Any]) -> str:
    if not row["tempo"]:
        return ""
    others = " or ".join(f"{row[name]:.5g}" for name in ("tempo_2", "tempo_3") if row[name])
    counted = f"{row['tempo']:.5g} BPM" + (f" (else {others})" if others else "")
    return _joined(counted, TEMPO.get(row["bpm_agreement"] or ""))


def _key(row: Mapping[str, Any]) -> str:
    if row["key"] and row["camelot"]:
        return f"{row['key']} ({row['camelot']})"
    return row["key"] or row["camelot"] or ""


def _loudness(row: Mapping[str, Any]) -> str:
    if row["loudness_lufs"] is None:
        return ""
    wide = row["loudness_range_lu"]
    return _joined(
        f"{row['loudness_lufs']:.1f} LUFS".replace("-", "−"), None if wide is None else f"range {wide:.1f} LU"
    )


def _joined(first: str, then: str | None) -> str:
    return ", ".join(filter(None, (first, then))) if first else ""
