"""Pieces of music before anybody uploads or sells them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from asyncscrape.replica.scene import word_lists
from asyncscrape.replica.scene.nouns import Profile
from asyncscrape.replica.scene.people import START, people

Form = Literal[
    "original", "collab", "featuring", "remixed", "remix", "edit", "mashup", "live", "cover", "sketch", "set"
]

SOLD_FORMS = ("original", "collab", "featuring", "remixed", "remix")
"""The forms of which a shop may have the same recording."""
FOREIGN_FORMS = ("remix", "edit", "mashup", "cover")
"""The forms that are made of somebody else's piece."""
_FORMS: tuple[Form, ...] = (
    *("original",) * 10,
    *("collab",) * 3,
    *("featuring",) * 2,
    *("remixed",) * 3,
    *("remix",) * 3,
    *("edit", "mashup", "live", "cover", "sketch"),
    *("set",) * 4,
)
_SECOND = 1_000
_MINUTE = 60 * _SECOND


@dataclass(frozen=True)
class Recording:
    """One piece of music."""

    form: Form
    by: Profile
    """The one who made it, whose profile shows it."""
    other: Profile
    """The partner, singer, remixer or maker of the original, whichever the form needs."""
    title: str
    latin_title: str
    """The title as a shop spells it."""
    mix: str
    """ "Original Mix" or the mix's name."""
    length_ms: int
    bpm: int
    key: int
    """A shop's number of the key."""
    style: int
    """Place in `word_lists.GENRES`."""
    label: int
    """Place in `word_lists.LABELS`."""
    made: datetime

    @property
    def makers(self) -> tuple[Profile, ...]:
        """The artists of the original piece."""
        if self.form in FOREIGN_FORMS:
            return (self.other,)
        return (self.by, self.other) if self.form in ("collab", "featuring") else (self.by,)

    @property
    def remixers(self) -> tuple[Profile, ...]:
        """Those who remixed it."""
        return {"remix": (self.by,), "remixed": (self.other,)}.get(self.form, ())


def recordings(random: Random, by: Profile, number: int, since: datetime, until: datetime) -> Iterator[Recording]:
    """So many pieces of one artist, from the newest to the oldest."""
    seconds = int((until - since).total_seconds())
    for age in sorted(random.randrange(seconds) for _ in range(number)):
        yield _recording(random, by, until - timedelta(seconds=age + 1))


def other_version(random: Random, piece: Recording) -> Recording:
    """Another version of a piece, which shops sell beside it."""
    mix = random.choice(("Extended Mix", "Radio Edit", "Dub Mix", "Instrumental", "2026 Remaster", "Original Mix"))
    if mix == piece.mix:
        mix = "Extended Version"
    change = random.choice((-90, -45, -7, 6, 30, 75, 150)) * _SECOND
    return replace(
        piece, form="original" if piece.form == "remixed" else piece.form, mix=mix, length_ms=piece.length_ms + change
    )


def namesake(random: Random, piece: Recording) -> Recording:
    """A piece of other people with the same title."""
    by, other = random.choice(people().artists), random.choice(people().artists)
    apart = random.choice((-80, -3, 2, 60)) * _SECOND
    fresh = _recording(random, by, piece.made)
    return replace(
        fresh,
        form="original",
        other=other,
        title=piece.title,
        latin_title=piece.latin_title,
        mix="Original Mix",
        length_ms=max(piece.length_ms + apart, 90 * _SECOND),
    )


def _recording(random: Random, by: Profile, made: datetime) -> Recording:
    form = random.choice(_FORMS)
    other = _other(random, by)
    title, latin = _title(random, by)
    return Recording(
        form=form,
        by=by,
        other=other,
        title=title,
        latin_title=latin,
        mix=_mix(random, form, by, other),
        length_ms=_length(random, form),
        bpm=random.choice((random.randint(118, 138), random.randint(110, 150))),
        key=random.randint(25, 34) if random.random() < 0.08 else random.randint(1, 24),
        style=random.randrange(len(word_lists.GENRES)),
        label=random.randrange(len(word_lists.LABELS)),
        made=made,
    )


def _other(random: Random, by: Profile) -> Profile:
    other = random.choice(people().artists)
    return other if other.id != by.id else people().artists[(people().artists.index(by) + 1) % len(people().artists)]


def _title(random: Random, by: Profile) -> tuple[str, str]:
    if random.random() < (0.5 if by.latin else 0.02):
        return random.choice(word_lists.SCRIPTED_TITLES)
    if random.random() < 0.12:
        plain = random.choice(word_lists.PLAIN_TITLES)
        return plain, plain
    title = f"{random.choice(word_lists.MOODS)} {random.choice(word_lists.THINGS)}"
    if random.random() < 0.3:
        title += random.choice((" II", " 3am", " of the Night", " (Part 1)", ", Again", " & Dust"))
    return title, title


def _mix(random: Random, form: Form, by: Profile, other: Profile) -> str:
    if form in ("remix", "remixed"):
        name = (by if form == "remix" else other).username
        return random.choice(("{} Remix", "{} Remix", "{} Dub", "{} Rework", "{}'s Late Night Mix")).format(name)
    return random.choice(("Original Mix",) * 7 + ("Extended Mix", "Dub Mix", "Radio Edit"))


def _length(random: Random, form: Form) -> int:
    if form == "set":
        return random.choice((random.randrange(16, 45), random.randrange(50, 190))) * _MINUTE + random.randrange(
            _MINUTE
        )
    if form == "sketch":
        return random.randrange(20 * _SECOND, 150 * _SECOND)
    return random.randrange(210 * _SECOND, 500 * _SECOND) + (6 * _MINUTE if random.random() < 0.03 else 0)


BEGINNING = START - timedelta(days=9 * 365)
"""The day of the oldest pieces."""
