"""Tracks have the form that the shop's answers have, shown by an invented track in each form."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from asyncscrape.replica.beatport import objects
from asyncscrape.replica.beatport.key_numbers import KEYS
from asyncscrape.replica.scene.nouns import Credit, Release, SoldTrack

EXAMPLES = json.loads((Path(__file__).parent / "data/glass_tide.json").read_text(encoding="utf-8"))

GLASS_TIDE = SoldTrack(
    id=9_900_001,
    name="Glass Tide",
    mix="Mika Orr Remix",
    slug="glass-tide",
    artists=(Credit(70, "Nora Vale", "nora-vale"),),
    remixers=(Credit(71, "Mika Orr", "mika-orr"),),
    bpm=126,
    key=8,
    length_ms=391_000,
    isrc="XX0000000001",
    genre="Deep House",
    sub_genre=None,
    release=Release(8800, "Glass Tide Remixes", "glass-tide-remixes", 5, "Tidewater", "cc"),
    catalog_number="TDW005",
    published=date(2023, 5, 12),
    waveform="bb",
    sample="bb",
)
OF_THE_SHOP = {"id", "uri", "dynamic_uri", "url", "current_status", "encoded_date", "exclusive", "track_number"}
"""What the shop decides on its own, so that the example has other values."""


def told(value: Any) -> Any:
    """The value without what the shop decides on its own, and the address of pictures."""
    if isinstance(value, dict):
        return {name: told(inner) for name, inner in value.items() if name not in OF_THE_SHOP}
    return [told(one) for one in value] if isinstance(value, list) else value


def form(value: Any) -> Any:
    """The names and types in a value, in their order."""
    if isinstance(value, dict):
        return [(name, form(inner)) for name, inner in value.items()]
    return [form(one) for one in value] if isinstance(value, list) else type(value).__name__


def test_the_api_lists_a_track_as_the_example_does() -> None:
    track = objects.listed(GLASS_TIDE)
    assert form(EXAMPLES["track"]) == form(track)
    assert told(EXAMPLES["track"]) == told(track)
    assert EXAMPLES["track"]["url"] == track["url"]
    assert EXAMPLES["track"]["image"]["dynamic_uri"] == track["image"]["dynamic_uri"]


def test_a_single_track_has_more_and_no_address() -> None:
    detailed = objects.detailed(GLASS_TIDE)
    assert {"url"} == objects.listed(GLASS_TIDE).keys() - detailed.keys()
    assert "CONVERTED" == detailed["encode_status"]


def test_a_track_page_has_the_data_of_the_example() -> None:
    expected = EXAMPLES["new_track_page_data"]
    expected["genre"]["category"] = "Electronic"
    data = objects.paged(GLASS_TIDE)
    assert "https://geo-samples.beatport.com/track/bb.LOFI.mp3" == data.pop("sample_url")
    expected["track_number"] = data["track_number"]
    assert expected == data


def test_a_search_page_has_the_data_of_the_example() -> None:
    expected = EXAMPLES["search_page"]["props"]["pageProps"]["dehydratedState"]["queries"][0]["state"]["data"][
        "data"
    ][0]
    expected["release"]["release_image_uri"] = expected["release"]["release_image_uri"].replace("aa", "cc")
    expected["genre"] = expected["genre"][0]
    data = objects.flat(GLASS_TIDE)
    release = {name: data["release"][name] for name in expected["release"]}
    assert expected == {name: data[name] for name in expected} | {"release": release}


def test_the_genre_is_an_object_or_an_array() -> None:
    genre = {"genre_id": 12, "genre_name": "Deep House"}
    even = SoldTrack(**{**vars(GLASS_TIDE), "id": 4, "sub_genre": "Afro"})
    assert (genre, None) == (objects.flat(GLASS_TIDE)["genre"], objects.flat(GLASS_TIDE)["sub_genre"])
    assert [genre] == objects.flat(even)["genre"]
    assert ["Afro"] == [one["sub_genre_name"] for one in objects.flat(even)["sub_genre"]]


def test_what_nobody_knows_is_null() -> None:
    empty = dict.fromkeys(("bpm", "key", "length_ms", "isrc", "sub_genre", "waveform"))
    track = SoldTrack(**{**vars(GLASS_TIDE), **empty})
    listed = objects.listed(track)
    assert [None] * 7 == [
        listed[name] for name in ("bpm", "key", "length", "length_ms", "isrc", "sub_genre", "image")
    ]
    flat, paged = objects.flat(track), objects.paged(track)
    assert [None] * 4 == [flat[name] for name in ("key_id", "key_name", "chord_type_id", "track_image_uri")]
    assert [None] * 3 == [paged[name] for name in ("key", "key_camelot", "track_waveform_url")]


def test_the_keys_go_around_the_camelot_wheel_and_ten_have_another_spelling() -> None:
    assert list(range(1, 35)) == list(KEYS)
    assert ("Ab Minor", "1A", 8) == (KEYS[1].name, KEYS[1].camelot, KEYS[1].root)
    assert ("Db Minor", "12A") == (KEYS[12].name, KEYS[12].camelot)
    assert ("B Major", "1B", 11) == (KEYS[13].name, KEYS[13].camelot, KEYS[13].root)
    assert ("E Major", "12B") == (KEYS[24].name, KEYS[24].camelot)
    assert 34 == len({key.name for key in KEYS.values()})
    assert (
        24 == len({key.camelot for key in KEYS.values()}) == len({(key.root, key.is_minor) for key in KEYS.values()})
    )
    for hour in range(1, 13):  # a minor key stands beside the major key three semitones above it
        roots = {key.is_minor: key.root for key in KEYS.values() if key.hour == hour}
        assert roots[False] == (roots[True] + 3) % 12
