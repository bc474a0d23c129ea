"""A whole invented scene in the stored tables of the music job, with texts as varied as real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator
from PIL import Image

from asyncscrape.jobs.music.report import stored_music
from asyncscrape.jobs.music.report.stored_music import StoredMusic

FIRST_ID = 2_200_000_000
NOW = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
SAID = [
    "this",
    "that",
    "the",
    "bass",
    "drop",
    "banger",
    "track",
    "id",
    "love",
    "vibes",
    "set",
    "kick",
    "groove",
    "warehouse",
    "Berlin",
    "please",
    "release",
    "when",
    "finally",
    "tune",
    "massive",
    "heater",
    "brother",
    "live",
    "played",
    "here",
    "anthem",
    "dark",
    "acid",
    "hats",
    "pure",
    "energy",
    "goosebumps",
    "legend",
    "again",
    "respect",
    "mix",
    "out",
    "now",
    "vinyl",
    "support",
    "from",
    "Tbilisi",
    "amazing",
    "work",
    "insane",
    "breakdown",
    "what",
    "a",
    "build",
    "up",
    "crazy",
    "melody",
    "closing",
    "opening",
]
SIGNS = ["🔥", "🔥🔥🔥", "❤️", "🖤", "🙌🏽", "👏👏", "💣💥", "!!!", ":)", "…"]
OTHERS = ["красота", "最高", "что за трек", "brutal", "increíble", "wahnsinn", "şahane", "מדהים", "تحفة"]
SYLLABLES = [
    "ka",
    "ro",
    "min",
    "sel",
    "tu",
    "va",
    "no",
    "ler",
    "dis",
    "gra",
    "pho",
    "lun",
    "tek",
    "ber",
    "zo",
    "ni",
    "mar",
    "ex",
    "ul",
    "sha",
]
KEYS = ["Ab minor", "B major", "Eb minor", "F# major", "A minor", "C major", "G minor", "D minor", "Bb minor"]
CAMELOT = ["1A", "1B", "2A", "2B", "8A", "8B", "6A", "7A", "3A"]
SET, SOLD = 0.93, 0.55
"""Of all tracks: the share above which they are sets, and below which Beatport has them."""


def scene(tracks: int, comments_each: int, seed: int = 1) -> StoredMusic:
    """A scene of twenty tracks an artist."""
    chance = np.random.default_rng(seed)
    artists = max(tracks // 20, 1)
    return StoredMusic(
        artists=_artists(artists, chance),
        choices=_table({"artist_name": ["Somebody"], "chosen": [True]}, stored_music.CHOICES),
        tracks=_tracks(tracks, artists, comments_each, chance),
        comments=_comments(tracks, comments_each, chance),
        popularity=_table({"track_id": [FIRST_ID]}, stored_music.POPULARITY),
        comment_sentiment=pl.DataFrame(schema=stored_music.COMMENT_SENTIMENT),
        track_sentiment=pl.DataFrame(schema=stored_music.TRACK_SENTIMENT),
        audio_features=pl.DataFrame(schema=stored_music.AUDIO_FEATURES),
        track_predictions=pl.DataFrame(schema=stored_music.TRACK_PREDICTIONS),
        prediction_figures=pl.DataFrame(schema=stored_music.PREDICTION_FIGURES),
    )


def write_blobs(music: StoredMusic, folder: Path, most: int = 10**6) -> None:
    """The waveforms and artworks of the first tracks, in a folder for blobs."""
    for name in ("waveforms", "track-images"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, wave, image in music.tracks.select("id", "waveform_path", "image_path").head(most).iter_rows():
        chance = np.random.default_rng(number)
        loud = 90 * np.abs(np.sin(np.linspace(0, 7, 1800) + number)) ** 0.4 + chance.integers(0, 45, 1800)
        content = {"width": 1800, "height": 140, "samples": loud.astype(int).tolist()}
        (folder / wave).write_text(json.dumps(content))
        colours = chance.integers(0, 255, (4, 4, 3), np.uint8)
        Image.fromarray(colours).resize((300, 300), Image.Resampling.BICUBIC).save(folder / image)


def _table(columns: Mapping[str, Any], kinds: Mapping[str, Any]) -> pl.DataFrame:
    """A table with all its columns, most of them empty."""
    frame = pl.DataFrame(columns)
    return frame.select(
        pl.col(name).cast(kind) if name in columns else pl.lit(None, kind).alias(name) for name, kind in kinds.items()
    )


def _words(vocabulary: list[str], most: int, number: int, chance: Generator) -> pl.Series:
    """Phrases of up to so many words, common ones more often than others."""
    known = pl.Series(vocabulary)
    wanted = pl.Series(chance.integers(1, most + 1, number))
    picked = [known.gather((len(vocabulary) * chance.random(number) ** 2).astype(int)) for _ in range(most)]
    frame = pl.DataFrame({f"{n}": words for n, words in enumerate(picked)}).with_columns(wanted=wanted)
    heard = [pl.when(pl.col("wanted") > n).then(pl.col(f"{n}")) for n in range(most)]
    return frame.select(pl.concat_str(heard, separator=" ", ignore_nulls=True)).to_series()


def _names(most: int, number: int, chance: Generator) -> pl.Series:
    made = ["".join(chance.choice(SYLLABLES, chance.integers(2, 4))).title() for _ in range(1500)]
    return _words(made, most, number, chance)


def _artists(number: int, chance: Generator) -> pl.DataFrame:
    names = _names(2, number, chance)
    columns = {
        "id": np.arange(1, number + 1),
        "name": names,
        "permalink": names.str.to_lowercase().str.replace_all(" ", "-"),
        "followers": (10 ** chance.normal(4, 0.8, number)).astype(int),
        "location": ["Leipzig, Germany"] * number,
    }
    return _table(columns, stored_music.ARTISTS)


def _tracks(number: int, artists: int, comments_each: int, chance: Generator) -> pl.DataFrame:
    titles, plays = _names(3, number, chance), (10 ** chance.normal(4.2, 0.8, number)).astype(int)
    fate = chance.random(number)
    ids, artist = FIRST_ID + np.arange(number), np.arange(number) % artists + 1
    minutes = np.where(fate > SET, chance.integers(50, 120, number), chance.integers(4, 10, number))
    slugs = titles.str.to_lowercase().str.replace_all(" ", "-")
    columns = {
        "id": ids,
        "artist_id": artist,
        "title": titles,
        "url": [f"https://soundcloud.com/artist-{by}/{slug}" for by, slug in zip(artist, slugs, strict=True)],
        "plays": plays,
        "likes": plays // 40,
        "reposts": plays // 300,
        "comment_count": np.full(number, comments_each),
        "duration_ms": 60_000 * minutes + chance.integers(0, 60_000, number),
        "posted_at": pl.Series(chance.integers(NOW - 10**8, NOW, number) * 10**6),
        "genre": chance.choice(["Techno", "House", "Ambient", "Acid"], number),
        "tags": [["techno", "warehouse", "acid"]] * number,
        "is_track": fate <= SET,
        "match_why": [("title and artist alike" if share < 0.9 else None) for share in fate],
        "waveform_path": [f"waveforms/{track}.json" for track in ids],
        "image_path": [f"track-images/{track}.jpg" for track in ids],
        **_shop(fate < SOLD, titles, chance),
    }
    return _table(columns, stored_music.TRACKS)


def _shop(sold: np.ndarray[Any, np.dtype[np.bool_]], titles: pl.Series, chance: Generator) -> dict[str, pl.Series]:
    """The columns that Beatport fills, for some of the tracks."""
    number = sold.size
    key = chance.integers(0, len(KEYS), number)
    columns = {
        "beatport_id": 9_000_000 + np.arange(number),
        "beatport_url": [f"https://www.beatport.com/track/x/{9_000_000 + n}" for n in range(number)],
        "bpm": np.rint(chance.normal(130, 6, number)),
        "key": np.array(KEYS)[key],
        "camelot": np.array(CAMELOT)[key],
        "mix": ["Original Mix"] * number,
        "beatport_title": titles,
        "beatport_genre": ["Techno (Peak Time / Driving)"] * number,
        "beatport_label": _names(2, number, chance),
        "release": titles,
        "release_date": pl.Series(chance.integers(18_500, 20_500, number)).cast(pl.Int32).cast(pl.Date),
        "match_score": (0.8 + 0.2 * chance.random(number)).round(3),
    }
    frame = pl.DataFrame(columns).with_columns(sold=pl.Series(sold))
    return {name: frame.select(pl.when("sold").then(pl.col(name))).to_series() for name in columns}


def _comments(tracks: int, each: int, chance: Generator) -> pl.DataFrame:
    number = tracks * each
    track, user = np.repeat(np.arange(tracks), each), chance.integers(0, max(number // 4, 1), number)
    seconds = np.where(chance.random(number) < 0.2, 221, chance.integers(0, 600, number)) + chance.random(number)
    logins = _names(2, max(number // 4, 1), chance).str.to_lowercase().str.replace_all(" ", "-")
    invented = [str(word) for word in chance.permutation([*SAID * 4, *SIGNS * 5, *OTHERS])]
    columns = {
        "id": 3_000_000_000 + np.arange(number),
        "track_id": FIRST_ID + track,
        "artist_id": track % max(tracks // 20, 1) + 1,
        "user_id": user,
        "user_permalink": logins.gather(user),
        "body": _words(invented, 12, number, chance),
        "track_seconds": pl.Series(np.where(chance.random(number) < 0.05, np.nan, seconds.round(3))).fill_nan(None),
        "created_at": pl.Series(chance.integers(NOW - 10**8, NOW, number) * 10**6),
    }
    return _table(columns, stored_music.COMMENTS)
