"""A whole study: how well a number can be told, how sure a prediction is, and which columns it looks at.

1. Experiments are laid out: each set of columns by groups, beside a shuffled control; the
   chosen set, and those that hold it and more, also by time.                            `experiments`
2. They are carried out, on all cores.                                                   `build.outcomes`
3. What comes out becomes figures, and predictions by models that did not see the group. `concluded`
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from asyncscrape.analysis.models.experiments import Experiment, Tested
from asyncscrape.analysis.models.figure_names import (
    AGE_POWER,
    COVERAGE,
    HALF_WIDTH,
    IMPORTANCE,
    MEAN,
    MEDIAN_ERROR,
    R2,
    R2_FORWARD,
    R2_SHUFFLED,
    TREES,
)
from asyncscrape.analysis.models.samples import Samples, Vector
from asyncscrape.analysis.models.splits import PARTS, by_groups, forward, parts_of
from asyncscrape.analysis.models.study_figures import Figure, explained

LEAST_TRACKS, LEAST_GROUPS = 160, 3 * PARTS
LARGEST_SHARE = 0.5
"""Of all rows, for one artist: with a larger one, there is too little to test on."""
LEAST_TESTED, LEAST_TAUGHT = 10, 30
"""Rows of a split. With fewer to calibrate on, there is no interval that holds nine of ten."""
SEED = 1


class Question(NamedTuple):
    """What a study is to find out."""

    samples: Samples
    sets: Mapping[str, frozenset[str]]
    """Sets of columns by name, as the blocks in each."""
    chosen: str
    """The set whose predictions are kept."""


class Conclusion(NamedTuple):
    """What a study has found."""

    figures: tuple[Figure, ...]
    expected: Vector
    """For each row of the samples, as the two bounds."""
    low: Vector
    high: Vector


def too_few(samples: Samples) -> str | None:
    """Why nothing can be learnt from the samples; None if something might be."""
    rows = len(samples.target)
    if rows < LEAST_TRACKS:
        return f"{_too_few(rows, 'track', 'tracks')} to learn from; it takes {LEAST_TRACKS}"
    _, sizes = np.unique(samples.groups, return_counts=True)
    if len(sizes) < LEAST_GROUPS:
        return (
            f"{_too_few(len(sizes), 'group of artists', 'groups of artists')} to learn from; it takes {LEAST_GROUPS}"
        )
    if sizes.max() > LARGEST_SHARE * rows:
        return f"{sizes.max()} of {rows} tracks are of one artist; too few are left to test on"
    if not np.ptp(samples.target) > 0:
        return "all tracks have the same number"
    splits = [*by_groups(parts_of(samples.groups, samples.ties, np.random.default_rng(SEED)))]
    if min(len(split.test) for split in splits) < LEAST_TESTED:
        return "few artists have most of the tracks; the others have too few to test on"
    if any(len(split.choose) < LEAST_TESTED or len(split.teach) < LEAST_TAUGHT for split in splits):
        return "so many artists work together that too few others are left to learn from while they are tested"
    return None


def _too_few(number: int, one: str, more: str) -> str:
    return f"{number} {one} is too few" if number == 1 else f"{number:,} {more} are too few"


def experiments(question: Question) -> Sequence[Experiment]:
    """All that has to be tried."""
    return list(_laid_out(question))


def _laid_out(question: Question) -> Iterator[Experiment]:
    samples, random = question.samples, np.random.default_rng(SEED)
    parts = parts_of(samples.groups, samples.ties, random)
    shuffled = samples.shuffled(random)
    for name, blocks in question.sets.items():
        known, control = samples.with_columns(blocks), shuffled.with_columns(blocks)
        chosen = name == question.chosen
        for split in by_groups(parts):
            yield Experiment(R2, name, known, split, looks_at_columns=chosen)
            yield Experiment(R2_SHUFFLED, name, control, split)
        if chosen or blocks > question.sets[question.chosen]:
            for split in forward(samples.times, parts):
                if len(split.test) >= LEAST_TESTED and min(len(split.teach), len(split.choose)) >= LEAST_TAUGHT:
                    yield Experiment(R2_FORWARD, name, known, split)


def concluded(question: Question, outcomes: Sequence[Tested]) -> Conclusion:
    """What the outcomes of all experiments say, in the order of the experiments."""
    of_kind: dict[tuple[str, str], list[Tested]] = {}
    for outcome in outcomes:
        of_kind.setdefault((outcome.experiment.blocks, outcome.experiment.measure), []).append(outcome)
    figures = [figure for (blocks, measure), some in of_kind.items() for figure in _explained(measure, blocks, some)]
    kept = of_kind[question.chosen, R2]
    expected, low, high = _predictions(len(question.samples.target), kept)
    figures += [*_sureness(question, kept), *_importances(question, kept)]
    return Conclusion(tuple(figures), expected, low, high)


def _explained(measure: str, blocks: str, outcomes: Sequence[Tested]) -> list[Figure]:
    errors = [outcome.errors() for outcome in outcomes]
    joined = {name: np.concatenate([one[name] for one in errors]) for name in errors[0]}
    groups = np.concatenate([one.experiment.samples.groups[one.experiment.split.test] for one in outcomes])
    return explained(measure, blocks, joined, groups)


def _predictions(rows: int, outcomes: Sequence[Tested]) -> tuple[Vector, Vector, Vector]:
    expected, widths = np.full(rows, np.nan), np.full(rows, np.nan)
    for outcome in outcomes:
        test = outcome.experiment.split.test
        expected[test] = outcome.aged + outcome.predicted[TREES]
        widths[test] = outcome.half_width
    return expected, expected - widths, expected + widths


def _sureness(question: Question, outcomes: Sequence[Tested]) -> Iterator[Figure]:
    """How often intervals hold, how wide they are, and what is usual for an error."""
    misses = [np.abs(one.left - one.predicted[TREES]) for one in outcomes]
    widths = [one.half_width for one in outcomes]
    held = [some <= width for some, width in zip(misses, widths, strict=True)]

    def figure(measure: str, values: Sequence[float], value: float) -> Figure:
        return Figure(measure, question.chosen, TREES, value, min(values), max(values), *_size(question))

    yield figure(COVERAGE, [float(one.mean()) for one in held], float(np.concatenate(held).mean()))
    yield figure(HALF_WIDTH, widths, float(np.repeat(widths, [*map(len, misses)]).mean()))
    yield figure(MEDIAN_ERROR, [float(np.median(one)) for one in misses], float(np.median(np.concatenate(misses))))
    if question.samples.log_ages is not None:
        powers = [one.power for one in outcomes]
        yield figure(AGE_POWER, powers, float(np.mean(powers)))


def _importances(question: Question, outcomes: Sequence[Tested]) -> Iterator[Figure]:
    """The R² that is lost without a column, with the least and the most of one part."""
    means = np.array([one.errors()[MEAN].sum() for one in outcomes])
    for name in outcomes[0].losses:
        losses = np.array([one.losses[name] for one in outcomes])
        each = losses / np.where(means > 0, means, 1.0)
        value = float(losses.sum() / (means.sum() or 1.0))
        yield Figure(IMPORTANCE, question.chosen, name, value, float(each.min()), float(each.max()), *_size(question))


def _size(question: Question) -> tuple[int, int]:
    """The rows and the groups, all of which are tested."""
    return len(question.samples.target), len(np.unique(question.samples.groups))
