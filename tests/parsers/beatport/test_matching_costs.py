"""What a look-up costs: shortcuts change no answer, and endless titles are no trap."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asyncscrape.parsers.beatport.matching.best import best
from asyncscrape.parsers.beatport.matching.spelling import MOST_KEPT, Words, heard, most_slips, near, sounds
from asyncscrape.parsers.beatport.matching.word_places import near_places, places
from asyncscrape.parsers.beatport.offer import Offer
from asyncscrape.parsers.beatport.wanted import LookedFor

LETTERS = 10_000
MOST_SECONDS = 2.0
"""Many times what the dearest of them takes, for the slowest machine."""


def slips(one: str, other: str) -> int:
    """The letters to change, add, leave out or swap, by a table of all letters."""
    rows = [list(range(len(other) + 1))]
    for number, letter in enumerate(one, 1):
        row = [number]
        for place, own in enumerate(other, 1):
            row.append(min(rows[-1][place - 1] + (letter != own), rows[-1][place] + 1, row[-1] + 1))
            if number > 1 and place > 1 and one[number - 2 : number] == other[place - 1] + other[place - 2]:
                row[-1] = min(row[-1], rows[-2][place - 2] + 1)
        rows.append(row)
    return rows[-1][-1]


@settings(max_examples=300)
@given(st.text("abc", min_size=5, max_size=12), st.text("abc", min_size=5, max_size=12))
def test_slips_are_counted_as_in_a_table_of_all_letters(one: str, other: str) -> None:
    shorter, longer = sorted((one, other), key=len)
    if longer.startswith(shorter) or longer.endswith(shorter):
        return  # Words with something added are judged by another rule.
    assert near(one, other) == (slips(one, other) <= most_slips(len(shorter)))


some_words = st.lists(st.sampled_from(("glass", "tide", "glas", "tidal", "a", "ri", "sing", "1", "2")), max_size=6)


@given(some_words.map(tuple), some_words.map(tuple))
def test_places_are_those_that_a_look_at_every_place_finds(wanted: Words, told: Words) -> None:
    everywhere = [(start, end) for start in range(len(told)) for end in range(start + 1, len(told) + 1)]
    there = [(start, end) for start, end in everywhere if sounds(told[start:end]) == sounds(wanted)]
    assert there == list(places(wanted, told))
    assert {one for one in near_places(wanted, told) if not near(sounds(told[slice(*one)]), sounds(wanted))} == set()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("a" * LETTERS, "a" * (LETTERS - 1) + "b"),
        ("a " * (LETTERS // 2), "b " * (LETTERS // 2)),
        ("grmbl " * (LETTERS // 6), "brgml tsrk " * (LETTERS // 11)),
        ("abab" * (LETTERS // 4), "baba" * (LETTERS // 4)),
        ("ночь " * (LETTERS // 5), "night " * (LETTERS // 6)),
        ("(a) " * (LETTERS // 8), "a - " * (LETTERS // 8)),
        ("△" * LETTERS, "△△"),
    ],
    ids=["one word", "letters", "consonants", "turns", "Cyrillic", "brackets", "signs"],
)
def test_endless_titles_are_no_trap(title: str, name: str) -> None:
    begun = time.process_time()
    best(
        LookedFor(id=1, title=title, uploader=title, duration_ms=60_000),
        [Offer(id=1, name=name, artists=(name[:99],), length_ms=60_000)],
    )
    assert time.process_time() - begun < MOST_SECONDS


def test_endless_titles_are_not_kept_with_their_sounds() -> None:
    assert heard(("glass", "tide")) is heard(("glass", "tide"))
    endless = ("a",) * MOST_KEPT
    assert heard(endless) is not heard(endless)
