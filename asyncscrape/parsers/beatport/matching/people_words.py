"""Words outside brackets and away from the title: people, the label, a release, or dust."""

from __future__ import annotations

from collections.abc import Sequence

from asyncscrape.parsers.beatport.matching.credits import same_name
from asyncscrape.parsers.beatport.matching.reading_notes import ReadingNotes
from asyncscrape.parsers.beatport.matching.remarks import (
    all_small,
    explains_itself,
    has_verb,
    is_episode,
    name_groups,
)
from asyncscrape.parsers.beatport.matching.scripts import in_latin
from asyncscrape.parsers.beatport.matching.spelling import Words
from asyncscrape.parsers.beatport.matching.vocabulary import WHOLE_PART_IS_DUST


class PeopleWords:
    """Reads words that should name people, and finds out who is a stranger."""

    def __init__(self, notes: ReadingNotes, title_text: str) -> None:
        self._notes, self._names, self._known = notes, notes.names, notes.known
        self._title_text = title_text
        self._after_release = False

    def read(self, told: Words, text: str) -> None:
        """Finds the people in these words."""
        if self._after_release or self._is_translation(text):
            self._after_release = False
            return
        told, text = self._without_venue(told, text)
        heard = len(self._known.heard)
        left = self._unexplained(told)
        if len(self._known.heard) > heard and (has_verb(text) or all_small(left, text)):
            return
        if not left or not WHOLE_PART_IS_DUST.isdisjoint(told):
            self._after_release = told[-1:] in (("ep",), ("lp",), ("album",))
            return
        del self._known.heard[heard:]
        strangers = len(self._notes.strangers)
        for group in name_groups(text, told, self._names.artists):
            self._add(group)
        if self._known.hears_artist(heard):
            self._notes.companions += self._notes.strangers[strangers:]

    def _is_translation(self, text: str) -> bool:
        """Whether words stand beside a title of another script on an account that the offer names."""
        return self._names.own and in_latin(text) != in_latin(self._title_text)

    def _without_venue(self, told: Words, text: str) -> tuple[Words, str]:
        """The words before "at", if they are an artist's, who played there: "Nora Vale at Kanalhaus"."""
        at = told.index("at") if "at" in told[1:-1] else 0
        if not at or not any(same_name(name, told[:at]) for name in self._names.artists):
            return told, text
        self._notes.versions.append(("live", *told[at + 1 :]))
        return told[:at], " ".join(told[:at])

    def _unexplained(self, told: Words) -> Sequence[str]:
        """The words that are no known name and need an explanation."""
        left = [word for word in self._known.take_names_out(told) if not explains_itself(word)]
        return [word for word in left if not word.isdecimal()] if "bpm" in told else left

    def _add(self, group: Words) -> None:
        """Adds a name where it belongs."""
        if self._known.hear_whole(group):
            return
        if self._known.is_short_name(group):
            self._known.kin.append(group)
        elif is_episode(group):
            self._notes.versions.append(group)
        elif not all(map(explains_itself, group)):
            self._notes.strangers.append(group)
