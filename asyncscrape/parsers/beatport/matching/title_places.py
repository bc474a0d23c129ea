"""Where an offer's title stands in an upload's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from asyncscrape.parsers.beatport.matching.credits import any_same
from asyncscrape.parsers.beatport.matching.layout import TitlePart
from asyncscrape.parsers.beatport.matching.likeness import like_places, loaned, other_language, shortened_titles
from asyncscrape.parsers.beatport.matching.scripts import in_latin, spells_sounds
from asyncscrape.parsers.beatport.matching.spelling import Words, heard, sounds
from asyncscrape.parsers.beatport.matching.word_places import near_places, places, same_but_light, shuffled_places


class TitlePlace(msgspec.Struct, frozen=True):
    """A place of the offer's title among the words of the upload's."""

    start: int
    end: int
    exact: bool
    whole: bool
    """Whether what the offer has in brackets is there too."""
    unread: bool = False
    """Whether it is only what stands where the title must be, in a script that cannot be read."""


def found(parts: Sequence[TitlePart], titles: Sequence[Words], artists: Sequence[Words]) -> Iterator[TitlePlace]:
    """The places of a title among parts; near ones only if there is no exact one.

    It begins outside brackets, unless it stands there in another script, or nothing but the artist does.
    """
    told = tuple(word for part in parts for word in part.words)
    begins = Beginnings(parts, artists)
    for search, exact in ((places, True), (near_places, False), (like_places, False), (shuffled_places, False)):
        hits = [
            TitlePlace(start, end, exact or same_but_light(title, told[start:end]), title is titles[0])
            for title in titles
            for start, end in search(title, told)
            if begins.may_be(start)
        ]
        if hits:
            yield from hits
            if not any(hit.whole for hit in hits):
                yield from _whole_shuffled(titles[0], told, begins)
            return
    yield from _loaned(parts, titles[0])
    shorter = _shortened(titles[0], told, begins)
    yield from shorter or unread(parts, titles[0], artists)


class Beginnings:
    """Where a title may begin. Names are compared only when one is found in brackets."""

    def __init__(self, parts: Sequence[TitlePart], artists: Sequence[Words]) -> None:
        self._parts, self._artists = parts, artists
        self._known: list[bool] | None = None

    def may_be(self, start: int) -> bool:
        """Whether a title may begin with this word."""
        if self._known is None:
            self._known = self._found()
        return self._known[start]

    def _found(self) -> list[bool]:
        outside = [part for part in self._parts if part.base and part.words[0].isascii()]
        only_artist = all(any_same([part.words], self._artists) for part in outside)
        plain = all(in_latin(part.text) for part in self._parts if part.base)
        return [
            part.base or only_artist or (plain and not in_latin(part.text))
            for part in self._parts
            for _ in part.words
        ]


def _whole_shuffled(title: Words, told: Words, begins: Beginnings) -> Iterator[TitlePlace]:
    """Where a title stands with its brackets opened: "We Were the Wild Ones" for "The Wild Ones (We Were)"."""
    for start, end in shuffled_places(title, told):
        if begins.may_be(start):
            yield TitlePlace(start, end, exact=False, whole=True)


def _shortened(title: Words, told: Words, begins: Beginnings) -> list[TitlePlace]:
    """Where the longest piece of a title stands that is there."""
    # A piece has the first two words of the title or the last two, so where neither are, none is.
    said = heard(told).joined
    if len(title) < 3 or (sounds(title[:2]) not in said and sounds(title[-2:]) not in said):
        return []
    for few in shortened_titles(title):
        hits = [
            TitlePlace(start, end, exact=False, whole=False)
            for start, end in places(few, told)
            if begins.may_be(start)
        ]
        if hits:
            return hits
    return []


def titled(parts: Sequence[TitlePart], place: TitlePlace) -> Iterator[TitlePart]:
    """The parts that hold a place."""
    first = 0
    for part in parts:
        if first < place.end and first + len(part.words) > place.start:
            yield part
        first += len(part.words)


def _loaned(parts: Sequence[TitlePart], title: Words) -> Iterator[TitlePlace]:
    """Parts whose syllables sound like the title in another language."""
    first = 0
    for part in parts:
        spoken = loaned(" ".join(part.words)) if part.base and spells_sounds(part.text) else ""
        if len(spoken) > 2 and spoken == loaned(" ".join(title)):
            yield TitlePlace(first, first + len(part.words), exact=False, whole=True)
        first += len(part.words)


def unread(parts: Sequence[TitlePart], title: Words, artists: Sequence[Words]) -> Iterator[TitlePlace]:
    """Parts that may be the title, where only one of the two can be read in Latin letters."""
    spelt = [word for word in title if any(map(str.isalpha, word))]
    if not spelt:
        return
    first, readable = 0, "".join(spelt).isascii()
    for part in parts:
        last = first + len(part.words)
        if part.base and _unlike(part.words, title, readable) and not any_same([part.words], artists):
            yield TitlePlace(first, last, exact=False, whole=True, unread=True)
        first = last


def _unlike(told: Words, title: Words, readable: bool) -> bool:
    """Whether words are in another script than a title, or in another language."""
    return readable != "".join(told).isascii() or (readable and other_language(told, title))
