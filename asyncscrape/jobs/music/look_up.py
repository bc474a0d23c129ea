"""The way to the shop: how the tracks of an artist are looked up at Beatport."""

from __future__ import annotations

from collections.abc import Mapping

from asyncscrape.jobs.music.past import Past
from asyncscrape.model import Link, Page, Parser, Response
from asyncscrape.parsers.beatport.api import BeatportApi
from asyncscrape.parsers.beatport.columns import ShopFiles
from asyncscrape.parsers.beatport.public_pages import BeatportPages
from asyncscrape.parsers.beatport.wanted import SEARCH, TRACK, LookedFor, looked_for
from asyncscrape.parsers.soundcloud.described import Sound


class LookUps:
    """Looks tracks up, each once.

    Once the shop has answered for a track, it is not asked again, whether there was a match or none, and also if the
    track is renamed: so all that a row says about Beatport comes from one look-up. It is asked again only in another
    life of the artist, when a corrected file of artists has withdrawn the row. Requests have no edition: one that
    failed is not repeated in the next, but by `asyncscrape retry`.
    """

    def __init__(self, how: str, past: Past, files: ShopFiles) -> None:
        self._pages = BeatportPages(files)
        self._backend = BeatportApi(files) if how == "api" else self._pages
        self._past = past

    @property
    def parsers(self) -> Mapping[str, Parser]:
        """By the kinds of its requests."""
        return {SEARCH: self.found, TRACK: self.track}

    def link(self, sound: Sound, by: str, artist: int) -> Link | None:
        """The request that looks a track of an artist up; None if it has no title, or has been."""
        if sound.title is None or sound.id in self._past.looked_up:
            return None
        wanted = LookedFor(
            id=sound.id,
            title=sound.title,
            uploader=sound.by,
            artist=by or None,
            label_name=sound.label,
            made_by=sound.made_by,
            duration_ms=sound.duration_ms,
            isrc=sound.isrc,
            artist_id=artist,
            life=self._past.names.life(artist),
        )
        return self._backend.look_up(wanted)

    def found(self, response: Response) -> Page:
        """What a search finds."""
        return self._current(response, self._backend.search)

    def track(self, response: Response) -> Page:
        """What a track's own page tells; some may be left from a run that asked the pages."""
        return self._current(response, self._pages.track)

    def _current(self, response: Response, parse: Parser) -> Page:
        """The page of a parser; it says nothing about an earlier life of an artist."""
        page, track = parse(response), looked_for(response.request.note)
        return Page() if self._past.over(track.artist_id, track.life) else page


def shop_of(how: str, past: Past, files: ShopFiles) -> LookUps | None:
    """The shop as it is to be asked; None for "off"."""
    return None if how == "off" else LookUps(how, past, files)
