"""The track that is looked for: the facts that a search and a comparison need, and the words to search for."""

from __future__ import annotations

import re

import msgspec

from asyncscrape.parsers.beatport.matching.layout import TitlePart, laid_out
from asyncscrape.parsers.beatport.matching.spelling import Words, words
from asyncscrape.parsers.beatport.matching.versions import names_version
from asyncscrape.parsers.beatport.matching.vocabulary import CATALOGUE, CLIPPED, CONNECTORS, DUST, WHOLE_PART_IS_DUST

SEARCH = "beatport search"
TRACK = "beatport track"
PER_PAGE = 25
"""Results on a page, as the site itself asks for."""
MOST_WORDS = 14
"""Longer searches find less."""


class LookedFor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A SoundCloud track as far as it is known when Beatport is asked."""

    id: int
    title: str
    uploader: str | None = None
    artist: str | None = None
    """The wanted artist on whose account it was found."""
    label_name: str | None = None
    made_by: str | None = None
    """The artist as the distributor names it (`publisher_metadata.artist`)."""
    duration_ms: int | None = None
    isrc: str | None = None
    artist_id: int = 0
    """The profile it was found at: whatever belongs to that can be withdrawn."""
    life: int = 0
    """How often that artist has been withdrawn and chosen again, in a number that only grows."""

    @property
    def note(self) -> str:
        """The note of a request that looks for it."""
        return msgspec.json.encode(self).decode()


_decode = msgspec.json.Decoder(LookedFor).decode


def looked_for(note: str) -> LookedFor:
    """The track of a request, from its note."""
    return _decode(note)


def search_words(track: LookedFor) -> str:
    """The words to search for: title and artist without dust and without brackets.

    The web search refuses more than one pair of brackets, and knows no use for one.
    """
    laid = laid_out(track.title)
    parts = [part for part in laid if not is_dust(part)]
    if sum(part.base for part in parts) < 2:
        # A title may look like dust: "Fathom - 22", "On (Lio Sand Remix)".
        titles = [part for part in laid if part.base and WHOLE_PART_IS_DUST.isdisjoint(part.words)]
        parts = [part for part in laid if part in parts or part in titles[:2]]
    told = [word for part in parts for word in spoken(part)]
    if sum(part.base for part in parts) < 2:
        named = {word for part in parts for word in part.words}
        artist = track.made_by or track.artist or track.uploader or ""
        told += [word for word in plain_words(artist) if not named.issuperset(words(word))]
    return " ".join(told[:MOST_WORDS]) or track.title.translate(_NO_BRACKETS).strip()


_NO_BRACKETS = dict.fromkeys(map(ord, "()[]{}"), " ")


def is_dust(part: TitlePart) -> bool:
    """Whether a part of a title names neither music nor people: "PREMIERE", "[TDW005]", "FREE DOWNLOAD"."""
    if part.kind == "square" and not names_version(part.words):
        return True
    return dusty(part.words)


def dusty(told: Words) -> bool:
    """Whether words are dust as a whole."""
    return not WHOLE_PART_IS_DUST.isdisjoint(told) or all(
        word in DUST or word in CLIPPED or CATALOGUE.fullmatch(word) for word in told
    )


def spoken(part: TitlePart) -> list[str]:
    """The words of a part as they are written, without those that join names."""
    told = plain_words(part.text)
    joining = CONNECTORS | {"&", "+", "ft", "featuring", "versus"}
    return [word for word in told if word.lower() not in joining] or told


def plain_words(text: str) -> list[str]:
    """The words of a text as they are written, without signs around them."""
    return re.findall(r"[^\W_](?:[\w'’.-]*[^\W_])?|[$!?#%&+@]+", text)
