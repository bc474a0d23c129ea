"""The words of comments, hashed, and which of them stand after a negation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from asyncscrape.analysis.sentiment.normal_text import TABLED, Mask, NormalText, Places, normal_text

REACH = 3
"""Words after a negation that it turns."""
HANGUL = (0xAC00, 0xD7A3)
"""Korean is written with spaces; Chinese and Japanese are not, and have no words here."""
ORDER = np.uint64(0xD6E8FEB86659FD93)
NEGATIONS = """
not no never none nothing hardly barely without isnt wasnt dont doesnt didnt cant cannot wont wouldnt couldnt aint t
nicht kein keine keinen keiner nie niemals nix ohne niet geen nooit zonder ne pas jamais rien sans aucun aucune non
mai niente senza nessun nessuna no nunca nada sin jamas ningun ninguna nao nem sem nunca nenhum
nie nigdy bez nic ne neni nejsem nikdy nima не ни нет без никогда ничего нічого ніколи немає нема
inte ingen inget aldrig utan ej icke degil yok hic asla tidak bukan nggak gak ga ngga tak jangan kurang belum tanpa
لا ليس مش مو ما مافي بدون 안 못 없 없다 아니 아니다
"""


@dataclass(frozen=True)
class Words:
    """The words of many comments, one after the other."""

    hashes: NDArray[np.uint64]
    rows: Places
    """The comment that each belongs to."""
    negated: Mask
    """Which stand after a negation."""


def words_of(text: NormalText) -> Words:
    """The words of comments that are laid end to end."""
    hashes, rows = _hashed(text)
    return Words(hashes, rows, _after(np.isin(hashes, _negations()), rows))


def _hashed(text: NormalText) -> tuple[NDArray[np.uint64], Places]:
    """The hash of each word, and its comment."""
    inside = in_words(text)
    firsts = np.flatnonzero(inside[1:] & ~inside[:-1]) + 1
    if not len(firsts):
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
    codes = text.codes[inside].astype(np.uint64)
    starts = np.cumsum(inside)[firsts] - 1
    places = np.arange(len(codes)) - np.repeat(starts, np.diff(np.append(starts, len(codes))))
    scattered = (codes + np.uint64(1)) * (ORDER * (np.uint64(2) * places.astype(np.uint64) + np.uint64(1)))
    scattered ^= scattered >> np.uint64(31)
    return np.add.reduceat(scattered * ORDER, starts), text.rows[firsts]


def in_words(text: NormalText) -> Mask:
    """Which characters are letters or digits of words."""
    codes = text.codes
    tabled = _word_characters()[np.where(codes < TABLED, codes, 0)]
    return tabled | ((codes >= HANGUL[0]) & (codes <= HANGUL[1]))


@cache
def _word_characters() -> Mask:
    return np.array([chr(code).isalnum() for code in range(TABLED)], dtype=np.bool_)


@cache
def _negations() -> NDArray[np.uint64]:
    return np.unique(_hashed(normal_text(NEGATIONS.split()))[0])


def _after(negation: Mask, rows: Places) -> Mask:
    """Which words stand close after a negation in the same comment."""
    after = np.zeros(len(rows), dtype=np.bool_)
    for distance in range(1, REACH + 1):
        after[distance:] |= negation[:-distance] & (rows[distance:] == rows[:-distance])
    return after
