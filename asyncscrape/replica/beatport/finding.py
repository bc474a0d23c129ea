"""The shop's search: by words of artist, title, mix and label, best first.

It is as good as a real one, and no better: a track that has most of the words comes early, words may be misspelt, and
what sells well is moved up. So other versions and namesakes stand around the right track, sometimes before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import chain
from math import log

import numpy as np
from numpy.typing import NDArray

from asyncscrape.replica.media.drawings import seed
from asyncscrape.replica.scene.nouns import SoldTrack
from asyncscrape.replica.scene.transliteration import words_of

COMMON = 0.12
"""Words in more than this share of all tracks, such as "mix", tell nothing."""
MISSPELT = 0.6
"""What a word counts that is nearly right."""
_LEAST_LETTERS = 5
"""Shorter words must be right."""
_MOST_RANKINGS = 512

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Postings:
    """Where a word stands, and how much it counts there."""

    places: Places
    weights: NDArray[np.float64]


class Index:
    """The words of all tracks."""

    def __init__(self, tracks: Sequence[SoldTrack]) -> None:
        self.tracks = tracks
        self.ranked = lru_cache(_MOST_RANKINGS)(self._ranked)
        """The places of all tracks that are found, best first."""
        self._postings = cache(self._postings_of)

    def named(self, words: Sequence[str], field: str) -> frozenset[int]:
        """The places of tracks that have all words, or nearly the same words, in one field."""
        known = self._fields[field]
        hits = [frozenset().union(*(known.get(one, ()) for one in self._spellings(word))) for word in words]
        return frozenset.intersection(*hits) if hits else frozenset()

    def _ranked(self, query: str) -> list[int]:
        scores = np.zeros(len(self.tracks))
        for word in dict.fromkeys(words_of(query)):
            for transliteration in self._spellings(word):
                postings = self._postings(transliteration)
                scores[postings.places] += postings.weights * (1 if transliteration == word else MISSPELT)
        found = np.flatnonzero(scores)
        order: list[int] = found[np.argsort(-(scores * self._sales)[found], kind="stable")].tolist()
        return order

    def _spellings(self, word: str) -> Sequence[str]:
        """The word if somebody uses it, else the words that it is nearly."""
        if word in self._words or len(word) < _LEAST_LETTERS:
            return (word,) if word in self._words else ()
        return sorted({known for shape in _shapes(word) for known in self._by_shape.get(shape, ())})

    @cached_property
    def _sales(self) -> NDArray[np.float64]:
        """How well each track sells, around 1."""
        return np.array([0.85 + seed(f"sales {track.id}") % 1000 / 3333 for track in self.tracks])

    @cached_property
    def _fields(self) -> Mapping[str, Mapping[str, set[int]]]:
        """Field, word, places."""
        found: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        words = cache(words_of)
        for place, track in enumerate(self.tracks):
            for field, text in _texts(track):
                for word in words(text):
                    found[field][word].add(place)
        return found

    @cached_property
    def _words(self) -> frozenset[str]:
        """All words that somebody uses."""
        return frozenset(chain.from_iterable(self._fields.values()))

    def _postings_of(self, word: str) -> Postings:
        weights: dict[int, float] = {}
        for field, words in self._fields.items():
            for place in words.get(word, ()):
                weights[place] = max(weights.get(place, 0.0), _COUNTS[field])
        return _postings(weights, len(self.tracks))

    @cached_property
    def _by_shape(self) -> Mapping[str, list[str]]:
        shapes: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            if len(word) >= _LEAST_LETTERS:
                for shape in _shapes(word):
                    shapes[shape].append(word)
        return shapes


_COUNTS = {"artist": 1.0, "title": 1.0, "mix": 0.5, "label": 0.2}


def _texts(track: SoldTrack) -> Iterator[tuple[str, str]]:
    """The fields that are searched."""
    yield "artist", " ".join(one.name for one in (*track.artists, *track.remixers))
    yield "title", track.name
    yield "mix", track.mix
    yield "label", f"{track.release.label} {track.release.name} {track.catalog_number}"


def _postings(places: Mapping[int, float], total: int) -> Postings:
    """A word counts the more the rarer it is."""
    rarity = log(total / len(places)) if len(places) <= max(1, COMMON * total) else 0.0
    return Postings(np.array(list(places)), np.array(list(places.values())) * rarity)


def _shapes(word: str) -> Iterator[str]:
    """The word, and the word without one letter: words that differ in one letter share a shape."""
    yield word
    yield from {word[:at] + word[at + 1 :] for at in range(len(word))}
