"""Reading an upload's title against one offer: what the offer explains of it, and what is left.

The offer's title is looked for first. Around it, names, labels and dust explain other words. Words that nothing
explains speak against the offer: beside the title they make it another title, elsewhere they name other people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from asyncscrape.parsers.beatport.matching.credits import any_same, core, credited, same_name, without_connectors
from asyncscrape.parsers.beatport.matching.layout import TitlePart, laid_out
from asyncscrape.parsers.beatport.matching.offered_track import OfferedTrack
from asyncscrape.parsers.beatport.matching.spelling import PIECES, Words, near_places, places, sounds
from asyncscrape.parsers.beatport.matching.versions import Version, all_of, names_version
from asyncscrape.parsers.beatport.matching.vocabulary import (
    ARTICLES,
    CATALOGUE,
    CLIPPED,
    DUST,
    GENRES,
    GUESTS,
    MENTIONS,
    PROMOTION,
    SORTS,
    STRONG_DUST,
    WHOLE_PART_IS_DUST,
    Sort,
)
from asyncscrape.parsers.beatport.wanted import LookedFor


class Names(msgspec.Struct, frozen=True):
    """The names that may explain words of a title."""

    artists: tuple[Words, ...]
    others: tuple[Words, ...]
    """Remixers, guests, label."""
    account: tuple[Words, ...]
    """Those of the account, which explain words only where an artist is named too."""

    @property
    def offered(self) -> tuple[Words, ...]:
        """All that the offer names."""
        return self.artists + self.others


class TitlePlace(msgspec.Struct, frozen=True):
    """A place of the offer's title among the words of the upload's."""

    start: int
    end: int
    exact: bool
    whole: bool
    """Whether what the offer has in brackets is there too."""
    unread: bool = False
    """Whether it is only what stands where the title must be, in a script that cannot be read."""


class Reading(msgspec.Struct, frozen=True):
    """What an upload's title says besides an offer's title."""

    place: TitlePlace
    beside: Words = ()
    """Unexplained words beside the title: it is longer than the offer's."""
    strangers: tuple[Words, ...] = ()
    """Names elsewhere that the offer does not have."""
    unknown_guests: Words = ()
    artists: tuple[Words, ...] = ()
    """The artists of the offer that it names."""
    others: tuple[Words, ...] = ()
    asides: Words = ()
    """Unexplained words in round brackets."""
    version: Version = Version()
    clipped: bool = False
    """Whether it says that only a piece was uploaded."""


def readings(track: LookedFor, offered: OfferedTrack) -> Iterator[Reading]:
    """All ways to find the offer's title in the upload's."""
    parts = laid_out(track.title)
    account = tuple(
        name for text in (track.uploader, track.artist, track.label_name) if text for name in credited(text)
    )
    names = Names(offered.artists, offered.remixers + offered.guests + offered.labels, account)
    for place in found(parts, offered.titles, offered.artists):
        yield TitleReader(parts, place, names).reading()


def found(parts: Sequence[TitlePart], titles: Sequence[Words], artists: Sequence[Words]) -> Iterator[TitlePlace]:
    """The places of a title among parts; near ones only if there is no exact one.

    It begins outside brackets, unless it stands there in another script, or nothing but the artist does.
    """
    told = [word for part in parts for word in part.words]
    outside = [part for part in parts if part.base and part.words[0].isascii()]
    only_artist = all(any_same([part.words], artists) for part in outside)
    base = [part.base or (only_artist and part.kind == "round") for part in parts for _ in part.words]
    for search, exact in ((places, True), (near_places, False)):
        hits = [
            TitlePlace(start, end, exact, title is titles[0])
            for title in titles
            for start, end in search(title, told)
            if base[start]
        ]
        if hits:
            yield from hits
            return
    yield from unread(parts, titles[0], artists)


def unread(parts: Sequence[TitlePart], title: Words, artists: Sequence[Words]) -> Iterator[TitlePlace]:
    """Parts that may be the title, where only one of the two can be read in Latin letters."""
    first, readable = 0, all(map(str.isascii, title))
    for part in parts:
        last = first + len(part.words)
        if part.base and readable != all(map(str.isascii, part.words)) and not any_same([part.words], artists):
            yield TitlePlace(first, last, exact=False, whole=True, unread=True)
        first = last


