"""What a comment looks like, whatever its words: its length, its links, names, times, capitals and repetitions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.sentiment.comment_words import in_words
from asyncscrape.analysis.sentiment.normal_text import BETWEEN, TABLED, Codes, Mask, NormalText, Places

Measures = NDArray[np.float64]

VOWELS = np.array([*map(ord, "aeiouyаеиоуыэюяієї")], dtype=np.uint32)
EMOJI = ((0x2190, 0x2BFF), (0x1F000, 0x1FAFF))
MASHED = 5
"""Consonants in a row that hardly any word has."""
MOST_LEVELS = 16
LENGTHS = (1, 2, 3, 4, 6, 9, 14, 22, 35, 60, 100, 200)
COUNTS = (1, 2, 3, 5)
WORD_COUNTS = (1, 2, 3, 4, 5, 7, 10, 15, 25, 50)
SHARES = (0.01, 0.2, 0.4, 0.6, 0.8, 0.99)


def shapes(text: NormalText) -> tuple[NDArray[np.uint64], Places]:
    """The marks that comments have, as codes, with the comment of each."""
    levels = np.stack([*_levels(text)])
    kinds = np.arange(len(levels), dtype=np.uint64)[:, None] * np.uint64(MOST_LEVELS * MOST_LEVELS)
    return (levels.astype(np.uint64) + kinds).T.ravel(), np.repeat(np.arange(text.count), len(levels))


def _levels(text: NormalText) -> Iterator[Places]:
    """The level of each measure, for every comment; some in pairs."""
    characters = _Characters(text)
    length = np.digitize(characters.length, LENGTHS)
    words = np.digitize(characters.words, WORD_COUNTS)
    title = np.digitize(characters.per_word(characters.titles), SHARES)
    named = np.digitize(characters.per_word(characters.mentions), SHARES)
    digits = np.digitize(characters.share(characters.digits), SHARES)
    links = np.digitize(characters.links, COUNTS)
    signs = np.digitize(characters.plain_signs, COUNTS)
    emoji = np.digitize(characters.emoji, COUNTS)
    yield from (length, words, title, named, digits, links, signs, emoji)
    yield np.digitize(characters.share(characters.capitals), SHARES)
    yield np.digitize(characters.share(characters.vowels), SHARES)
    yield np.digitize(characters.mashed, COUNTS)
    yield np.digitize(characters.stretched, COUNTS)
    yield np.digitize(characters.times, COUNTS)
    for sign in "?!@#:.,\"'()$%-_+>&":
        yield np.digitize(characters.sign(sign), COUNTS)
    yield words * MOST_LEVELS + title
    yield words * MOST_LEVELS + named
    yield words * MOST_LEVELS + links
    yield length * MOST_LEVELS + digits
    yield length * MOST_LEVELS + emoji
    yield words * MOST_LEVELS + emoji
    yield words * MOST_LEVELS + np.digitize(characters.sign("?"), COUNTS)
    yield np.digitize(characters.times, COUNTS) * MOST_LEVELS + words


class _Characters:
    """What there is in each comment, counted."""

    def __init__(self, text: NormalText) -> None:
        self._text = text
        codes = text.codes
        letters = in_words(text)
        digits = (codes >= ord("0")) & (codes <= ord("9"))
        before = _before(letters)
        firsts = letters & ~before
        self.length = self._count(codes != BETWEEN)
        self.words = self._count(firsts)
        self.titles = self._count(firsts & text.upper)
        self.mentions = self._count(firsts & _before(codes == ord("@")))
        self.digits = self._count(digits)
        self.capitals = self._count(text.upper)
        self.stretched = self._count(text.stretched)
        dotted = before & _after(letters & ~digits)
        schemes = _before(codes == ord(":")) & (codes == ord("/"))
        self.links = self._count((codes == ord(".")) & dotted) + 2 * self._count(schemes)
        self.times = self._count((codes == ord(":")) & _before(digits) & _after(digits))
        self.emoji = self._count(_between(codes, EMOJI))
        self.plain_signs = self._count((codes < TABLED) & ~letters & (codes > ord(" ")))
        vowels = np.isin(codes, VOWELS)
        self.vowels = self._count(vowels)
        self.mashed = self._count(_in_a_row(letters & ~digits & ~vowels & (codes < ord("{")), MASHED))

    def _count(self, where: Mask) -> Measures:
        return np.bincount(self._text.rows[where], minlength=self._text.count)[: self._text.count].astype(np.float64)

    def sign(self, sign: str) -> Measures:
        """How often each comment has the sign."""
        return self._count(self._text.codes == ord(sign))

    def share(self, counted: Measures) -> Measures:
        """What part of a comment's characters that is."""
        return counted / np.maximum(self.length, 1)

    def per_word(self, counted: Measures) -> Measures:
        """What part of a comment's words that is."""
        return counted / np.maximum(self.words, 1)


def _before(where: Mask) -> Mask:
    """Where the character before is such a one."""
    return np.concatenate([where[:0], [False], where[:-1]])


def _after(where: Mask) -> Mask:
    """Where the character after is such a one."""
    return np.concatenate([where[1:], [False]])


def _in_a_row(where: Mask, many: int) -> Mask:
    """Where such characters have stood so many times in a row."""
    for _ in range(many - 1):
        where = where & _before(where)
    return where


def _between(codes: Codes, ranges: tuple[tuple[int, int], ...]) -> Mask:
    found = np.zeros(len(codes), dtype=np.bool_)
    for first, last in ranges:
        found |= (codes >= first) & (codes <= last)
    return found
