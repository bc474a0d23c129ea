"""The tracks of the job "music": their counts and files, the comments under each, and the way to the shop.

A list of tracks gives their rows and leads to the comments of each, to the shop, and to the next page. Comments are
read again only if their number has changed, and then the newest until those of the last visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import pairwise
from typing import NamedTuple

import msgspec

from asyncscrape.jobs.music.artists import NOTHING, SoundCloudApi, blob_at
from asyncscrape.jobs.music.look_up import LookUps
from asyncscrape.jobs.music.past import Past
from asyncscrape.model import Blob, Link, Page, Response, TypedRecords
from asyncscrape.parsers.soundcloud import music_tables as rows
from asyncscrape.parsers.soundcloud import sent_objects, wire
from asyncscrape.parsers.soundcloud.described import Remark, Sound
from asyncscrape.parsers.soundcloud.paging import Listing, next_page
from asyncscrape.parsers.soundcloud.request_notes import (
    COMMENTS,
    TRACKS,
    CommentsNote,
    Extent,
    TracksNote,
    id_in,
    read,
    written,
)

ARTWORK_PATH = "track-images/{id}{ext}"
WAVEFORM_PATH = "waveforms/{id}.json"
AUDIO_PATH = "audio/{id}{ext}"
"""The addresses of downloads have no extension: what a file is, its bytes and its content type tell."""
DOWNLOADS = "downloads"


class Files(NamedTuple):
    """The files of a track that are wanted."""

    artwork: Blob | None
    waveform: Blob | None
    audio: Blob | None


class Found(NamedTuple):
    """A track of a list."""

    row: rows.TrackRow
    files: Files
    links: list[Link]


@dataclass(frozen=True)
class Tracks:
    """The parsers of lists of tracks and of comments."""

    api: SoundCloudApi
    past: Past
    shop: LookUps | None = None

    # Tracks

    def listed(self, response: Response) -> Page:
        """The tracks on a page of an artist's list."""
        note, artist = read(response.request.note, TracksNote), id_in(response.request.asked)
        sent, following = wire.page_of(response, wire.tracks)
        if self.past.over(artist, note.life):
            return NOTHING
        listing = Listing(note.wanted.tracks)
        sounds = [sound for sound in map(sent_objects.sound, sent) if sound][: listing.room(note.progress)]
        day = response.fetched_at.astimezone(UTC).date().isoformat()
        found = [self._track(sound, artist, note) for sound in sounds]
        links = [link for one in found for link in one.links]
        links += self._more_tracks(response, note, sounds, following)
        records = TypedRecords(
            {
                rows.TRACKS.name: [one.row for one in found],
                rows.POPULARITY.name: [_observed(one.row, day) for one in found if _has_counts(one.row)],
            }
        )
        return Page(records, links, [blob for one in found for blob in one.files if blob])

    def _more_tracks(
        self, response: Response, note: TracksNote, sounds: Sequence[Sound], following: object
    ) -> list[Link]:
        """The link to the next page; none where all tracks of this one are known and their counts are new enough."""
        artist = id_in(response.request.asked)
        known = all(self.past.knows(artist, sound.id, sound.posted_at) for sound in sounds)
        progress = Listing(note.wanted.tracks).after(note.progress, len(sounds))
        if progress is None or (sounds and known and not note.full):
            return []
        url = next_page(response, following)
        return [Link(url, TRACKS, written(msgspec.structs.replace(note, progress=progress)))] if url else []

    def _track(self, sound: Sound, artist: int, note: TracksNote) -> Found:
        """The row of a track, its files, and where it leads."""
        wanted, length = note.wanted, sound.duration_ms
        comments = self._comments(sound, artist, note)
        is_track = None if length is None else length <= wanted.longest * 1000
        if length is None and comments is None and sound.id not in self.past.visits:
            is_track = True
        look_up = self.shop.link(sound, note.by, artist) if self.shop and is_track is not False else None
        links = [look_up] if look_up and is_track else []
        if comments:
            if length is None:
                comments = msgspec.structs.replace(comments, since="", longest=wanted.longest, look_up=look_up)
            url = self.api.comments(sound.id, Listing(comments.most).limit)
            links.append(Link(url, COMMENTS, written(comments)))
        its = files(sound, wanted)
        return Found(track_row(sound, artist, its, is_track), its, links)

    def _comments(self, sound: Sound, artist: int, note: TracksNote) -> CommentsNote | None:
        """The note for the comments under a track; None if there are none, or none that are new."""
        most, told = note.wanted.comments, sound.comment_count
        if most == 0 or told == 0 or sound.comments_hidden:
            return None
        visit = self.past.visits.get(sound.id)
        if visit and told is not None and told == visit.told:
            return None
        since = visit.edition if visit else ""
        return CommentsNote(note.edition, artist, told, most, since, life=note.life)

    # Comments

    def comments(self, response: Response) -> Page:
        """The comments on a page, and a link to the next. Of a track that had none they may be gone."""
        note = read(response.request.note, CommentsNote)
        if self.past.over(note.artist, note.life):
            return NOTHING
        # Where the list has told of comments, their absence may pass: then it is a failure that can be tried again.
        gone = response.status == wire.NOT_FOUND and not note.told
        sent, following = ([], None) if gone else wire.page_of(response, wire.comments)
        listing = Listing(note.most, note.told)
        remarks = [one for one in map(sent_objects.remark, sent) if one][: listing.room(note.progress)]
        track = id_in(response.request.asked)
        found = {rows.COMMENTS.name: [comment_row(one, track, note.artist) for one in remarks]}
        last_ms = max([note.last_ms, *(one.at_ms or 0 for one in remarks)]) if note.longest else 0
        progress = None if seen(remarks, note.since) else listing.after(note.progress, len(remarks))
        url = next_page(response, following) if progress else None
        if url and progress:
            after = msgspec.structs.replace(note, last_ms=last_ms, progress=progress)
            return Page(TypedRecords(found), [Link(url, COMMENTS, written(after))])
        return self._end(track, note, last_ms, found)

    def _end(self, track: int, note: CommentsNote, last_ms: int, found: dict[str, list[rows.CommentRow]]) -> Page:
        """The end of the comments: where no length is told, the last timed one says whether it is a track."""
        if not note.longest:
            return Page(TypedRecords(found))
        is_track = last_ms < note.longest * 1000
        length = {rows.TRACKS.name: [rows.LengthRow(track, note.artist, is_track)]}
        return Page(TypedRecords({**found, **length}), [note.look_up] if is_track and note.look_up else [])


