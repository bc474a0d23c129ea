"""Judges comments: label, probability and language of each, many at once.

from asyncscrape.analysis.sentiment.judge import judge

judge(["this slaps", "ID?"])[0].label   # positive
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from asyncscrape.analysis.sentiment.comment_features import families, letters
from asyncscrape.analysis.sentiment.judgements import Judgement, Label, Probabilities
from asyncscrape.analysis.sentiment.linear_model import Scores
from asyncscrape.analysis.sentiment.normal_text import normal_text
from asyncscrape.analysis.sentiment.weights_file import Trained, read_weights

TOGETHER = 4_096
"""Comments that are judged at once: enough to make the arrays worth it, few enough for a small memory."""
LABELS = tuple(Label)
UNKNOWN = "und"
NOTHING_SAID = Judgement(Label.NOISE, 1.0, True, UNKNOWN, Probabilities(0.0, 0.0, 0.0, 1.0))
"""What an empty comment says."""
DIGITS = 4
"""Digits of a probability after the point."""
LANGUAGE_FROM = 0.4
"""The probability from which a language is told."""


def judge(comments: Sequence[str]) -> Sequence[Judgement]:
    """Judge each comment by itself."""
    starts = range(0, len(comments), TOGETHER)
    return [one for start in starts for one in _judged(comments[start : start + TOGETHER], _trained())]


@cache
def _trained() -> Trained:
    return read_weights()


def _judged(comments: Sequence[str], trained: Trained) -> Iterator[Judgement]:
    text = normal_text(comments)
    features = families(text)
    labels = trained.labels.probabilities(features, len(comments)).round(DIGITS)
    languages = _languages(trained.languages.probabilities(letters(features), len(comments)), trained)
    rows = zip(labels.tolist(), labels.argmax(axis=1).tolist(), languages, text.blank.tolist(), strict=True)
    for shares, best, language, blank in rows:
        if blank:
            yield NOTHING_SAID
        else:
            sure = shares[best] >= trained.sure_from
            yield Judgement(LABELS[best], shares[best], sure, language, Probabilities(*shares))


def _languages(probabilities: Scores, trained: Trained) -> list[str]:
    """The code of the most probable language of each comment, where there is one."""
    codes = np.array([*trained.language_codes, UNKNOWN])
    best = probabilities.argmax(axis=1)
    known = probabilities.max(axis=1) >= LANGUAGE_FROM
    found: list[str] = codes[np.where(known, best, len(codes) - 1)].tolist()
    return found
