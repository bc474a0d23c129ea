"""Tracks as the shop writes them: the API's object, the flat one of the search, and that of today's track pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asyncscrape.replica.beatport.key_numbers import KEYS
from asyncscrape.replica.media.drawings import seed
from asyncscrape.replica.scene.nouns import Credit, SoldTrack
from asyncscrape.replica.scene.transliteration import slug

API = "https://api.beatport.com/v4"
PAGES_API = "https://api-internal.beatportprod.com/v4"
"""The address of the API in the data of pages."""
MEDIA = "https://geo-media.beatport.com/image_size"
SAMPLES = "https://geo-samples.beatport.com/track"

_GENRES = {
    "Techno (Peak Time / Driving)": 6,
    "Techno (Raw / Deep / Hypnotic)": 92,
    "Melodic House & Techno": 90,
    "Deep House": 12,
    "Minimal / Deep Tech": 14,
    "House": 5,
    "Trance (Main Floor)": 7,
    "Electro (Classic / Detroit / Modern)": 94,
}
_NO_PORTRAIT = 5_539_565
_STATES = {7: "Exclusive", 8: "New Release", 10: "General Content"}

Json = dict[str, Any]


def listed(track: SoldTrack, api: str = API) -> Json:
    """A track in the API's lists and searches; `api` is the root of the addresses in it."""
    return {
        "artists": _credits(track.artists, api),
        **_standing(track, api),
        "genre": _genre(track.genre, api),
        "id": track.id,
        "image": _picture(track.id, "1500x250", track.waveform, "png") if track.waveform else None,
        "is_available_for_streaming": True,
        "is_explicit": False,
        "is_ugc_remix": False,
        "is_dj_edit": False,
        "isrc": track.isrc,
        "key": _key(track.key, api),
        "label_track_identifier": None,
        "length": _minutes(track.length_ms),
        "length_ms": track.length_ms,
        "mix_name": track.mix,
        "name": track.name,
        **_sale(track, api),
        "slug": track.slug,
        "sub_genre": track.sub_genre and {**_genre(track.sub_genre, api, "sub-genres"), "enabled": True},
        "url": f"{api}/catalog/tracks/{track.id}/",
        "is_hype": False,
    }


def _standing(track: SoldTrack, api: str) -> Json:
    state = (7, 8, 10, 10, 10)[track.id % 5]
    return {
        "publish_status": "published",
        "available_worldwide": _is_everywhere(track),
        "bpm": track.bpm,
        "bsrc_remixer": [],
        "catalog_number": track.catalog_number,
        "current_status": {"id": state, "name": _STATES[state], "url": f"{api}/auxiliary/current-status/{state}/"},
        "encoded_date": f"{track.published.isoformat()}T10:00:00-06:00",
        "exclusive": state == 7,
        "free_downloads": [],
        "free_download_start_date": None,
        "free_download_end_date": None,
    }


def _sale(track: SoldTrack, api: str) -> Json:
    return {
        "new_release_date": track.published.isoformat(),
        "pre_order": False,
        "pre_order_date": None,
        "price": {"code": "EUR", "symbol": "€", "value": 1.49, "display": "€1.49"},
        "publish_date": track.published.isoformat(),
        "release": _release(track),
        "remixers": _credits(track.remixers, api),
        "sale_type": {"id": 1, "name": "purchase", "url": f"{api}/auxiliary/sale-types/1/"},
        "sample_url": _sample(track),
        "sample_start_ms": 120_000,
        "sample_end_ms": 240_000,
    }


def detailed(track: SoldTrack) -> Json:
    """A track on its own in the API: with more about it, and without its address."""
    more = {
        "audio_format": {"id": 1, "name": "LOSSLESS", "url": f"{API}/auxiliary/audio-formats/1/"},
        "desc": None,
        "enabled": True,
        "encode_status": "CONVERTED",
        "exclusive_period": {"days": 0, "description": "0 Days", "id": 1, "url": f"{API}/auxiliary/exclusive/1/"},
        "hidden": False,
        "is_classic": False,
        "number": _number(track),
        "was_ever_exclusive": False,
    }
    return {name: value for name, value in {**listed(track), **more}.items() if name != "url"}


def flat(track: SoldTrack) -> Json:
    """A track in the data of search pages: remixers first, and the genre sometimes in an array."""
    date = f"{track.published.isoformat()}T00:00:00"
    return {
        "score": 100 + track.id % 50,
        "track_id": track.id,
        "track_name": track.name if track.mix == "Original Mix" else f"{track.name} ({track.mix})",
        "mix_name": track.mix,
        "track_number": _number(track),
        "artists": _flat_artists(track),
        "label": {"label_id": track.release.label_id, "label_name": track.release.label},
        "release": _flat_release(track),
        **_flat_genres(track),
        "bpm": track.bpm,
        **_flat_key(track),
        "length": track.length_ms,
        "isrc": track.isrc,
        "guid": track.sample,
        "catalog_number": track.catalog_number,
        "publish_date": date,
        "release_date": date,
        "available_worldwide": int(_is_everywhere(track)),
        "is_available_for_streaming": 1,
        "track_image_uri": f"{MEDIA}/1500x250/{track.waveform}.png" if track.waveform else None,
        "track_image_dynamic_uri": _any_size(track.waveform, "png"),
    }


def _flat_artists(track: SoldTrack) -> list[Json]:
    return [
        {"artist_id": one.id, "artist_name": one.name, "artist_type_name": kind}
        for kind, credits in (("Remixer", track.remixers), ("Artist", track.artists))
        for one in credits
    ]


