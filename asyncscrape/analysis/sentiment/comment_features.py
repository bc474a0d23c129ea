"""Comments as numbered features: runs of characters, words, pairs of words, words after a negation, and shapes.

A feature's number is a hash, so there is no vocabulary: 2 ** BITS numbers for all of them. Everything is done for
many comments at once, by arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.sentiment.comment_words import Words, words_of
from asyncscrape.analysis.sentiment.normal_text import BETWEEN, NormalText, Places
from asyncscrape.analysis.sentiment.shapes import shapes

Hashes = NDArray[np.uint64]

BITS = 19
LONGEST_RUN = 5
"""Characters of the longest run that is a feature."""
WORD, AFTER_NEGATION, PAIR, AROUND_ONE, SHAPE = range(LONGEST_RUN + 1, LONGEST_RUN + 6)
"""The sorts of features besides runs, which are told apart by their length."""
FACTOR = 0x9E3779B97F4A7C15
"""An odd number without a pattern: 2 ** 64 divided by the golden ratio."""
RUNS_WEIGH, WORDS_WEIGH, SHAPES_WEIGH = 1.0, 1.2, 0.7


@dataclass(frozen=True)
class FeatureGroup:
    """Features of one sort, in the order of the comments that have them."""

    numbers: Places
    rows: Places
    """The comment that each belongs to."""


@dataclass(frozen=True)
class Family:
    """Groups that share a weight."""

    groups: Sequence[FeatureGroup]
    weight: float
    """The length of a comment's vector of these features, however many it has."""

    def share(self, count: int) -> NDArray[np.float64]:
        """What one feature of each comment counts: the more of them it has, the less."""
        many = sum(np.bincount(group.rows, minlength=count) for group in self.groups)
        return self.weight / np.sqrt(np.maximum(many, 1))


def families(text: NormalText) -> list[Family]:
    """All features of the comments: runs of characters, words, shapes."""
    runs = Family(list(_runs(text)), RUNS_WEIGH)
    words = Family(list(_of_words(words_of(text))), WORDS_WEIGH)
    marks, rows = shapes(text)
    return [runs, words, Family([FeatureGroup(_numbers(marks, SHAPE), rows)], SHAPES_WEIGH)]


def letters(features: Sequence[Family]) -> list[Family]:
    """The features among them that tell a language: characters by themselves, threes of them, and words."""
    runs, words, _ = features
    return [Family([runs.groups[0], runs.groups[2]], RUNS_WEIGH), Family(words.groups[:1], WORDS_WEIGH)]


def _numbers(hashes: Hashes, sort: int) -> Places:
    """The numbers of features of one sort."""
    mixed = (hashes ^ np.uint64(sort * FACTOR % 2**64)) * np.uint64(FACTOR)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(FACTOR)
    return (mixed >> np.uint64(64 - BITS)).astype(np.int64)


def _runs(text: NormalText) -> Iterator[FeatureGroup]:
    """Runs of one to five characters. The edge of a comment counts as one, which marks its first and last."""
    codes = text.codes.astype(np.uint64)
    edges = text.codes == BETWEEN
    yield FeatureGroup(_numbers(codes[~edges], 1), text.rows[~edges])
    hashes, whole = codes, np.ones(len(codes), dtype=np.bool_)
    for length in range(2, LONGEST_RUN + 1):
        hashes = hashes[:-1] * np.uint64(FACTOR) + codes[length - 1 :]
        whole = whole[:-1]
        yield FeatureGroup(_numbers(hashes[whole], length), text.rows[: len(whole)][whole])
        whole = whole & ~edges[length - 1 :]  # a longer run may end at an edge, but not reach over it


def _of_words(words: Words) -> Iterator[FeatureGroup]:
    """Words, words after a negation, pairs of neighbours, and pairs around a word."""
    yield FeatureGroup(_numbers(words.hashes, WORD), words.rows)
    yield FeatureGroup(_numbers(words.hashes[words.negated], AFTER_NEGATION), words.rows[words.negated])
    for distance, sort in ((1, PAIR), (2, AROUND_ONE)):
        pairs = words.hashes[:-distance] * np.uint64(FACTOR) + words.hashes[distance:]
        together = words.rows[:-distance] == words.rows[distance:]
        yield FeatureGroup(_numbers(pairs[together], sort), words.rows[distance:][together])
