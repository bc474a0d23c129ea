"""Names as addresses and searches spell them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PLAIN = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "þ": "th", "ð": "d", "æ": "ae", "ı": "i", "đ": "d"})


def folded(text: str) -> str:
    """In lower case and without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_PLAIN)


def words_of(text: str) -> list[str]:
    """The words by which a search finds a text."""
    return re.findall(r"\w+", folded(text).replace("_", " "))


@lru_cache(maxsize=10_000)
def slug(text: str) -> str:
    """A name for an address: small Latin letters, digits and hyphens; empty if nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", folded(text)).strip("-")
