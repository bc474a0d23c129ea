"""Offers: what Beatport says about a track, from whatever form of answer it comes."""

from __future__ import annotations

import msgspec

from asyncscrape.musical_keys import MusicalKey


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A track that Beatport sells."""

    id: int
    name: str
    """The title without the name of the mix."""
    mix_name: str | None = None
    artists: tuple[str, ...] = ()
    remixers: tuple[str, ...] = ()
    length_ms: int | None = None
    isrc: str | None = None
    release: str | None = None
    label: str | None = None
    slug: str | None = None
    bpm: int | None = None
    key: MusicalKey | None = None
    genre: str | None = None
    sub_genre: str | None = None
    release_date: str | None = None
    catalog_number: str | None = None
    waveform_url: str | None = None
    preview_url: str | None = None


def without_mix(name: str, mix_name: str | None) -> str:
    """A title without the name of the mix in brackets at its end, where some answers repeat it."""
    ending = f"({mix_name})".casefold()
    if mix_name and name.casefold().endswith(ending):
        return name[: -len(ending)].rstrip() or name
    return name
