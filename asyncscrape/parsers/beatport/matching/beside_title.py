"""The words right before and after the title, in the part that holds it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asyncscrape.parsers.beatport.matching.layout import TitlePart
from asyncscrape.parsers.beatport.matching.likeness import like_places
from asyncscrape.parsers.beatport.matching.number_words import PIECES
from asyncscrape.parsers.beatport.matching.people_words import PeopleWords
from asyncscrape.parsers.beatport.matching.reading_notes import ReadingNotes
from asyncscrape.parsers.beatport.matching.remarks import at_guests, is_dust, is_prelude, version_words
from asyncscrape.parsers.beatport.matching.scripts import latin
from asyncscrape.parsers.beatport.matching.spelling import Words
from asyncscrape.parsers.beatport.matching.version_words import SORTS
from asyncscrape.parsers.beatport.matching.versions import names_version, tells_version
from asyncscrape.parsers.beatport.matching.vocabulary import ANNOUNCING, TALK
from asyncscrape.parsers.beatport.matching.word_places import places


class BesideTitle:
    """Reads the words beside a title. Those that nothing explains make it another title."""

    def __init__(self, notes: ReadingNotes, people: PeopleWords, title: Words) -> None:
        self._notes, self._known, self._people = notes, notes.known, people
        self._title = title

    def read_before(self, told: Words) -> None:
        """Explains the words before the title."""
        if not told:
            return
        left = [word for word in self._known.take_names_out(told) if not is_prelude(word)]
        if self._notes.sounds_like_speech(left):
            self._notes.add_remark(told)
        elif left and left[-1] == "of" and names_version(left):
            self._notes.versions.append(version_words(left))
        elif any(word in SORTS for word in left):
            self._notes.versions.append(version_words(left))
            self._notes.beside += [word for word in left if not tells_version(word) and word not in TALK]
        elif self._known.is_short_name(tuple(left)):
            self._known.kin.append(tuple(left))
        elif not (is_dust(left) or self._known.is_of_account(left) or self._announces(told, left)):
            self._add_beside(left)

    def read_after(self, told: Words, part: TitlePart) -> None:
        """Explains the words after the title."""
        if not told:
            return
        told, guests = at_guests(told)
        self._notes.add_guests(guests)
        if told[:1] == ("at",) and part.base and len(told) > 1:
            self._notes.versions.append(("live", *told[1:]))
        elif told[:1] == ("by",) and part.base:
            self._people.read(told[1:], " ".join(told[1:]))
        else:
            self._read_rest(told, part)

    def _read_rest(self, told: Words, part: TitlePart) -> None:
        """Explains what is neither a place nor people after "by" or "feat."."""
        left = told if names_version(told) else self._known.take_names_out(told)
        if self._notes.sounds_like_speech(left):
            self._notes.add_remark(told)
        elif left and names_version(left) and (left != ("mix",) or not part.base):
            self._notes.versions.append(left)
        elif left and part.base and PIECES.isdisjoint(left) and self._comma_follows(part):
            self._people.read(told, " ".join(told))
        elif part.base and not is_dust(left):
            self._add_beside(left)

    def _comma_follows(self, part: TitlePart) -> bool:
        """Whether a comma stands after the title: "Glass Tide, Nora Vale"."""
        return bool(re.search(rf"\b{re.escape(self._title[-1])}\s*,", latin(part.text)))

    def _announces(self, told: Words, left: Sequence[str]) -> bool:
        """Whether words between an artist and the title only announce it: "Nora Vale's new single"."""
        named = any(next(places(name, told), None) for name in self._notes.names.artists)
        return named and ANNOUNCING.issuperset(left)

    def _add_beside(self, told: Sequence[str]) -> None:
        """Adds unexplained words, unless they say the title again, in another script or spelling."""
        unread = all(not word.isascii() for word in told)
        same = len(told) == len(self._title) and next(like_places(self._title, told), None) is not None
        if not (unread or same):
            self._notes.beside += told
