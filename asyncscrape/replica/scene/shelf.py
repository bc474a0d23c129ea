"""Pieces of music as a shop sells them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from random import Random

from asyncscrape.replica.scene import word_lists
from asyncscrape.replica.scene.nouns import Credit, Profile, Release, SoldTrack
from asyncscrape.replica.scene.people import people, picture_key
from asyncscrape.replica.scene.recordings import Recording
from asyncscrape.replica.scene.transliteration import folded, slug

_FIRST_CREDIT = 100_001
_FIRST_LABEL = 50_001
_NOT_DRAWN = 41
"""Of every so many tracks one has no picture of its waveform."""
_NO_SLUG = "---"
"""The slug of a name without a Latin letter."""


def sold(random: Random, number: int, piece: Recording) -> SoldTrack:
    """The piece under the shop's number `number`."""
    genre, sub_genre, _ = word_lists.GENRES[piece.style]
    release = _release(random, number, piece)
    name = _name(random, piece)
    track = SoldTrack(
        id=number,
        name=name,
        mix=_shop_mix(piece),
        slug=slug(name) or _NO_SLUG,
        artists=tuple(map(credit, piece.makers)),
        remixers=tuple(map(credit, piece.remixers)),
        bpm=None if random.random() < 0.01 else piece.bpm,
        key=None if random.random() < 0.01 else piece.key,
        length_ms=None if random.random() < 0.02 else piece.length_ms,
        isrc=_isrc(random, number) if random.random() < 0.85 else None,
        genre=genre,
        sub_genre=sub_genre if random.random() < 0.7 else None,
        release=release,
        catalog_number=f"{word_lists.LABELS[piece.label][1]}{number % 400:03}",
        published=(piece.made + timedelta(days=random.randrange(-40, 40))).date(),
        waveform=picture_key(random),
        sample=picture_key(random),
    )
    return track if number % _NOT_DRAWN else replace(track, waveform=None)


def credit(artist: Profile) -> Credit:
    """An artist as the shop spells them."""
    return _credits()[artist.id]


def spelled(artist: Profile) -> str:
    """The shop's transliteration of an artist's name."""
    name = artist.latin or artist.username
    match artist.id % 9:
        case 0:
            return folded(name).title()
        case 1:
            return name.upper()
    return name.removesuffix(" [live]").strip("_")


@cache
def _credits() -> dict[int, Credit]:
    everybody = (*people().artists, *people().namesakes, *people().labels)
    return {
        artist.id: Credit(_FIRST_CREDIT + 7 * place, spelled(artist), slug(spelled(artist)) or _NO_SLUG)
        for place, artist in enumerate(everybody)
    }


def _name(random: Random, piece: Recording) -> str:
    title = piece.title if random.random() < 0.3 else piece.latin_title
    if piece.form == "featuring" and random.random() < 0.6:
        return f"{title} feat. {spelled(piece.other)}"
    return title


def _shop_mix(piece: Recording) -> str:
    for remixer in piece.remixers:
        return piece.mix.replace(remixer.username, spelled(remixer))
    return piece.mix


def _release(random: Random, number: int, piece: Recording) -> Release:
    name = random.choice(("{} EP", "{}", "{} / B-Sides", "Various Artists Vol. 3")).format(piece.latin_title)
    label = word_lists.LABELS[piece.label][0]
    return Release(
        number // 3 + 2_000_000, name, slug(name) or _NO_SLUG, _FIRST_LABEL + piece.label, label, picture_key(random)
    )


def _isrc(random: Random, number: int) -> str:
    return f"{random.choice(('DE', 'SE', 'GB', 'QZ'))}{random.choice(('A1B', 'X7K', 'LV4'))}{number % 10_000_000:07}"
