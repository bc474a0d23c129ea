"""Which pieces are uploaded by whom and when, and what the shop has besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Literal

from asyncscrape.replica.scene.nouns import Profile, SoldTrack
from asyncscrape.replica.scene.people import people
from asyncscrape.replica.scene.recordings import SOLD_FORMS, Recording, namesake, other_version
from asyncscrape.replica.scene.shelf import sold

Fate = Literal["public", "private", "deleted"]

_SOLD = 0.72
"""The share of what could be in the shop that is there: of all proper tracks, about 60 %."""
_OTHER_VERSIONS = 0.45
_NAMESAKES = 0.15
_ORIGINALS = 0.8
"""How often the shop has the piece of which an edit, a cover or a live version was made."""


@dataclass(frozen=True)
class Entry:
    """A piece that is about to be uploaded."""

    by: Profile
    """The one who uploads it: the artist or the label."""
    piece: Recording
    sold: SoldTrack | None
    posted: datetime
    fate: Fate


@dataclass
class ShopEntries:
    """What is sold so far. Numbers grow."""

    random: Random
    first: int
    tracks: list[SoldTrack] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = count(self.first, 3)

    def add(self, piece: Recording) -> SoldTrack:
        """Sell a piece."""
        track = sold(self.random, next(self._numbers), piece)
        self.tracks.append(track)
        return track


def entries(random: Random, pieces: Iterable[Recording], shop: ShopEntries) -> Iterator[Entry]:
    """The artists' own uploads, while the shop fills."""
    for piece in pieces:
        track = shop.add(piece) if piece.form in SOLD_FORMS and random.random() < _SOLD else None
        _mislead(random, piece, shop, is_sold=track is not None)
        yield Entry(piece.by, piece, track, piece.made, _fate(random))


def label_entries(random: Random, own: Iterable[Entry], number: int) -> Iterator[Entry]:
    """So many of the sold pieces on the labels' profiles, posted about the same time."""
    for entry in random.sample([entry for entry in own if entry.sold], number):
        earlier = timedelta(seconds=random.randrange(3_600, 20 * 86_400))
        label = people().labels[entry.piece.label]
        yield Entry(label, entry.piece, entry.sold, entry.posted - earlier, _fate(random))


def _mislead(random: Random, piece: Recording, shop: ShopEntries, is_sold: bool) -> None:
    """Sell what can be mistaken for the piece: other versions, the original of an edit, pieces of the same title."""
    if is_sold and random.random() < _OTHER_VERSIONS:
        shop.add(other_version(random, piece))
    if piece.form in ("edit", "mashup", "cover", "live", "remix") and random.random() < _ORIGINALS:
        shop.add(_original(random, piece))
    if piece.form != "set" and random.random() < _NAMESAKES:
        shop.add(namesake(random, piece))


def _original(random: Random, piece: Recording) -> Recording:
    apart = random.choice((-60, -20, -2, 3, 40)) * 1_000
    by = piece.by if piece.form == "live" else piece.other
    return replace(piece, form="original", by=by, mix="Original Mix", length_ms=piece.length_ms + apart)


def _fate(random: Random) -> Fate:
    return random.choices(("public", "private", "deleted"), (970, 15, 15))[0]
