"""Reading an upload's title against one offer: what the offer explains of it, and what is left.

The offer's title is looked for first. Around it, names, labels and dust explain other words. Words that nothing
explains speak against the offer: beside the title they make it another title, elsewhere they name other people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asyncscrape.parsers.beatport.matching.beside_title import BesideTitle
from asyncscrape.parsers.beatport.matching.credits import any_same, credited
from asyncscrape.parsers.beatport.matching.layout import TitlePart, laid_out
from asyncscrape.parsers.beatport.matching.offered_track import OfferedTrack
from asyncscrape.parsers.beatport.matching.other_parts import OtherParts
from asyncscrape.parsers.beatport.matching.people_words import PeopleWords
from asyncscrape.parsers.beatport.matching.read_title import Names, Reading
from asyncscrape.parsers.beatport.matching.reading_notes import ReadingNotes
from asyncscrape.parsers.beatport.matching.spelling import words
from asyncscrape.parsers.beatport.matching.title_places import TitlePlace, found, titled
from asyncscrape.parsers.beatport.wanted import LookedFor


def readings(track: LookedFor, offered: OfferedTrack) -> Iterator[Reading]:
    """All ways to find the offer's title in the upload's."""
    parts = laid_out(track.title, offered.signs)
    places = list(found(parts, offered.titles, offered.artists))
    if not places:
        return
    names = _names(track, offered)
    for place in places:
        yield _read(parts, place, names)


def _names(track: LookedFor, offered: OfferedTrack) -> Names:
    """The names that offer and account have."""
    told = (track.uploader, track.artist, track.label_name)
    account = tuple(name for text in told if text for name in credited(text))
    others = offered.makers + offered.guests + offered.labels
    return Names(
        artists=offered.artists,
        others=others,
        account=account,
        own=any_same(account, offered.artists + others),
        live="live" in words(track.uploader or ""),
        releases=offered.releases,
    )


def _read(parts: Sequence[TitlePart], place: TitlePlace, names: Names) -> Reading:
    """What is left when everything around one place is explained."""
    notes = ReadingNotes(names)
    people = PeopleWords(notes, " ".join(part.text for part in titled(parts, place)))
    title = tuple(word for part in parts for word in part.words)[place.start : place.end]
    beside, others = BesideTitle(notes, people, title), OtherParts(notes, people)
    last: TitlePart | None = None
    first = 0
    for part in parts:
        start, end, heard = place.start - first, place.end - first, len(notes.known.heard)
        before, after = part.words[: max(start, 0)], part.words[max(end, 0) :]
        notes.look_around(before + after)
        if start >= len(part.words) or end <= 0:
            others.read(part, last, follows=end <= 0)
        else:
            beside.read_before(before)
            beside.read_after(after, part)
        notes.artist_outside |= part.base and notes.known.hears_artist(heard)
        first, last = first + len(part.words), part
    return notes.reading(place)
