"""The parts of a title as it is laid out: between dashes and other separators, and in brackets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import msgspec

from asyncscrape.parsers.beatport.matching.spelling import Words, is_plain, words

PartKind = Literal["base", "round", "square"]
Piece = tuple[PartKind, str]

_OPENING = frozenset("([{【〔「『〈《*")
_CLOSING = frozenset(")]}】〕」』〉》*")
_BRACKET = re.compile(r"([(\[{【〔「『〈《)\]}】〕」』〉》]|(?<!\w)\*+|\*+(?!\w))")
_SEPARATOR = re.compile(
    r"\s[-–—−~|/\\•·»:→]+\s|[|•»—–→“”„«;]|[!…]+\s|\.{3,}\s|\s=\s|(?<!\d)\"|(?<!\w)['‘]|['’](?!\w)|//+|:\s|::+|\s-|-\s"
)
_SPACED = re.compile(r"(?<!\S)[^\W\d_](?: [^\W\d_]){3,}(?!\S)")
"""Letters that stand apart to look well: "P R E M I E R E"."""
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_FILE = re.compile(r"\.(wav|mp3|aiff?|flac|m4a)\s*$", re.IGNORECASE)
_SHORT_YEAR = re.compile(r"(?<!\w)['‘’](\d\d)(?![\w'’])")
_NEW_NAME = re.compile(
    r"\((?:now|later|finally)?\s*(?:called|known as|titled|named|renamed(?: to)?)\s+([^)]+)\)", re.IGNORECASE
)
_RENAMED = re.compile(rf"[^-–—:|]*{_NEW_NAME.pattern}", re.IGNORECASE)
"""A title that is not the title any more: 'Untitled 3 (now called "Halo")'."""
_SMILE = re.compile(r"\s(?:<3+|[:;]-?[)D])\s*$")
_PLACE = re.compile(r"\s*(?:(\d{1,2}|[A-D]\d)[.)]|(0\d|[A-D]\d))\s+(?=\S)")


class TitlePart(msgspec.Struct, frozen=True):
    """A piece of a title."""

    text: str
    kind: PartKind
    words: Words

    @property
    def base(self) -> bool:
        """Whether it stands outside brackets."""
        return self.kind == "base"


@lru_cache(1024)
def laid_out(title: str, signs: str = "") -> tuple[TitlePart, ...]:
    """The parts of a title in their order. A number before it, as on a record, is a part of its own.

    Signs that are looked for, as a title without a letter, are a part of their own and not decoration.
    """
    before, _, after = title.partition(signs) if signs else (title, "", "")
    if signs and signs in title and not (before[-1:].isalnum() or after[:1].isalnum()):
        return (*laid_out(before), TitlePart(signs, "base", words(signs)), *laid_out(after))
    text = title if is_plain(title) else _without_decoration(title)
    text = _SPACED.sub(lambda letters: letters[0].replace(" ", ""), text)
    pieces = list(_bracketed(text))
    made = [TitlePart(text.strip(), kind, words(text)) for kind, text in _split(pieces)]
    return tuple(part for part in made if part.words)


def _without_decoration(title: str) -> str:
    """A title without what only decorates it or is not of it; signs that divide it are one sign."""
    text = _FILE.sub("", unicodedata.normalize("NFKC", title).replace("_", " "))
    text = _SMILE.sub("", _RENAMED.sub(r" \1 ", text) if _NEW_NAME.search(text) else text)
    text = _SHORT_YEAR.sub(lambda year: f"{19 if year[1] > '49' else 20}{year[1]}", text)
    return _FOREIGN.sub(lambda signs: "".join(map(_drawing_divides, signs[0])), text)


@lru_cache(4096)
def _drawing_divides(sign: str) -> str:
    """A sign, or a line between parts where it is a little picture: "★"."""
    return " | " if unicodedata.category(sign) == "So" and sign != "°" else sign


def _bracketed(text: str) -> Iterator[Piece]:
    """The text outside and inside brackets. An inner bracket is a part of its own, like its surroundings."""
    open_ones: list[PartKind] = []
    for piece in _BRACKET.split(text):
        if open_ones and (piece in _CLOSING or piece.startswith("*")):
            open_ones.pop()
        elif piece[:1] in _OPENING and piece:
            open_ones.append("round" if piece == "(" else "square")
        elif piece.strip() and piece not in _CLOSING:
            yield open_ones[-1] if open_ones else "base", piece


def _split(pieces: list[Piece]) -> Iterator[Piece]:
    """The pieces, those outside brackets divided at their separators."""
    for kind, text in pieces:
        for part in _SEPARATOR.split(text) if kind == "base" and not is_plain(text) else (text,):
            place = _PLACE.match(part) if kind == "base" else None
            if place:
                yield kind, place[0].rstrip(" .)")
            yield kind, part[place.end() :] if place else part
