"""The parts of an upload's title that do not hold the offer's title."""

from __future__ import annotations

from asyncscrape.parsers.beatport.matching.credits import core, without_release_words
from asyncscrape.parsers.beatport.matching.layout import TitlePart
from asyncscrape.parsers.beatport.matching.number_words import PIECES
from asyncscrape.parsers.beatport.matching.people_words import PeopleWords
from asyncscrape.parsers.beatport.matching.reading_notes import ReadingNotes
from asyncscrape.parsers.beatport.matching.remarks import (
    at_guests,
    explains_itself,
    is_venue,
    names_people,
    tells_origin,
    version_for,
)
from asyncscrape.parsers.beatport.matching.spelling import Words, sounds
from asyncscrape.parsers.beatport.matching.version_words import SORTS
from asyncscrape.parsers.beatport.matching.versions import names_version
from asyncscrape.parsers.beatport.matching.vocabulary import COUNTRIES, GUESTS, MENTIONS, WHOLE_PART_IS_DUST


class OtherParts:
    """Reads the parts around the one with the title."""

    def __init__(self, notes: ReadingNotes, people: PeopleWords) -> None:
        self._notes, self._known, self._people = notes, notes.known, people

    def read(self, part: TitlePart, before: TitlePart | None, *, follows: bool) -> None:
        """Explains a part, which may come before or after the title, and after another part."""
        if part.base and self._known.hear_whole(part.words):
            self._read_artist(part.words)
        elif part.words[0] in GUESTS and names_version(part.words):
            self._notes.versions.append(part.words)
        elif part.words[0] in GUESTS:
            self._notes.add_guests(part.words[1:])
        else:
            told, guests = at_guests(part.words) if part.base else (part.words, ())
            self._notes.add_guests(guests)
            if not self._is_mention(told, part):
                self._read_words(told, part, before, follows=follows)

    def _read_artist(self, told: Words) -> None:
        """Sees that an artist played live: "Nora Vale Live"."""
        if told[-1] == "live" and not self._notes.names.live and "live" not in self._known.heard[-1]:
            self._notes.versions.append(("live",))

    def _is_mention(self, told: Words, part: TitlePart) -> bool:
        """Whether words only mention a name, the release, who plays the music, or where it comes from."""
        release = any(sounds(without_release_words(told)) == sounds(name) for name in self._notes.names.releases)
        if not told or release:
            return True
        if not part.base and tells_origin(told):
            self._known.take_names_out(told)
            return True
        return not MENTIONS.isdisjoint(told) or self._known.hear_whole(told)

    def _read_words(self, told: Words, part: TitlePart, before: TitlePart | None, *, follows: bool) -> None:
        """Explains words as a sentence, a version, or people."""
        if self._notes.sounds_like_speech(told):
            self._notes.add_remark(told)
        elif names_version(told) and (follows or not part.base or _is_plain_version(told)):
            self._notes.add_version(told)
        elif part.base and version_for(told):
            self._notes.versions.append(version_for(told))
            self._known.take_names_out(told)
        elif part.base:
            self._people.read(told, part.text)
        else:
            self._read_aside(told, part, before, follows=follows)

    def _read_aside(self, told: Words, part: TitlePart, before: TitlePart | None, *, follows: bool) -> None:
        """Explains words in brackets that name no version."""
        if not PIECES.isdisjoint(told):
            self._notes.beside += told
        if not PIECES.isdisjoint(told) or COUNTRIES.issuperset(told):
            return
        if self._known.hear_people(told, part.text) or (
            not follows and self._known.heard and names_people(part.text)
        ):
            self._forget_group(before)
            return
        left = [word for word in self._known.take_names_out(told) if not explains_itself(word)]
        remark = self._known.is_of_account(left) and "by" not in told
        if part.kind == "round" and WHOLE_PART_IS_DUST.isdisjoint(told) and not remark:
            self._notes.asides += left

    def _forget_group(self, before: TitlePart | None) -> None:
        """Takes back the name right before a bracket of people, which is their group's: "NV (Vale & Orr)"."""
        if before and self._notes.strangers[-1:] == [core(before.words)]:
            self._notes.strangers.pop()


def _is_plain_version(told: Words) -> bool:
    """Whether words before the title are a version and no name: "Live: …", "Mika Orr Remix of …"."""
    return told[-1] in SORTS or told[0] in SORTS or told[-1] == "of" or is_venue(told)
