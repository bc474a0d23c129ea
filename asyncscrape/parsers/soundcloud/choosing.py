"""Whom a name means: the first of the best hits with enough followers. Every candidate is told, and the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from asyncscrape.model import Withdrawal
from asyncscrape.parsers.soundcloud.described import Person
from asyncscrape.parsers.soundcloud.music_tables import ARTIST_CHOICES, ChoiceRow

CANDIDATES = 5
"""How many hits are looked at."""
NOBODY_RANK = 0
"""The rank of the row that says that nobody is meant."""
NOBODY_SAID = "the artists file says that nobody is meant"


class Choice(NamedTuple):
    """The outcome of a search."""

    rows: list[ChoiceRow]
    chosen: Person | None = None

    @property
    def withdrawn(self) -> list[Withdrawal]:
        """The rows of an earlier outcome that have no place in this one."""
        there = {row.rank for row in self.rows}
        name = self.rows[0].artist_name
        return [
            Withdrawal(ARTIST_CHOICES.name, {"artist_name": name, "rank": rank})
            for rank in range(CANDIDATES + 1)
            if rank not in there
        ]


def among(name: str, hits: Iterable[Person], least: int) -> Choice:
    """The choice among the hits of a search."""
    found = list(hits)[:CANDIDATES]
    chosen = next((one for one in found if one.followers is not None and one.followers >= least), None)
    rows = [_row(name, rank, one, one is chosen, _why(one, chosen, least)) for rank, one in enumerate(found, 1)]
    if chosen is None:
        none = f"none of the {len(found)} best hits has {_enough(least)}" if found else "the search finds nobody"
        rows.append(ChoiceRow(name, NOBODY_RANK, why=none))
    return Choice(rows, chosen)


def nobody(name: str, hits: Sequence[Person] = (), why: str = NOBODY_SAID) -> Choice:
    """The outcome that nobody is meant, with the candidates there would be."""
    rows = [_row(name, rank, one, False, why) for rank, one in enumerate(hits[:CANDIDATES], 1)]
    return Choice([*rows, ChoiceRow(name, NOBODY_RANK, why=why)])


def given(name: str, person: Person) -> Choice:
    """The profile whose permalink was given."""
    return Choice([_row(name, 1, person, True, "its permalink is given")], person)


def _row(name: str, rank: int, one: Person, chosen: bool, why: str) -> ChoiceRow:
    return ChoiceRow(name, rank, one.id, one.permalink, one.name, one.followers, chosen, why)


def _why(one: Person, chosen: Person | None, least: int) -> str:
    if one is chosen:
        return f"the first of the {CANDIDATES} best hits with {_enough(least)}"
    if one.followers is None:
        return "the number of followers is not told"
    return "a better hit has enough followers" if one.followers >= least else f"fewer than {least:,} followers"


def _enough(least: int) -> str:
    return f"at least {least:,} followers"
