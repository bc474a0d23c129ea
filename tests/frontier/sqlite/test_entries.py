"""The records of a group go into entries of the journal that SQLite can hold."""

from __future__ import annotations

from asyncscrape.frontier.journal_entries import entries
from asyncscrape.model import Lines


def test_an_entry_is_full_before_the_next_begins_and_a_page_is_never_cut() -> None:
    pieces = [Lines(1, b"x" * size) for size in (4, 4, 3, 20, 1)]
    assert [pieces[:2], pieces[2:3], pieces[3:4], pieces[4:]] == list(entries(pieces, 10))
    assert [] == list(entries([], 10))
