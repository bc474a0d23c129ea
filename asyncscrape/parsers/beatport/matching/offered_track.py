"""An offer as the comparison sees it: its title in words, its version, its names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from asyncscrape.lazy import lazy_property
from asyncscrape.parsers.beatport.matching.credits import any_same, credited, without_release_words
from asyncscrape.parsers.beatport.matching.layout import TitlePart, laid_out
from asyncscrape.parsers.beatport.matching.number_words import PIECES
from asyncscrape.parsers.beatport.matching.spelling import Words, words
from asyncscrape.parsers.beatport.matching.version_words import SORTS, Sort
from asyncscrape.parsers.beatport.matching.versions import Version, all_of, names_version
from asyncscrape.parsers.beatport.matching.vocabulary import GUESTS
from asyncscrape.parsers.beatport.offer import Offer, without_mix


class OfferedTrack:
    """An offer with its name taken apart."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.signs = signs_of(offer.name)
        self._parts = laid_out(without_mix(offer.name, offer.mix_name), self.signs)
        self.titles = self._titles()
        """Its title with and without what stands in brackets, the longer one first."""

    def _titles(self) -> tuple[Words, ...]:
        base = [word for part in self._parts if self._is_title(part) for word in before_guests(part.words)]
        asides = [word for part in self._parts if self._is_aside(part) for word in part.words]
        counted = any(self._is_counted(part) for part in self._parts if self._is_aside(part))
        found = (tuple(base + asides), tuple(base)) if asides and not counted else (tuple(base + asides),)
        return tuple(title for title in found if title) or (words(self.offer.name),)

    def _is_title(self, part: TitlePart) -> bool:
        return part.base and (part is self._parts[0] or not names_version(part.words))

    def _is_aside(self, part: TitlePart) -> bool:
        return not part.base and not names_version(part.words) and part.words[0] not in GUESTS

    @staticmethod
    def _is_counted(part: TitlePart) -> bool:
        """Whether a bracket tells one piece of several, so that it cannot be left out."""
        return not PIECES.isdisjoint(part.words)

    @lazy_property
    def version(self) -> Version:
        """Its version, from the name of the mix, brackets of its title and the remixers."""
        named = [
            part.words
            for part in self._parts
            if not self._is_title(part) and not self._is_aside(part) and part.words[0] not in GUESTS
        ]
        version = all_of([words(self.offer.mix_name or ""), *named])
        if version.by or not self.remixers or set(self.remixers) <= set(self.artists):
            return version
        by = tuple(word for name in self.offer.remixers for word in words(name))
        return Version(version.sorts or frozenset({Sort.REMIX}), version.lengths, by)

    @lazy_property
    def artists(self) -> tuple[Words, ...]:
        """The names of its artists."""
        return _names(self.offer.artists)

    @lazy_property
    def remixers(self) -> tuple[Words, ...]:
        """The names of its remixers."""
        return _names(self.offer.remixers)

    @lazy_property
    def makers(self) -> tuple[Words, ...]:
        """Those who made its version: its remixers, or who the name of the mix tells."""
        by = self.version.by
        return self.remixers or ((by,) if by and set(self.version.sorts) & {Sort.REMIX, Sort.EDIT, Sort.DUB} else ())

    @lazy_property
    def guests(self) -> tuple[Words, ...]:
        """The names after "feat." in its title."""
        asides = [part.text for part in self._parts if not part.base and part.words[0] in GUESTS]
        texts = [_FEAT.split(part.text, maxsplit=1)[1:] for part in self._parts if part.base]
        return _names([*(_FIRST_WORD.sub("", text) for text in asides), *(text for found in texts for text in found)])

    @lazy_property
    def labels(self) -> tuple[Words, ...]:
        """The name of its label."""
        return _names([self.offer.label or ""])

    @lazy_property
    def releases(self) -> tuple[Words, ...]:
        """The name of its release, if that is not its title."""
        name = without_release_words(words(self.offer.release or ""))
        of_track = not SORTS.keys().isdisjoint(name) or any_same([name], self.titles)
        return (name,) if name and not of_track else ()


def signs_of(name: str) -> str:
    """A title outside brackets, if that has no letter and no number: "△△△", "//"."""
    outside = name.partition("(")[0].strip()
    return "" if any(map(str.isalnum, outside)) else outside


_FEAT = re.compile(r"\b(?:feat|ft|featuring)\b\.?", re.IGNORECASE)
_FIRST_WORD = re.compile(r"^\w+\W+")


def _names(told: Iterable[str]) -> tuple[Words, ...]:
    return tuple(dict.fromkeys(name for text in told for name in credited(text)))


def before_guests(told: Words) -> Words:
    """The words before "feat."."""
    at = next((place for place, word in enumerate(told) if place and word == "feat"), len(told))
    return told[:at]
