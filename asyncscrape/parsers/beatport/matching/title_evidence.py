"""Evidence: whether the titles are the same."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.parsers.beatport.matching.clues import UNREAD_SECONDS, Clue, Duration
from asyncscrape.parsers.beatport.matching.credits import any_same, credited
from asyncscrape.parsers.beatport.matching.offered_track import OfferedTrack
from asyncscrape.parsers.beatport.matching.read_title import Reading
from asyncscrape.parsers.beatport.matching.spelling import Words
from asyncscrape.parsers.beatport.matching.vocabulary import BPM, DATES, GENRES, YEAR
from asyncscrape.parsers.beatport.wanted import LookedFor


def title(track: LookedFor, offered: OfferedTrack, reading: Reading, apart: Duration) -> Iterator[Clue]:
    """Whether the titles are the same. A stranger's account may hold anything about it."""
    accounts = credited(track.uploader or "")
    own = any_same(accounts, [*offered.artists, *offered.makers, *offered.guests, *offered.labels])
    if reading.place.unread:
        yield Clue(0.42, "title in another script", doubt=apart.apart is not None and apart.apart <= UNREAD_SECONDS)
    elif not reading.place.exact:
        yield Clue(0.62, "title nearly agrees", doubt=True)
    elif not reading.place.whole:
        yield Clue(0.8, "title agrees but for brackets", doubt=True)
    else:
        yield Clue(1.0, "title agrees")
    if reading.beside and all(map(YEAR.fullmatch, reading.beside)):
        yield Clue(0.6, "another year in the title", doubt=True)
    elif reading.beside and (all(map(_says_little, reading.beside)) or (own and _is_talk(reading.beside, apart))):
        yield Clue(0.6, f"the title has more words: {' '.join(reading.beside)}", doubt=True)
    elif reading.beside:
        yield Clue(0.3, f"the title has more words: {' '.join(reading.beside)}")
    if reading.place.unread:
        return
    if reading.asides and not reading.place.whole:
        yield Clue(0.3, f"other words in brackets: {' '.join(reading.asides)}")
    elif reading.asides:
        told = f"unknown words in brackets: {' '.join(reading.asides)}"
        yield Clue(0.55, told, doubt=True) if own else Clue(0.6, told)


def _says_little(word: str) -> bool:
    """Whether a word beside a title may be of the upload and not of the title."""
    return word in GENRES or (word in DATES and word != "may") or bool(BPM.fullmatch(word))


def _is_talk(told: Words, apart: Duration) -> bool:
    """Whether several more words may be talk, as the durations are equal; a number never is."""
    equal = apart.apart is not None and apart.apart <= UNREAD_SECONDS
    return equal and len(told) > 1 and not any(word.isdecimal() for word in told)
