"""The columns of the table `tracks` that Beatport fills, and the files that its answers name.

The table itself is SoundCloud's, and so is its key: the id of the SoundCloud track.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from asyncscrape.model import Blob, Column, Page, TypedRecords
from asyncscrape.parsers.beatport.matching.best import Match
from asyncscrape.parsers.beatport.matching.scripts import latin
from asyncscrape.parsers.beatport.offer import Offer
from asyncscrape.parsers.beatport.wanted import LookedFor
from asyncscrape.parsers.paths import path_of

TRACKS = "tracks"
SITE = "https://www.beatport.com"

BEATPORT_COLUMNS = (
    Column("beatport_id", "int"),
    Column("beatport_url", "url"),
    Column("beatport_title"),
    Column("mix"),
    Column("bpm", "int"),
    Column("key"),
    Column("camelot"),
    Column("beatport_genre"),
    Column("sub_genre"),
    Column("release_date", "date"),
    Column("release"),
    Column("beatport_label"),
    Column("producers", "json"),
    Column("remixers", "json"),
    Column("featured", "json"),
    Column("catalog_number"),
    Column("beatport_waveform_url", "url"),
    Column("beatport_waveform_path"),
    Column("preview_url", "url"),
    Column("preview_path"),
    Column("match_score", "float"),
    Column("match_why"),
)


class ShopFiles(NamedTuple):
    """Which files of a match are wanted."""

    pictures: bool = True
    previews: bool = False


NO_PREVIEWS = ShopFiles()


class BeatportRow(msgspec.Struct, frozen=True, kw_only=True):
    """What Beatport adds to a row of the table `tracks`."""

    id: int
    """The SoundCloud track's."""
    artist_id: int
    beatport_id: int | None = None
    beatport_url: str | None = None
    beatport_title: str | None = None
    mix: str | None = None
    bpm: int | None = None
    key: str | None = None
    camelot: str | None = None
    beatport_genre: str | None = None
    sub_genre: str | None = None
    release_date: str | None = None
    release: str | None = None
    beatport_label: str | None = None
    producers: tuple[str, ...] | None = None
    remixers: tuple[str, ...] | None = None
    featured: tuple[str, ...] | None = None
    catalog_number: str | None = None
    beatport_waveform_url: str | None = None
    beatport_waveform_path: str | None = None
    preview_url: str | None = None
    preview_path: str | None = None
    match_score: float | None = None
    match_why: str | None = None
    """Only written when an answer was read: a track that was not asked for has none."""


def row(track: LookedFor, offer: Offer, wanted: ShopFiles, match: Match | None = None) -> BeatportRow:
    """The columns of an offer; those of the match only where it was decided."""
    return BeatportRow(
        id=track.id,
        artist_id=track.artist_id,
        beatport_id=offer.id,
        beatport_url=page_url(offer),
        beatport_title=offer.name,
        mix=offer.mix_name,
        bpm=offer.bpm,
        key=offer.key.name if offer.key else None,
        camelot=offer.key.camelot if offer.key else None,
        beatport_genre=offer.genre,
        sub_genre=offer.sub_genre,
        release_date=offer.release_date,
        release=offer.release,
        beatport_label=offer.label,
        producers=offer.artists,
        remixers=offer.remixers,
        featured=tuple(featured([offer.name, *offer.artists, track.title])),
        catalog_number=offer.catalog_number,
        beatport_waveform_url=offer.waveform_url,
        beatport_waveform_path=waveform_path(offer) if wanted.pictures else None,
        preview_url=offer.preview_url,
        preview_path=preview_path(track, offer) if wanted.previews else None,
        match_score=match.score if match else None,
        match_why=match.why if match else None,
    )


def page_url(offer: Offer) -> str:
    """The address of a track's page: the id decides, but some pages want a likely slug."""
    slug = offer.slug or re.sub(r"[^a-z0-9]+", "-", latin(offer.name)).strip("-") or "---"
    return f"{SITE}/track/{quote(slug)}/{offer.id}"


def waveform_path(offer: Offer) -> str | None:
    """The path of the waveform's picture."""
    url = offer.waveform_url
    return path_of("beatport-waveforms/{id}{ext}", url, {"id": offer.id}) if url else None


def preview_path(track: LookedFor, offer: Offer) -> str | None:
    """The path of the preview, by the id of the SoundCloud track."""
    return path_of("audio/{id}{ext}", offer.preview_url, {"id": track.id}) if offer.preview_url else None


def matched(track: LookedFor, match: Match, wanted: ShopFiles) -> Page:
    """The row and the files of a look-up; without a match, the row only says why."""
    if match.offer is None:
        unmatched = BeatportRow(id=track.id, artist_id=track.artist_id, match_score=match.score, match_why=match.why)
        return Page(TypedRecords({TRACKS: [unmatched]}))
    return page_of(row(track, match.offer, wanted, match))


def page_of(found: BeatportRow) -> Page:
    """A row and its files. Beatport may move a file: the one that was named last is the newest for its path.

    Two tracks that are matched with one of Beatport's share its waveform, which is the same file for both.
    """
    files = (
        (found.beatport_waveform_url, found.beatport_waveform_path),
        (found.preview_url, found.preview_path),
    )
    blobs = [Blob(url, path, newest=True) for url, path in files if url and path]
    return Page(TypedRecords({TRACKS: [found]}), blobs=blobs)


_FEATURED = re.compile(r"\b(?:feat|ft|featuring)\b\.?\s+([^()\[\]]+)", re.IGNORECASE)
_NEXT = re.compile(r"\s[-–—|]\s")
_SEVERAL = re.compile(r"\s*(?:,|&|\band\b|\s[xX]\s)\s*")


def featured(texts: Iterable[str]) -> Iterator[str]:
    """The names after "feat." in names and titles, each once."""
    known = set()
    for text in texts:
        for credit in _FEATURED.findall(text):
            for name in map(str.strip, _SEVERAL.split(_NEXT.split(credit)[0])):
                if name and latin(name) not in known:
                    known.add(latin(name))
                    yield name
