"""Notes: what is collected while a title is read, and the reading that they make."""

from __future__ import annotations

from collections.abc import Sequence

from asyncscrape.parsers.beatport.matching.credits import any_same
from asyncscrape.parsers.beatport.matching.heard_names import HeardNames
from asyncscrape.parsers.beatport.matching.read_title import Names, Reading
from asyncscrape.parsers.beatport.matching.remarks import is_speech, is_talk_about_music, version_words
from asyncscrape.parsers.beatport.matching.spelling import Words
from asyncscrape.parsers.beatport.matching.title_places import TitlePlace
from asyncscrape.parsers.beatport.matching.version_words import SORTS, Sort
from asyncscrape.parsers.beatport.matching.versions import Version, all_of, names_version
from asyncscrape.parsers.beatport.matching.vocabulary import CLIPPED


class ReadingNotes:
    """The names that are heard, the versions that are told, and the words that nothing explains."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.known = HeardNames(names)
        self.beside: list[str] = []
        self.strangers: list[Words] = []
        self.companions: list[Words] = []
        self.guests: list[str] = []
        self.asides: list[str] = []
        self.versions: list[Words] = []
        self.artist_outside = False
        """Whether an artist is named outside brackets."""
        self._talks = self._clipped = False

    def look_around(self, told: Words) -> None:
        """Notes what the words around the title say about the upload as a whole."""
        if not told:
            return
        self._clipped |= not CLIPPED.isdisjoint(told)
        self._talks |= is_talk_about_music([word for word in told if not self.known.is_of_offer(word)])

    def sounds_like_speech(self, told: Sequence[str]) -> bool:
        """Whether words are a sentence about the offer, which somebody says who knows it."""
        heard = self.names.own or self.known.hears_artist(since=0)
        return heard and is_speech(told)

    def add_remark(self, told: Words) -> None:
        """Adds a sentence about the music, which may name people and the version."""
        self.known.take_names_out(told)
        if names_version(told) and "not" not in told:
            known = {word for name in self.names.others for word in name}
            self.versions.append(version_words(told, known))

    def add_version(self, told: Words) -> None:
        """Adds words that name a version. Who covers a song is its artist."""
        self.versions.append(told)
        if any(SORTS.get(word) is Sort.COVER for word in told):
            self.known.take_names_out(told)

    def add_guests(self, told: Sequence[str]) -> None:
        """Adds the words after "feat."."""
        self.guests += self.known.take_names_out(told)

    def reading(self, place: TitlePlace) -> Reading:
        """All that was found."""
        return Reading(
            place=place,
            beside=tuple(self.beside),
            strangers=self._unexplained_strangers(),
            companions=tuple(self.companions),
            unknown_guests=tuple(self.guests),
            artists=self.known.those(self.names.artists),
            others=self.known.those(self.names.others),
            kin=tuple(self.known.kin),
            asides=tuple(self.asides),
            version=self._version(),
            clipped=self._clipped,
        )

    def _version(self) -> Version:
        """The version that the parts tell together; a talk about the music is one of its own."""
        told = all_of(self.versions)
        return told.joined(Version(frozenset({Sort.TALK}))) if self._talks else told

    def _unexplained_strangers(self) -> tuple[Words, ...]:
        """The strangers, without the account's own name if an artist is named besides."""
        if not self.artist_outside:
            return tuple(self.strangers)
        return tuple(name for name in self.strangers if not any_same([name], self.names.account))
