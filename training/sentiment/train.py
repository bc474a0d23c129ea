"""Trains the weights that judge comments, from the tables of this folder: the same tables make the same bytes.

    python -m training.sentiment.train

1. The examples are what was written, and other ways to say the same, which count less.
2. One linear model learns the labels, another one the languages.
3. The labels' scores lean a little towards blame. They are not divided by a temperature: the one that
   cross-validation finds is below 1, since the examples resemble each other, and too bold for other comments.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.sentiment.comment_features import BITS, Family, families, letters
from asyncscrape.analysis.sentiment.judgements import Label
from asyncscrape.analysis.sentiment.linear_model import LinearModel
from asyncscrape.analysis.sentiment.normal_text import normal_text
from asyncscrape.analysis.sentiment.weights_file import FILE, Trained, write_weights
from training.sentiment.augmentation import augmented
from training.sentiment.examples import Example, examples
from training.sentiment.softmax_regression import fit, matrix

Classes = NDArray[np.int64]

LABELS = tuple(map(str, Label))
PENALTY, LANGUAGE_PENALTY = 0.1, 0.1
VARIANT_COUNTS = 0.3
"""How much a made example counts beside a written one."""
LEANING = {Label.NEUTRAL: 0.15, Label.NEGATIVE: 0.6, Label.NOISE: -0.2}
"""What is added to scores, since the examples have other shares than comments. Chosen on the open half."""
LANGUAGE_SIZE = 2**13
SURE_FROM = 0.6
"""The probability from which a label is no guess: five in six of those on the open half are right."""
NO_LANGUAGE = {"xx": "und"}


def main() -> None:
    """Train and write."""
    written = examples()
    labels = leaning(label_model([*written, *augmented(written)], len(written)))
    trained = Trained(labels, *language_model(written), SURE_FROM)
    write_weights(trained)
    print(f"{FILE}: {FILE.stat().st_size:,} bytes from {len(written):,} examples")


def features_of(known: list[Example]) -> list[Family]:
    """The features of examples."""
    return families(normal_text([one.comment for one in known]))


def label_model(known: list[Example], written: int) -> LinearModel:
    """What tells the labels apart; the first so many examples are written, the others made of them."""
    weights = np.where(np.arange(len(known)) < written, 1.0, VARIANT_COUNTS)
    return fit(matrix(features_of(known), len(known), 2**BITS), classes_of(known), weights, PENALTY)


def classes_of(known: list[Example]) -> Classes:
    """The labels of examples, as numbers."""
    return np.array([LABELS.index(one.label) for one in known])


def language_model(known: list[Example]) -> tuple[LinearModel, tuple[str, ...]]:
    """What tells languages apart, and their codes."""
    languages = [NO_LANGUAGE.get(one.language, one.language) for one in known]
    codes = tuple(sorted(set(languages)))
    features = matrix(letters(features_of(known)), len(known), LANGUAGE_SIZE)
    classes = np.array([codes.index(one) for one in languages])
    return fit(features, classes, np.ones(len(known)), LANGUAGE_PENALTY), codes


def leaning(model: LinearModel) -> LinearModel:
    """The model with scores that lean as chosen."""
    added = np.array([LEANING.get(label, 0.0) for label in Label], dtype=np.float32)
    return LinearModel(model.weights, model.bias + added)


if __name__ == "__main__":
    main()
