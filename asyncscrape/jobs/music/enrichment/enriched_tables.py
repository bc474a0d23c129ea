"""The tables that enrichments fill."""

from __future__ import annotations

from asyncscrape.model import Column, Table

COMMENT_SENTIMENT = Table(
    "comment_sentiment",
    ("comment_id",),
    (
        Column("comment_id", "int"),
        Column("track_id", "int"),
        Column("artist_id", "int"),
        Column("track_seconds", "float"),
        Column("label"),
        Column("probability", "float"),
        Column("sure", "bool"),
        Column("language"),
        *(Column(name, "float") for name in ("positive", "neutral", "negative", "noise")),
        Column("model"),
    ),
    derived=True,
)
"""A row for each comment: the most probable label, and the probability of each."""
TRACK_SENTIMENT = Table(
    "track_sentiment",
    ("track_id",),
    (
        Column("track_id", "int"),
        Column("artist_id", "int"),
        *(Column(name, "int") for name in ("comments", "positive", "neutral", "negative", "noise", "unsure")),
        Column("mood", "float"),
        Column("seconds", "float"),
        *(Column(name, "json") for name in ("curve", "curve_weights", "loved", "hated")),
        Column("made_of"),
    ),
    derived=True,
)
"""A row for each track with comments: how many there are of each kind, and how they feel along the track."""
AUDIO_FEATURES = Table(
    "audio_features",
    ("track_id",),
    (
        Column("track_id", "int"),
        Column("artist_id", "int"),
        Column("path"),
        Column("problem"),
        *(Column(name, "float") for name in ("duration_seconds", "analysed_seconds")),
        *(Column(name, "int") for name in ("sample_rate", "channels")),
        *(Column(name, "float") for name in ("tempo", "tempo_confidence")),
        *(Column(name, "float") for name in ("tempo_2", "tempo_2_score", "tempo_3", "tempo_3_score")),
        Column("beat_strength", "float"),
        Column("bpm_difference", "float"),
        Column("bpm_agreement"),
        Column("key"),
        Column("camelot"),
        Column("key_confidence", "float"),
        Column("key_next"),
        Column("key_agreement"),
        Column("tuning_cents", "float"),
        *(Column(name, "float") for name in ("loudness_lufs", "loudness_range_lu", "peak_db")),
        *(Column(f"spectral_{name}", "float") for name in ("centroid_hz", "bandwidth_hz", "rolloff_hz", "flatness")),
        *(Column(name, "float") for name in ("onsets_per_second", "percussive_share", "dance_likeness")),
        Column("energy", "json"),
        Column("made_of"),
    ),
    derived=True,
)
"""A row for each track with an audio file: what is measured in it, or the problem with the file."""
TRACK_PREDICTIONS = Table(
    "track_predictions",
    ("track_id",),
    (
        Column("track_id", "int"),
        Column("artist_id", "int"),
        Column("plays", "int"),
        *(Column(f"plays_{name}", "float") for name in ("expected", "low", "high", "ratio")),
        *(Column(name, "float") for name in ("mood", "mood_expected", "mood_low", "mood_high")),
        Column("made_of"),
    ),
    derived=True,
)
"""A row for each track whose plays or mood are known: what was expected of it, and within which bounds."""
PREDICTION_FIGURES = Table(
    "prediction_figures",
    ("target", "measure", "blocks", "name"),
    (
        *(Column(name) for name in ("target", "measure", "blocks", "name")),
        *(Column(name, "float") for name in ("value", "low", "high")),
        *(Column(name, "int") for name in ("tracks", "groups")),
        Column("note"),
        Column("made_of"),
    ),
    derived=True,
)
"""How far the predictions of each target can be trusted, and on what they rest; or why there are none."""
