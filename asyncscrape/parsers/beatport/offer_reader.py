"""Offers out of answers: a track as Beatport tells it, in any of its three forms.

the v4 object        id, name, mix_name, artists[{name}], remixers, key{…}, image{uri, dynamic_uri}
the flat track       track_id, track_name, artists[{artist_name, artist_type_name}], key_name, length in ms
the new track page   track_id, track_name, artists[{name, type}], track_length_ms, track_waveform_url with {w}x{h}

They differ in the names of things more than in the things, so one reader tries the names in turn. Any value may be
null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from asyncscrape.parsers.beatport.musical_keys import MusicalKey, key_of
from asyncscrape.parsers.beatport.offer import Offer, without_mix
from asyncscrape.parsers.errors import ParseError

Told = Mapping[str, Any]

WAVEFORM_SIZE = {"{w}": "1500", "{h}": "250"}
"""The size in which the waveform's picture is wanted."""

_NAMES = ("name", "artist_name", "genre_name", "sub_genre_name", "label_name", "release_name")
_DATES = ("new_release_date", "release_date", "publish_date")
"""The day it came out first; the day it was published here may be years later."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LENGTH = re.compile(r"(?:(\d+):)?(\d+):(\d\d)")


def offers_of(tracks: Any, most: int) -> list[Offer]:
    """The first offers in a list of tracks. One that cannot be read is left out, unless none can be read."""
    if not isinstance(tracks, list):
        raise ParseError("the answer has no list of tracks; has Beatport changed?")
    found = [offer_of(track) for track in islice(filter(is_track, tracks), most)]
    if tracks and not found:
        raise ParseError("no track of the answer has an id and a name; has Beatport changed?")
    return found


def is_track(told: Any) -> bool:
    """Whether something has the least that makes a track."""
    known = isinstance(told, Mapping)
    return known and isinstance(first(told, "id", "track_id"), int) and bool(text(first(told, "name", "track_name")))


def offer_of(told: Told) -> Offer:
    """The offer that a track tells."""
    mix = text(told.get("mix_name"))
    release = entry(told.get("release"))
    genre = entry(told.get("genre"))
    bpm = told.get("bpm")
    return Offer(
        id=first(told, "id", "track_id"),
        name=without_mix(text(first(told, "name", "track_name")) or "", mix),
        mix_name=mix,
        artists=tuple(people(told, remixers=False)),
        remixers=tuple(people(told, remixers=True)),
        length_ms=length_ms(told),
        isrc=text(told.get("isrc")),
        release=name_of(release),
        label=name_of(told.get("label")) or name_of(release.get("label")),
        slug=text(told.get("slug")),
        bpm=round(bpm) if isinstance(bpm, int | float) and bpm > 0 else None,
        key=musical_key(told),
        genre=name_of(genre),
        sub_genre=name_of(told.get("sub_genre")) or name_of(genre.get("sub_genre")),
        release_date=day(
            first(told, "new_release_date", "release_date", "publish_date") or release.get("release_date")
        ),
        catalog_number=text(told.get("catalog_number")) or text(release.get("catalog_number")),
        waveform_url=waveform(told),
        preview_url=address(told.get("sample_url")),
    )


def first(told: Told, *names: str) -> Any:
    """The first of these values that is told."""
    for name in names:
        if (value := told.get(name)) is not None:
            return value
    return None


def text(told: Any) -> str | None:
    """A text with something in it."""
    return told.strip() or None if isinstance(told, str) else None


def entry(told: Any) -> Told:
    """An object, or the first of a list of them; empty if there is none."""
    return told if isinstance(told, Mapping) else next(iter(entries(told)), {})


def name_of(told: Any) -> str | None:
    """The name of a thing, by whatever word it is called."""
    return text(first(entry(told), *_NAMES))


def people(told: Told, *, remixers: bool) -> Iterator[str]:
    """The artists or the remixers. Flat tracks have both in one list, in any order."""
    listed = [one for one in entries(told.get("artists")) if is_remixer(one) == remixers]
    apart = entries(told.get("remixers")) if remixers else []
    yield from dict.fromkeys(name for one in [*listed, *apart] if (name := name_of(one)))


def entries(told: Any) -> list[Told]:
    """The objects in a list."""
    return [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []


def is_remixer(told: Told) -> bool:
    """Whether somebody in a list of artists is there as a remixer."""
    return bool(first(told, "artist_type_name", "type") == "Remixer")


def length_ms(told: Told) -> int | None:
    """The length in milliseconds; v4 may tell only "4:45"."""
    sent = first(told, "length_ms", "track_length_ms", "length")
    if isinstance(sent, str) and (found := _LENGTH.fullmatch(sent.strip())):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000
    return sent if isinstance(sent, int) and sent > 0 else None


def musical_key(told: Told) -> MusicalKey | None:
    """The key, by the first of its spellings that can be read."""
    spelt = (told.get(name) for name in ("key", "key_name", "key_camelot", "key_id"))
    return next((key for one in spelt if (key := key_of(one))), None)


def day(told: Any) -> str | None:
    """The day of a date with or without a time."""
    found = _DAY.match(told) if isinstance(told, str) else None
    return found[0] if found else None


def waveform(told: Told) -> str | None:
    """The address of the waveform's picture in the wanted size. In a v4 object it is called the image."""
    image = entry(told.get("image"))
    sent = first(image, "dynamic_uri", "uri") or first(
        told, "track_waveform_url", "track_image_dynamic_uri", "track_image_uri"
    )
    return address(sent)


def address(told: Any) -> str | None:
    """The address of a file, with its template filled in."""
    url = text(told) or ""
    for place, size in WAVEFORM_SIZE.items():
        url = url.replace(place, size)
    return url if url.startswith(("https://", "http://")) else None
