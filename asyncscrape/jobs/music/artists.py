"""The artists of the job "music": whom each name means, and the profile of each.

A search for a name gives its candidates and leads to the profile of the one that is chosen; a permalink leads to its
profile alone. A profile gives a row and leads to its tracks. A choice that the artists file has overruled since is
withdrawn by the page that says who is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from asyncscrape.jobs.music.meanings import Meanings
from asyncscrape.jobs.music.past import Past
from asyncscrape.model import Blob, Link, Page, Response, TypedRecords, Withdrawal
from asyncscrape.parsers.paths import path_of
from asyncscrape.parsers.soundcloud import choosing, sent_objects, wire
from asyncscrape.parsers.soundcloud.choosing import CANDIDATES, Choice
from asyncscrape.parsers.soundcloud.described import Person
from asyncscrape.parsers.soundcloud.music_tables import (
    ARTIST_CHOICES,
    ARTISTS,
    COMMENTS,
    POPULARITY,
    ArtistRow,
)
from asyncscrape.parsers.soundcloud.music_tables import TRACKS as TRACKS_TABLE
from asyncscrape.parsers.soundcloud.official_api import OfficialApi
from asyncscrape.parsers.soundcloud.paging import Listing, ReadSoFar, next_page
from asyncscrape.parsers.soundcloud.request_notes import (
    ARTIST,
    NOBODY,
    PEOPLE,
    TRACKS,
    ArtistNote,
    Extent,
    NameNote,
    TracksNote,
    id_in,
    read,
    written,
)
from asyncscrape.parsers.soundcloud.web_api import WebApi

SoundCloudApi = OfficialApi | WebApi

PORTRAIT_PATH = "profile-images/{id}{ext}"
BACKGROUND_PATH = "background-images/{id}{ext}"
NOTHING = Page()


@dataclass(frozen=True)
class Artists:
    """The parsers of searches and profiles."""

    api: SoundCloudApi
    wanted: Extent
    past: Past

    @property
    def names(self) -> Meanings:
        """Whom each name stands for."""
        return self.past.names

    def people(self, response: Response) -> Page:
        """The candidates for a name, and a link to the profile of the one that is chosen."""
        note = read(response.request.note, NameNote)
        sent, following = wire.page_of(response, wire.users)
        if note.turn < self.names.turn(note.name):
            return NOTHING
        hits = [hit for hit in map(sent_objects.person, sent) if hit]
        if not hits and (more := self._more_people(response, note, following)):
            return Page(links=[more])
        if note.permalink == NOBODY:
            return self._page(note, choosing.nobody(note.name, hits), [*self._wrong(note.name)])
        return self._page(note, choosing.among(note.name, hits, note.least))

    def _more_people(self, response: Response, note: NameNote, following: object) -> Link | None:
        """The link to the next page of a search whose page is empty."""
        progress = Listing(CANDIDATES).after(ReadSoFar(0, note.empty), 0)
        url = next_page(response, following) if progress else None
        if progress is None or url is None:
            return None
        return Link(url, PEOPLE, written(msgspec.structs.replace(note, empty=progress.empty)))

    def resolved(self, response: Response) -> Page:
        """The profile with a given permalink. That there is none is an outcome too."""
        note = read(response.request.note, NameNote)
        if note.turn < self.names.turn(note.name):
            return NOTHING
        if response.status == wire.NOT_FOUND:
            why = f'no profile has the permalink "{note.permalink}"'
            return self._page(note, choosing.nobody(note.name, why=why))
        sent = wire.answer(response, wire.one_user)
        person = sent_objects.person(sent) if sent.kind in (None, "user") else None
        if person is None:
            why = f'"{note.permalink}" is not the permalink of a profile'
            return self._page(note, choosing.nobody(note.name, why=why))
        return self._page(note, choosing.given(note.name, person))

    def _page(self, note: NameNote, choice: Choice, withdrawn: list[Withdrawal] | None = None) -> Page:
        chosen = choice.chosen
        links = [self.link(note.name, chosen.id, note.permalink, chosen.permalink or "")] if chosen else []
        rows: dict[str, list[msgspec.Struct]] = {ARTIST_CHOICES.name: list[msgspec.Struct](choice.rows)}
        return Page(TypedRecords(rows), links, withdrawn=[*choice.withdrawn, *(withdrawn or ())])

    def link(self, name: str, artist: int, given: str, own: str) -> Link:
        """The link to a profile that is chosen for a name."""
        turn, life = self.names.turn(name), self.names.life(artist)
        note = ArtistNote(self.past.edition, name, given, own, self.wanted, turn, life)
        return Link(self.api.profile(artist), ARTIST, written(note))

    def profile(self, response: Response) -> Page:
        """The row of an artist, pictures, and a link to the tracks; whoever stood for the name by mistake goes."""
        note, artist = read(response.request.note, ArtistNote), id_in(response.request.asked)
        found = sent_objects.person(wire.answer(response, wire.one_user))
        if note.turn < self.names.turn(note.name):
            return NOTHING
        person = msgspec.structs.replace(found, id=artist) if found else Person(artist)
        row, blobs = artist_row(person, images=note.wanted.images)
        listing = Listing(note.wanted.tracks)
        full = artist not in self.past.counted
        tracks = TracksNote(note.edition, note.wanted, person.name or "", full, life=self.names.life(artist))
        links = [Link(self.api.tracks(artist, listing.limit), TRACKS, written(tracks))]
        return Page(TypedRecords({ARTISTS.name: [row]}), links, blobs, [*self._wrong(note.name, artist)])

    def _wrong(self, name: str, right: int = 0) -> Iterator[Withdrawal]:
        """Everything that belongs to the profiles that stood for a name by mistake."""
        for artist in self.names.wrong(name):
            if artist != right:
                yield Withdrawal(ARTISTS.name, {"id": artist})
                for table in (TRACKS_TABLE, COMMENTS, POPULARITY):
                    yield Withdrawal(table.name, {"artist_id": artist})


def artist_row(person: Person, *, images: bool) -> tuple[ArtistRow, list[Blob]]:
    """The row of a profile, and its pictures if they are wanted."""
    portrait = blob_at(PORTRAIT_PATH, person.id, person.portrait if images else None)
    background = blob_at(BACKGROUND_PATH, person.id, person.background if images else None)
    row = ArtistRow(
        id=person.id,
        permalink=person.permalink,
        name=person.name,
        bio=person.bio,
        location=person.location,
        followers=person.followers,
        followings=person.followings,
        track_count=person.track_count,
        verified=person.verified,
        created_at=person.created_at,
        profile_image_url=person.portrait,
        profile_image_path=portrait.path if portrait else None,
        background_image_url=person.background,
        background_image_path=background.path if background else None,
    )
    return row, [blob for blob in (portrait, background) if blob]


def blob_at(template: str, id_: int, url: str | None) -> Blob | None:
    """A file that may be exchanged for a newer one; None without an address."""
    return Blob(url, path_of(template, url, {"id": id_}), newest=True) if url else None
