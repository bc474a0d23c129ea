"""Who else had a part in a track, of those who are stored: a remix has the audience of two artists.

The people whom Beatport names had one, and those in the title, as in "Tide (Kai M Remix) feat. Nora Vale"; and other
accounts of the same name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from asyncscrape.parsers.beatport.columns import featured
from asyncscrape.parsers.beatport.matching.credits import core, credited
from asyncscrape.parsers.beatport.matching.spelling import Words, words
from asyncscrape.parsers.beatport.matching.version_words import LENGTHS, NEUTRAL, SORTS

if TYPE_CHECKING:
    import polars as pl

CREDITS = ("producers", "remixers", "featured")
"""The columns with people whom Beatport names."""
_BRACKETS = re.compile(r"[(\[]([^()\[\]]+)[)\]]")
_VERSION = re.compile(
    r"\b(?:remix(?:ed)?|rmx|edit(?:ed)?|rework(?:ed)?|refix|remake|bootleg|flip|mix|version|dub|vip)\b", re.IGNORECASE
)
_NO_NAMES = frozenset((*LENGTHS, *NEUTRAL, *SORTS))
"""Words that are no name in a bracket: "(Extended Club Mix)"."""


def partners_of(artists: pl.DataFrame, tracks: pl.DataFrame) -> Iterator[tuple[int, list[int]]]:
    """Each track, and the ids of the stored artists who had a part in it beside its own."""
    names = dict(artists.select("id", "name").drop_nulls().iter_rows())
    called: defaultdict[Words, list[int]] = defaultdict(list)
    for artist, name in names.items():
        called[core(words(name))].append(artist)
    for track, artist, title, *shop in tracks.select("id", "artist_id", "title", *CREDITS).iter_rows():
        credits = [names.get(artist), *in_title(title or ""), *(name for some in shop for name in some or ())]
        found = {one for name in _names(credits) for one in called.get(name, ())}
        yield track, sorted(found - {artist})


def in_title(title: str) -> Iterator[str]:
    """The credits in a title: who made this version, and who is featured."""
    for inside in _BRACKETS.findall(title):
        if _VERSION.search(inside):
            yield from filter(str.strip, _VERSION.split(inside))
    yield from featured([title])


def _names(credits: Iterable[str | None]) -> Iterator[Words]:
    """The names in credits, in one spelling, and without what follows them: "Kai M Extended"."""
    for name in (name for credit in credits for name in credited(credit or "")):
        last = len(name)
        while last and name[last - 1] in _NO_NAMES:
            last -= 1
        if last:
            yield from (name, name[:last])
