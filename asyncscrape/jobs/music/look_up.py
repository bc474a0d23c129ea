"""The way to the shop: how the tracks of an artist are looked up at Beatport.

The parsers of Beatport know only the track that they look for. Here its artist is added to the note and to the rows,
so that whatever belongs to an artist can be withdrawn; and files that are not wanted are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from asyncscrape.jobs.music.past import Past
from asyncscrape.model import Blob, Link, Page, Parser, Response, TypedRecords
from asyncscrape.parsers.beatport.api import BeatportApi
from asyncscrape.parsers.beatport.columns import TRACKS, BeatportRow
from asyncscrape.parsers.beatport.public_pages import BeatportPages
from asyncscrape.parsers.beatport.wanted import SEARCH, TRACK, LookedFor
from asyncscrape.parsers.soundcloud.told import Sound


class LookedForBy(LookedFor, frozen=True, omit_defaults=True):
    """A track that is looked for, with the id of its artist."""

    artist_id: int = 0


class OwnedRow(BeatportRow, frozen=True, kw_only=True):
    """What Beatport adds to a row of the table `tracks`, with the artist whose track it is."""

    artist_id: int


class LookUps:
    """Looks tracks up. Its requests have no edition: a track is looked up once, until it is named otherwise."""

    def __init__(self, backend: BeatportApi | BeatportPages, past: Past, *, images: bool) -> None:
        self._backend = backend
        self._past = past
        self._images = images

    @property
    def parsers(self) -> Mapping[str, Parser]:
        """Its parsers, by the kinds of its requests."""
        return {SEARCH: self._search, TRACK: self._track}

    def link(self, sound: Sound, by: str, artist: int) -> Link | None:
        """The request that looks a track of an artist up; None if it has no title."""
        if sound.title is None:
            return None
        wanted = LookedForBy(
            sound.id,
            sound.title,
            sound.by,
            by or None,
            sound.label,
            sound.made_by,
            sound.duration_ms,
            sound.isrc,
            artist,
        )
        return self._backend.look_up(wanted)

    def _search(self, response: Response) -> Page:
        return self._owned(response, self._backend.search)

    def _track(self, response: Response) -> Page:
        """A track's own page, which only one of the backends asks for."""
        return self._owned(response, BeatportPages().track)

    def _owned(self, response: Response, parse: Parser) -> Page:
        """The page of a parser, for the artist of the track; nothing for one who was chosen by mistake."""
        note = response.request.note
        artist = msgspec.json.decode(note, type=LookedForBy).artist_id
        page = parse(response)
        if artist in self._past.dropped:
            return Page()
        rows = [self._owned_row(record.values, artist) for record in page.records]
        links = [Link(link.url, link.kind, note) for link in page.links]
        return Page(TypedRecords({TRACKS: rows}), links, list(self._wanted(page.blobs, rows)))

    def _owned_row(self, values: Mapping[str, Any], artist: int) -> OwnedRow:
        row = OwnedRow(**values, artist_id=artist)
        return row if self._images else msgspec.structs.replace(row, beatport_waveform_path=None)

    def _wanted(self, blobs: Iterable[Blob], rows: Iterable[OwnedRow]) -> Iterable[Blob]:
        """The files whose paths are in the rows; pictures only if they are wanted."""
        paths = {path for row in rows for path in (row.beatport_waveform_path, row.preview_path)}
        return (blob for blob in blobs if blob.path in paths)


def shop_of(how: str, past: Past, *, images: bool, previews: bool) -> LookUps | None:
    """The shop as it is to be asked; None for "off"."""
    if how == "off":
        return None
    backend = BeatportApi(previews=previews) if how == "api" else BeatportPages(previews=previews)
    return LookUps(backend, past, images=images)