class TitleReader:
    """Reads the parts of one title around one place."""

    def __init__(self, parts: Sequence[TitlePart], place: TitlePlace, names: Names) -> None:
        self._parts, self._place, self._names = parts, place, names
        self._beside: list[str] = []
        self._strangers: list[Words] = []
        self._guests: list[str] = []
        self._heard: list[Words] = []
        self._heard_outside: list[Words] = []
        self._asides: list[str] = []
        self._versions: list[Words] = []

    def reading(self) -> Reading:
        """What is left when everything is explained."""
        first, clipped = 0, False
        for part in self._parts:
            start, end = self._place.start - first, self._place.end - first
            before, after = part.words[: max(start, 0)], part.words[max(end, 0) :]
            first, heard = first + len(part.words), len(self._heard)
            clipped |= not CLIPPED.isdisjoint(before + after)
            if start >= len(part.words) or end <= 0:
                self._elsewhere(part, follows=end <= 0)
            else:
                self._before_title(before)
                self._after_title(after, part)
            if part.base:
                self._heard_outside += self._heard[heard:]
        return Reading(
            self._place,
            tuple(self._beside),
            self._unexplained_strangers(),
            tuple(self._guests),
            self._named(self._names.artists),
            self._named(self._names.others),
            tuple(self._asides),
            all_of(self._versions),
            clipped,
        )

    def _named(self, names: Iterable[Words]) -> tuple[Words, ...]:
        return tuple(name for name in names if name in self._heard)

    def _unexplained_strangers(self) -> tuple[Words, ...]:
        """The strangers, without the account's own name if an artist is named besides."""
        if not any(name in self._names.artists for name in self._heard_outside):
            return tuple(self._strangers)
        return tuple(name for name in self._strangers if not any_same([name], self._names.account))

    # Beside the title

    def _before_title(self, told: Words) -> None:
        left = [word for word in self._without_names(told) if word not in ARTICLES]
        if not _is_dust(left):
            self._beside += left

    def _after_title(self, told: Words, part: TitlePart) -> None:
        told, guests = _at_guests(told)
        self._guests += self._without_names(guests)
        left = self._without_names(told) if not names_version(told) else told
        if left and names_version(left) and (left != ("mix",) or not part.base):
            self._versions.append(left)
        elif part.base and not _is_dust(left):
            self._beside += left

    # Elsewhere

    def _elsewhere(self, part: TitlePart, *, follows: bool) -> None:
        """A part without the title."""
        if part.base and self._is_name(part.words):
            return
        if part.words[0] in GUESTS and names_version(part.words):
            self._versions.append(part.words)
            return
        if part.words[0] in GUESTS:
            self._guests += self._without_names(part.words[1:])
            return
        told, guests = _at_guests(part.words) if part.base else (part.words, ())
        self._guests += self._without_names(guests)
        if told and MENTIONS.isdisjoint(told) and not self._is_name(told):
            if (follows or not part.base or told[-1] in SORTS) and names_version(told):
                self._versions.append(told)
            elif part.base:
                self._people(told, part)
            else:
                self._aside(told, part)

    def _is_name(self, told: Words) -> bool:
        """Whether these words are one known name, whatever else they could mean."""
        name = next((name for name in self._names.offered if same_name(name, told)), None)
        if name:
            self._heard.append(name)
        return bool(name)

    def _people(self, told: Words, part: TitlePart) -> None:
        """Words outside brackets: people, the label, or dust."""
        heard = len(self._heard)
        left = [word for word in self._without_names(told) if not _explains_itself(word)]
        if not left or not WHOLE_PART_IS_DUST.isdisjoint(told):
            return
        del self._heard[heard:]
        for group in _groups(part.text, told):
            name = next((name for name in self._names.offered if same_name(name, group)), None)
            if name:
                self._heard.append(name)
            elif _is_episode(group):
                self._versions.append(group)
            elif not all(map(_explains_itself, group)):
                self._strangers.append(group)

    def _aside(self, told: Words, part: TitlePart) -> None:
        """Words in brackets that name no version."""
        if not PIECES.isdisjoint(told):
            self._beside += told
            return
        left = [word for word in self._without_names(told) if not _explains_itself(word)]
        remark = self._is_of_account(left) and "by" not in told
        if part.kind == "round" and WHOLE_PART_IS_DUST.isdisjoint(told) and not remark:
            self._asides += left

    def _is_of_account(self, told: Sequence[str]) -> bool:
        return all(any(word in name for name in self._names.account) for word in told)

    def _without_names(self, told: Sequence[str]) -> Words:
        """Words without the known names among them, which have been heard then."""
        left = list(told)
        for name in sorted(self._names.offered, key=len, reverse=True):
            for search in (places, near_places):
                hit = next(search(name, left), None)
                if hit and _short_enough(name, left):
                    self._heard.append(name)
                    left[hit[0] : hit[1]] = ["and"]
                    break
        return without_connectors(left)


def _is_episode(told: Words) -> bool:
    """Whether words number a podcast or a show: "Tidewater Podcast 12"."""
    return any(SORTS.get(word) is Sort.SET for word in told) and any(map(str.isdecimal, told))


def _short_enough(name: Words, told: Sequence[str]) -> bool:
    """Whether a name can be trusted among these words: a single letter must stand alone."""
    return len(sounds(name)) > 1 or len(told) == 1


def _groups(text: str, told: Words) -> Iterator[Words]:
    """The names in a part, each for itself."""
    whole = core(told)
    several = [name for name in credited(text) if name != whole]
    yield from several or [whole]


def _at_guests(told: Words) -> tuple[Words, Words]:
    """The words before and after "feat."."""
    at = next((place for place, word in enumerate(told) if word in GUESTS), len(told))
    return told[:at], told[at + 1 :]


def _explains_itself(word: str) -> bool:
    """Whether a word away from the title needs no explanation."""
    known = word in DUST or word in GENRES or word in CLIPPED or word in ARTICLES
    return known or not word.isascii() or bool(CATALOGUE.fullmatch(word))


def _is_dust(told: Sequence[str]) -> bool:
    """Whether words beside the title are dust: several such words, or one that is never part of a title."""
    strong = any(word in STRONG_DUST or word in CLIPPED for word in told)
    promotes = any(word in PROMOTION for word in told) and len(told) > 1
    plain = all(word in PROMOTION or word in CLIPPED or CATALOGUE.fullmatch(word) for word in told)
    return not told or ((strong or promotes) and plain)
