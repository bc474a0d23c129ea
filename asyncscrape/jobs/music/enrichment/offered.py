"""What the command `enrich` offers for the music job, by the name that people give it."""

from __future__ import annotations

from collections.abc import Mapping

from asyncscrape.config.models import Config
from asyncscrape.enrichments import Enrichment, TableStep
from asyncscrape.jobs.music.config import Music
from asyncscrape.jobs.music.enrichment import comment_sentiment
from asyncscrape.jobs.music.enrichment.audio_features import AudioFeatures
from asyncscrape.jobs.music.enrichment.enriched_tables import (
    AUDIO_FEATURES,
    COMMENT_SENTIMENT,
    PREDICTION_FIGURES,
    TRACK_PREDICTIONS,
    TRACK_SENTIMENT,
)
from asyncscrape.jobs.music.enrichment.predictions.track_predictions import TrackPredictions
from asyncscrape.jobs.music.enrichment.track_sentiment import TrackSentiment
from asyncscrape.model import Table

NO_COMMENTS = "There are no comments to judge: the job has stored none."
NO_AUDIO = (
    'There are no audio files to measure. With audio = "previews" or "downloads" under [music] a run keeps them; '
    "`asyncscrape errors` tells which it could not get."
)
NO_PREDICTIONS = (
    "There are no predictions: nothing can be learnt from so few tracks, or from these. The table prediction_figures "
    "says why; most often, more artists in the config help."
)


def offered(tracks: Table) -> Mapping[str, Enrichment]:
    """All of it, for a job with this table of tracks."""
    comments = (
        TableStep(COMMENT_SENTIMENT, "comments", comment_sentiment.work, NO_COMMENTS),
        TableStep(TRACK_SENTIMENT, "tracks", TrackSentiment(tracks).work),
    )
    audio = TableStep(AUDIO_FEATURES, "audio files", AudioFeatures(tracks).work, NO_AUDIO)
    model = TableStep(
        TRACK_PREDICTIONS, "fits", TrackPredictions(tracks).work, NO_PREDICTIONS, beside=(PREDICTION_FIGURES,)
    )
    return {
        "comments": Enrichment(comments),
        "audio": Enrichment((audio,), ("audio",)),
        "model": Enrichment((model,), ("insight",)),
    }


def useful(config: Config, name: str) -> bool:
    """Whether one of these has anything to do for a config."""
    return name != "audio" or config.section(Music).audio != "off"