def seen(remarks: Sequence[Remark], since: str) -> bool:
    """Whether a page with the newest first goes back behind the last visit, whose day this is."""
    times = [one.created_at or "" for one in remarks]
    newest_first = all(times) and all(one >= other for one, other in pairwise(times))
    return bool(since and times and newest_first and times[-1] < since)


def files(sound: Sound, wanted: Extent) -> Files:
    """The files of a track that are wanted."""
    return Files(
        blob_at(ARTWORK_PATH, sound.id, sound.artwork if wanted.images else None),
        blob_at(WAVEFORM_PATH, sound.id, sound.waveform if wanted.images else None),
        blob_at(AUDIO_PATH, sound.id, sound.download if wanted.audio == DOWNLOADS else None),
    )


def track_row(sound: Sound, artist: int, its: Files, is_track: bool | None) -> rows.TrackRow:
    """The row of a track."""
    return rows.TrackRow(
        id=sound.id,
        artist_id=artist,
        permalink=sound.permalink,
        url=sound.url,
        title=sound.title,
        description=sound.description,
        likes=sound.likes,
        reposts=sound.reposts,
        plays=sound.plays,
        comment_count=sound.comment_count,
        duration_ms=sound.duration_ms,
        posted_at=sound.posted_at,
        genre=sound.genre,
        tags=None if sound.tags is None else list(sound.tags),
        label=sound.label,
        license=sound.license,
        policy=sound.policy,
        isrc=sound.isrc,
        image_url=sound.artwork,
        image_path=its.artwork.path if its.artwork else None,
        waveform_url=sound.waveform,
        waveform_path=its.waveform.path if its.waveform else None,
        download_path=its.audio.path if its.audio else None,
        is_track=is_track,
    )


def _observed(row: rows.TrackRow, day: str) -> rows.PopularityRow:
    return rows.PopularityRow(row.id, day, row.artist_id, row.likes, row.reposts, row.plays, row.comment_count)


def _has_counts(row: rows.TrackRow) -> bool:
    return any(one is not None for one in (row.likes, row.reposts, row.plays, row.comment_count))


def comment_row(one: Remark, track: int, artist: int) -> rows.CommentRow:
    """The row of a comment."""
    seconds = None if one.at_ms is None else one.at_ms / 1000
    return rows.CommentRow(one.id, track, artist, one.user_id, one.user_permalink, one.body, one.created_at, seconds)