def _flat_release(track: SoldTrack) -> Json:
    release = track.release
    return {
        "release_id": release.id,
        "release_name": release.name,
        "release_image_uri": f"{MEDIA}/1400x1400/{release.picture}.jpg",
        "release_image_dynamic_uri": _any_size(release.picture, "jpg"),
    }


def _flat_genres(track: SoldTrack) -> Json:
    name, further = track.genre, track.sub_genre
    genre = {"genre_id": _GENRES[name], "genre_name": name}
    sub_genre = {"sub_genre_id": _id(further), "sub_genre_name": further} if further else None
    if track.id % 2:
        return {"genre": genre, "sub_genre": sub_genre}
    return {"genre": [genre], "sub_genre": [sub_genre] if sub_genre else []}


def _flat_key(track: SoldTrack) -> Json:
    key = KEYS.get(track.key or 0)
    chord = key and (1 if key.is_minor else 2)
    return {"key_id": key and key.id, "key_name": key and key.name, "chord_type_id": chord}


def paged(track: SoldTrack) -> Json:
    """A track in the data of its page, as the pages are since September 2026."""
    key, further, label = KEYS.get(track.key or 0), track.sub_genre, track.release.label
    return {
        "track_id": track.id,
        "track_name": track.name,
        "mix_name": track.mix,
        "track_length_ms": track.length_ms,
        "bpm": track.bpm,
        "key": key and key.name,
        "key_camelot": key and key.camelot,
        "isrc": track.isrc,
        "track_number": _number(track),
        "track_waveform_url": _any_size(track.waveform, "png"),
        "artists": _paged_artists(track),
        "genre": {
            "id": _GENRES[track.genre],
            "name": track.genre,
            "sub_genre": {"id": further and _id(further), "name": further},
            "category": "Electronic",
        },
        "release": _paged_release(track),
        "label": {"id": track.release.label_id, "name": label, "slug": _slug(label)},
        "sample_url": _sample(track),
    }


def _paged_artists(track: SoldTrack) -> list[Json]:
    return [
        {"id": one.id, "name": one.name, "type": kind, "slug": one.slug}
        for kind, credits in (("Artist", track.artists), ("Remixer", track.remixers))
        for one in credits
    ]


def _paged_release(track: SoldTrack) -> Json:
    release = track.release
    return {
        "id": release.id,
        "name": release.name,
        "slug": release.slug,
        "image_url": _any_size(release.picture, "jpg"),
        "catalog_number": track.catalog_number,
        "release_date": f"{track.published.isoformat()}T00:00:00",
    }


def _credits(credits: Sequence[Credit], api: str) -> list[Json]:
    return [
        {
            "id": one.id,
            "image": _portrait(one),
            "name": one.name,
            "slug": one.slug,
            "url": f"{api}/catalog/artists/{one.id}/",
        }
        for one in credits
    ]


def _portrait(one: Credit) -> Json:
    if one.id % 4 == 0:
        return _picture(_NO_PORTRAIT, "590x404", "no-portrait", "jpg")
    return _picture(one.id, "590x404", f"artist-{one.id}", "jpg")


def _picture(number: int, size: str, key: str, kind: str) -> Json:
    return {"id": number, "uri": f"{MEDIA}/{size}/{key}.{kind}", "dynamic_uri": _any_size(key, kind)}


def _genre(name: str, api: str, kind: str = "genres") -> Json:
    number = _GENRES.get(name) or _id(name)
    return {"id": number, "name": name, "slug": _slug(name), "url": f"{api}/catalog/{kind}/{number}/"}


def _key(number: int | None, api: str) -> Json | None:
    if number is None:
        return None
    key = KEYS[number]
    chord = 1 if key.is_minor else 2
    return {
        "camelot_number": key.hour,
        "camelot_letter": key.camelot[-1],
        "chord_type": {
            "id": chord,
            "name": "Minor" if key.is_minor else "Major",
            "url": f"{api}/catalog/chord-types/{chord}/",
        },
        "id": number,
        "is_sharp": "#" in key.note,
        "is_flat": "b" in key.note,
        "letter": key.note[0],
        "name": key.name,
        "url": f"{api}/catalog/keys/{number}/",
    }


def _release(track: SoldTrack) -> Json:
    release = track.release
    return {
        "id": release.id,
        "name": release.name,
        "image": _picture(release.id, "1400x1400", release.picture, "jpg"),
        "label": {
            "id": release.label_id,
            "name": release.label,
            "image": _picture(release.label_id, "500x500", f"label-{release.label_id}", "jpg"),
            "slug": _slug(release.label),
        },
        "slug": release.slug,
    }


def _minutes(length_ms: int | None) -> str | None:
    return None if length_ms is None else f"{length_ms // 60_000}:{length_ms // 1000 % 60:02}"


def _is_everywhere(track: SoldTrack) -> bool:
    return track.id % 23 != 0


def _any_size(key: str | None, kind: str) -> str | None:
    """The address of a picture, in which the size is left open."""
    return f"{MEDIA}/{{w}}x{{h}}/{key}.{kind}" if key else None


def _sample(track: SoldTrack) -> str:
    return f"{SAMPLES}/{track.sample}.LOFI.mp3"


def _number(track: SoldTrack) -> int:
    """The track's place on its release."""
    return track.id % 9 + 1


def _id(name: str) -> int:
    return seed(name) % 900 + 100


def _slug(name: str) -> str:
    return slug(name) or "---"
