"""The best of several offers, with its score and the reason in plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from math import inf, prod

import msgspec

from asyncscrape.parsers.beatport.matching.artist_evidence import artists
from asyncscrape.parsers.beatport.matching.clues import FORGIVEN, OF_A_PIECE, Clue, Duration, duration
from asyncscrape.parsers.beatport.matching.layout import laid_out
from asyncscrape.parsers.beatport.matching.offered_track import OfferedTrack, signs_of
from asyncscrape.parsers.beatport.matching.read_title import Reading
from asyncscrape.parsers.beatport.matching.title_evidence import title
from asyncscrape.parsers.beatport.matching.title_reading import readings
from asyncscrape.parsers.beatport.matching.version_evidence import settled, version
from asyncscrape.parsers.beatport.matching.vocabulary import CLIPPED
from asyncscrape.parsers.beatport.offer import Offer
from asyncscrape.parsers.beatport.wanted import LookedFor

FIRST_OFFERS = 6
"""How many results are looked at; what comes later has not been the track."""
THRESHOLD = 0.7
"""The score from which an offer is the track."""
OTHER_TITLE = 0.1
"""The score of an offer whose title is not found."""
SAME_ISRC = 0.99
OTHER_ISRC = 0.72
OTHER_ISRC_ALONE = 0.9
OTHER_ISRC_AND_YEAR = 0.5
"""The score of the same ISRC, and the factors of another. By itself that says little: re-releases have new ones."""

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")


class Match(msgspec.Struct, frozen=True):
    """The result of a look-up."""

    score: float
    why: str
    offer: Offer | None
    """None if the best one is not good enough."""


def best(track: LookedFor, offers: Sequence[Offer]) -> Match:
    """The offer that is the recording of a track, if one of the first six is."""
    looked_at = offers[:FIRST_OFFERS]
    if not looked_at:
        return Match(0.0, "no match: Beatport has no result", None)
    top = _top(track, looked_at)
    if top.score >= THRESHOLD:
        return top
    return Match(top.score, f"no match: best {top.score:.2f}, {top.why}", None)


def _top(track: LookedFor, offers: Sequence[Offer]) -> Match:
    """The best match; of equal ones that of the nearer length, then the first. Who has no chance is left out."""
    hopes = sorted(
        ((chance(track, offer), -seconds_apart(track, offer), -place) for place, offer in enumerate(offers)),
        reverse=True,
    )
    judged: list[tuple[float, float, int, Match]] = []
    for hope in hopes:
        if judged and hope < max(judged)[:3]:
            break
        _, nearness, place = hope
        match = judge(track, offers[-place])
        judged.append((match.score, nearness, place, match))
    return max(judged)[-1]


def chance(track: LookedFor, offer: Offer) -> float:
    """The most that an offer's score can be: what lengths and ISRCs say, whatever titles do. No clue is above 1."""
    codes = isrc(track.isrc), isrc(offer.isrc)
    if codes[0] and codes[0] == codes[1]:
        return SAME_ISRC
    most = duration(track, offer, clipped=False).factor
    if most < OF_A_PIECE and may_be_clipped(track, offer):
        most = max(most, duration(track, offer, clipped=True).factor)
    return round(most * OTHER_ISRC_ALONE, 3) if all(codes) else most


def may_be_clipped(track: LookedFor, offer: Offer) -> bool:
    """Whether a reading may find that only a piece was uploaded. Signs as a title may divide words in another way."""
    return bool(signs_of(offer.name)) or any(not CLIPPED.isdisjoint(part.words) for part in laid_out(track.title))


def seconds_apart(track: LookedFor, offer: Offer) -> float:
    """The difference in length, which decides between offers of the same score; infinite if one is unknown."""
    both = track.duration_ms and offer.length_ms
    return abs((track.duration_ms or 0) - (offer.length_ms or 0)) / 1000 if both else inf


def judge(track: LookedFor, offer: Offer) -> Match:
    """The score of one offer, and what speaks for it; below the threshold, what speaks against it."""
    codes = isrc(track.isrc), isrc(offer.isrc)
    if codes[0] and codes[0] == codes[1]:
        return Match(SAME_ISRC, "ISRC agrees", offer)
    offered = OfferedTrack(offer)
    told = (settled(offered, reading) for reading in readings(track, offered))
    scored = [_scored(track, offered, reading, other_code=all(codes)) for reading in told]
    return max(scored, key=lambda match: match.score, default=Match(OTHER_TITLE, "other title", offer))


@lru_cache(1024)
def isrc(code: str | None) -> str | None:
    """An ISRC in one spelling; None for anything else."""
    if not code:
        return None
    plain = re.sub(r"[\s-]", "", code).upper()
    return plain if _ISRC.fullmatch(plain) else None


def _scored(track: LookedFor, offered: OfferedTrack, reading: Reading, *, other_code: bool) -> Match:
    """The score of one reading. Its clues are told in the order in which they are found here."""
    apart = duration(track, offered.offer, clipped=reading.clipped)
    found = [
        *title(track, offered, reading, apart),
        *artists(track, offered, reading, apart),
        *version(track, offered, reading, apart),
        apart.clue,
    ]
    if other_code:
        found.append(_other_isrc(found, apart, other_year=reading.version.year != offered.version.year))
    score = round(prod(_weighed(clue, apart) for clue in found), 3)
    told = found if score >= THRESHOLD else [clue for clue in found if clue.factor < 1] or found
    return Match(score, ", ".join(dict.fromkeys(clue.why for clue in told)), offered.offer)


def _other_isrc(found: Sequence[Clue], apart: Duration, *, other_year: bool) -> Clue:
    """What another ISRC says: little where all else agrees."""
    if other_year:
        return Clue(OTHER_ISRC_AND_YEAR, "other ISRC and another year")
    if apart.agreement == "same" and all(clue.factor == 1 for clue in found):
        return Clue(OTHER_ISRC_ALONE, "other ISRC, as re-releases have")
    return Clue(OTHER_ISRC, "other ISRC")


def _weighed(clue: Clue, apart: Duration) -> float:
    """The factor of a clue; doubts count for less where the durations agree."""
    return clue.factor ** FORGIVEN.get(apart.agreement, 1.0) if clue.doubt else clue.factor
