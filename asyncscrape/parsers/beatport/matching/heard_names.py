"""Names that are heard while a title is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asyncscrape.parsers.beatport.matching.credits import any_same, kin, same_name, surname_of, without_connectors
from asyncscrape.parsers.beatport.matching.read_title import Names
from asyncscrape.parsers.beatport.matching.remarks import explains_itself, name_groups, short_enough
from asyncscrape.parsers.beatport.matching.spelling import Words
from asyncscrape.parsers.beatport.matching.word_places import near_places, places


class HeardNames:
    """Finds the known names among words, and remembers them."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._longest_first = sorted(names.offered, key=len, reverse=True)
        self._words_of_offer = frozenset(word for name in names.offered for word in name)
        self._words_of_account = frozenset(word for name in names.account for word in name)
        self.heard: list[Words] = []
        self.kin: list[Words] = []
        """Names that may be short for an artist's."""

    def hear_whole(self, told: Words) -> bool:
        """Hears a name, if these words are one that is known, whatever else they could mean."""
        name = next((name for name in self._names.offered if same_name(name, told)), None)
        if name:
            self.heard.append(name)
        return bool(name)

    def is_short_name(self, told: Words) -> bool:
        """Whether words may be short for an artist's name."""
        return bool(told) and any(
            same_name(name, told) or kin(name, told) or surname_of(told, name) for name in self._names.artists
        )

    def hear_people(self, told: Words, text: str) -> bool:
        """Hears the artists in a bracket, perhaps shortened, if nothing there needs explanation."""
        artists = [name for name in self._names.artists if any_same([name], name_groups(text, told, [name]))]
        close = [
            group for group in name_groups(text, told, ()) if any(kin(name, group) for name in self._names.artists)
        ]
        close += self._surnames(told, text)
        known = [*artists, *close, *self._names.offered]
        rest = [group for group in name_groups(text, told, ()) if not any_same([group], known)]
        left = [word for group in rest for word in self.take_names_out(group) if not explains_itself(word)]
        if left or not (artists or close):
            return False
        self.heard += artists
        self.kin += close
        return True

    def _surnames(self, told: Words, text: str) -> list[Words]:
        """The groups of a text that are the surnames of all of several artists: "Vale & Orr"."""
        several = [name for name in self._names.artists if len(name) > 1]
        groups: list[Words] = [group for group in name_groups(text, told, ()) if len(group) == 1]
        found: list[Words] = [group for group in groups if any(surname_of(group, name) for name in several)]
        return found if len(found) == len(groups) > 1 else []

    def is_of_offer(self, word: str) -> bool:
        """Whether a word belongs to a name that the offer has."""
        return word in self._words_of_offer

    def is_of_account(self, told: Sequence[str]) -> bool:
        """Whether all words are of the account's names."""
        return self._words_of_account.issuperset(told)

    def take_names_out(self, told: Sequence[str]) -> Words:
        """Hears the known names among words, and gives the others."""
        if not told:
            return ()
        left = list(told)
        for name in self._longest_first:
            for search in (places, near_places):
                hit = next(search(name, left), None)
                if hit and short_enough(name, left):
                    self.heard.append(name)
                    left[hit[0] : hit[1]] = ["and"]
                    break
        return without_connectors(left)

    def hears_artist(self, since: int) -> bool:
        """Whether an artist has been heard since so many names."""
        return any(name in self._names.artists for name in self.heard[since:])

    def those(self, names: Iterable[Words]) -> tuple[Words, ...]:
        """Which of these names have been heard."""
        return tuple(name for name in names if name in self.heard)
