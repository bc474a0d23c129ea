"""Offers out of answers: a track as Beatport tells it, in any of its three forms.

the v4 object        id, name, mix_name, artists[{name}], remixers, key{…}, image{uri, dynamic_uri}
the flat track       track_id, track_name, artists[{artist_name, artist_type_name}], key_name, length in ms
the new track page   track_id, track_name, artists[{name, type}], track_length_ms, track_waveform_url with {w}x{h}

They differ in the names of things more than in the things, so one reader tries the names in turn. Any value may be
null.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from asyncscrape.musical_keys import key_of
from asyncscrape.parsers.beatport.offer import Offer, without_mix
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsers.half_characters import decoded_whole

Told = Mapping[str, Any]

WAVEFORM_SIZE = {"{w}": "1500", "{h}": "250"}
"""The size in which the waveform's picture is wanted."""

_NAMES = ("name", "artist_name", "genre_name", "sub_genre_name", "label_name", "release_name")
_DATES = ("new_release_date", "release_date", "publish_date")
"""The day it came out first; the day it was published here may be years later."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LENGTH = re.compile(r"(?:(\d+):)?(\d+):(\d\d)")


class SentOffer(msgspec.Struct):
    """What is read of a track, in any of its forms, as it was sent."""

    id: Any = None
    track_id: Any = None
    name: Any = None
    track_name: Any = None
    mix_name: Any = None
    artists: Any = None
    remixers: Any = None
    length_ms: Any = None
    track_length_ms: Any = None
    length: Any = None
    isrc: Any = None
    release: Any = None
    label: Any = None
    slug: Any = None
    bpm: Any = None
    key: Any = None
    key_name: Any = None
    key_camelot: Any = None
    key_id: Any = None
    genre: Any = None
    sub_genre: Any = None
    new_release_date: Any = None
    release_date: Any = None
    publish_date: Any = None
    catalog_number: Any = None
    image: Any = None
    track_waveform_url: Any = None
    track_image_dynamic_uri: Any = None
    track_image_uri: Any = None
    sample_url: Any = None

    @property
    def number(self) -> Any:
        """Its id."""
        return self.track_id if self.id is None else self.id

    @property
    def title(self) -> str | None:
        """Its name, perhaps with the mix."""
        return text(self.track_name if self.name is None else self.name)


_AS_JSON = msgspec.json.Decoder(SentOffer)


def sent_offer(told: Any) -> SentOffer | None:
    """A track, decoded already or not; None for anything that has not the least that makes one."""
    try:
        sent = (
            decoded_whole(_AS_JSON.decode, told)
            if isinstance(told, msgspec.Raw)
            else msgspec.convert(told, SentOffer)
        )
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return sent if isinstance(sent.number, int) and sent.title else None


def offers_of(tracks: Any, most: int) -> list[Offer]:
    """The first offers in a list of tracks. One that cannot be read is left out, unless none can be read."""
    if not isinstance(tracks, list):
        raise ParseError("the answer has no list of tracks; has Beatport changed?")
    found: list[Offer] = []
    for track in tracks:
        if len(found) == most:
            break
        if sent := sent_offer(track):
            found.append(_offer(sent))
    if tracks and not found:
        raise ParseError("no track of the answer has an id and a name; has Beatport changed?")
    return found


def offer_of(told: Told) -> Offer:
    """The offer that a track tells."""
    return _offer(msgspec.convert(told, SentOffer))


def _offer(sent: SentOffer) -> Offer:
    mix = text(sent.mix_name)
    release, genre, bpm = entry(sent.release), entry(sent.genre), sent.bpm
    artists = entries(sent.artists)
    return Offer(
        id=sent.number,
        name=without_mix(sent.title or "", mix),
        mix_name=mix,
        artists=names(one for one in artists if not is_remixer(one)),
        remixers=names([*filter(is_remixer, artists), *entries(sent.remixers)]),
        length_ms=length_ms(first(sent.length_ms, sent.track_length_ms, sent.length)),
        isrc=text(sent.isrc),
        release=name_of(release),
        label=name_of(sent.label) or name_of(release.get("label")),
        slug=text(sent.slug),
        bpm=round(bpm) if isinstance(bpm, int | float) and bpm > 0 else None,
        key=key_of(sent.key) or key_of(sent.key_name) or key_of(sent.key_camelot) or key_of(sent.key_id),
        genre=name_of(genre),
        sub_genre=name_of(sent.sub_genre) or name_of(genre.get("sub_genre")),
        release_date=day(
            first(sent.new_release_date, sent.release_date, sent.publish_date) or release.get("release_date")
        ),
        catalog_number=text(sent.catalog_number) or text(release.get("catalog_number")),
        waveform_url=waveform(sent),
        preview_url=address(sent.sample_url),
    )


def first(*values: Any) -> Any:
    """The first of these values that is told."""
    for value in values:
        if value is not None:
            return value
    return None


def text(told: Any) -> str | None:
    """A text with something in it."""
    return told.strip() or None if isinstance(told, str) else None


def entry(told: Any) -> Told:
    """An object, or the first of a list of them; empty if there is none."""
    if isinstance(told, dict):
        return told
    return next((one for one in told if isinstance(one, dict)), {}) if isinstance(told, list) else {}


def name_of(told: Any) -> str | None:
    """The name of a thing, by whatever word it is called."""
    thing = entry(told)
    for word in _NAMES:
        if (name := thing.get(word)) is not None:
            return text(name)
    return None


def names(told: Iterable[Told]) -> tuple[str, ...]:
    """The names of people, each once."""
    return tuple(dict.fromkeys(name for one in told if (name := name_of(one))))


def entries(told: Any) -> list[Told]:
    """The objects in a list."""
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def is_remixer(told: Told) -> bool:
    """Whether somebody in a list of artists is there as a remixer. Flat tracks have all in one list, in any order."""
    return bool(first(told.get("artist_type_name"), told.get("type")) == "Remixer")


def length_ms(sent: Any) -> int | None:
    """The length in milliseconds; v4 may tell only "4:45"."""
    if isinstance(sent, str) and (found := _LENGTH.fullmatch(sent.strip())):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000
    return sent if isinstance(sent, int) and sent > 0 else None


def day(told: Any) -> str | None:
    """The day of a date with or without a time."""
    found = _DAY.match(told) if isinstance(told, str) else None
    return found[0] if found else None


def waveform(sent: SentOffer) -> str | None:
    """The address of the waveform's picture in the wanted size. In a v4 object it is called the image."""
    image = entry(sent.image)
    return address(
        first(
            image.get("dynamic_uri"),
            image.get("uri"),
            sent.track_waveform_url,
            sent.track_image_dynamic_uri,
            sent.track_image_uri,
        )
    )


def address(told: Any) -> str | None:
    """The address of a file, with its template filled in."""
    url = text(told) or ""
    for place, size in WAVEFORM_SIZE.items():
        url = url.replace(place, size)
    return url if url.startswith(("https://", "http://")) else None
