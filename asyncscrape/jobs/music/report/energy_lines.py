"""How loud the audio of a track is from its beginning to its end: a line among the facts of an opened track.

It has a place of its own and does not lie over the waveform, since nobody tells where in its track a preview lies.
"""

from __future__ import annotations

import msgspec
import polars as pl

from asyncscrape.jobs.music.report.stored_music import StoredMusic

STEPS = 63
"""Heights of the line; they are sent as the characters from "0" on."""
MOST_POINTS = 1000
PREVIEW, FILE = "Energy of the preview", "Energy of the audio file"

_decode = msgspec.json.Decoder(list[float]).decode


def energy_lines(music: StoredMusic) -> pl.DataFrame:
    """The heading and the line of each track that has one, as a list of two texts."""
    previews = music.tracks.select(track_id="id", preview="preview_path")
    known = music.audio_features.select("track_id", "path", "energy").join(previews, on="track_id", how="left")
    rows = [
        (row["track_id"], [PREVIEW if row["path"] and row["path"] == row["preview"] else FILE, line])
        for row in known.iter_rows(named=True)
        if (line := as_line(row["energy"]))
    ]
    return pl.DataFrame(rows, {"id": pl.Int64(), "energy": pl.List(pl.String())}, orient="row")


def as_line(energy: str | None) -> str:
    """The values, which are JSON, as a character each; empty if that is what they are not."""
    try:
        values = _decode(energy or "[]")
    except msgspec.DecodeError:
        return ""
    if len(values) < 2 or not all(0 <= value <= 1 for value in values):
        return ""
    return "".join(chr(ord("0") + round(value * STEPS)) for value in values[:MOST_POINTS])
