"""Comments as arrays of code points, laid end to end, in a spelling that case, accents and zeal do not change."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Mask = NDArray[np.bool_]
Places = NDArray[np.int64]

LONGEST = 1_000
"""Characters of a comment that count; nobody who writes more changes his mind after them."""
BETWEEN = 10
"""The code that stands before, between and after comments: a line feed."""
MOST_REPEATED = 2
"""Characters that are left of a run: "loooove" is spelled "loove"."""
TABLED = 0x2000
"""Codes below this are spelled by table: the alphabets, but neither signs nor Chinese, Japanese and Korean."""
DROPPED = ((0x200B, 0x200F), (0xFE00, 0xFE0F), (0x1F3FB, 0x1F3FF), (0xE0000, 0xE01EF))
"""Codes without a meaning here: invisible marks, forms of emoji, colours of skin."""
ACCENTS_END = 0x0900
"""Marks from here on are the vowels of Indian scripts, not accents."""
SPACE, APOSTROPHE, TYPOGRAPHIC_APOSTROPHE = ord(" "), ord("'"), 0x2019


@dataclass(frozen=True)
class NormalText:
    """Many comments in one array."""

    codes: Codes
    """Their characters, with `BETWEEN` before each comment and after the last."""
    rows: Places
    """The number of the comment that each code belongs to; a `BETWEEN` belongs to the comment after it."""
    upper: Mask
    """Where a capital letter stood."""
    stretched: Mask
    """Where a longer run of the same character ended."""
    count: int
    """How many comments there are."""

    @property
    def blank(self) -> Mask:
        """Which comments have no characters at all."""
        edges = np.flatnonzero(self.codes == BETWEEN)
        blank: Mask = np.diff(edges) == 1
        return blank


def normal_text(comments: Sequence[str]) -> NormalText:
    """Lay comments end to end, in lower case, without accents, and with runs and spaces cut short."""
    raw = _raw_codes(comments)
    lower, upper = _spelled(raw)
    kept, stretched = _kept(lower)
    codes = lower[kept]
    rows = np.cumsum(codes == BETWEEN) - 1
    return NormalText(codes, rows, upper[kept], stretched[kept], len(comments))


def _raw_codes(comments: Sequence[str]) -> Codes:
    lines = [unicodedata.normalize("NFKC", comment[:LONGEST].replace("\n", " ")).strip() for comment in comments]
    text = "\n".join(["", *lines, ""])
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _spelled(raw: Codes) -> tuple[Codes, Mask]:
    """The codes by the table, and where a capital stood."""
    spelling = _spelling()
    tabled = np.where(raw < TABLED, raw, 0)
    lower = np.where(raw < TABLED, spelling[tabled], raw)
    lower[raw == TYPOGRAPHIC_APOSTROPHE] = APOSTROPHE
    return lower, _capitals()[tabled]


def _kept(codes: Codes) -> tuple[Mask, Mask]:
    """Which codes stay, and where a long run ended."""
    same = np.zeros(len(codes), dtype=np.bool_)
    same[1:] = (codes[1:] == codes[:-1]) & (codes[1:] != BETWEEN)
    twice = same.copy()
    twice[1:] &= same[:-1]
    gone = twice | (same & (codes == SPACE)) | (codes == 0)
    for first, last in DROPPED:
        gone |= (codes >= first) & (codes <= last)
    stretched = np.zeros(len(codes), dtype=np.bool_)
    stretched[:-1] = twice[1:]
    return ~gone, stretched


@cache
def _spelling() -> Codes:
    """What each code of the alphabets is spelled as: small, without its accent; 0 for accents by themselves."""
    return np.array([_plain(code) for code in range(TABLED)], dtype=np.uint32)


def _plain(code: int) -> int:
    if code == BETWEEN:
        return code
    character = chr(code)
    if character.isspace():
        return SPACE
    kind = unicodedata.category(character)
    if character == "ـ" or kind in ("Cc", "Cf") or (kind == "Mn" and code < ACCENTS_END):
        return 0
    return ord(unicodedata.normalize("NFD", character.lower())[0])


@cache
def _capitals() -> Mask:
    return np.array([chr(code).isupper() for code in range(TABLED)], dtype=np.bool_)
