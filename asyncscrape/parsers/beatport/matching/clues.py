"""Clues: what one look at an offer says, and how far the durations agree."""

from __future__ import annotations

import msgspec

from asyncscrape.parsers.beatport.offer import Offer
from asyncscrape.parsers.beatport.wanted import LookedFor

SAME_SECONDS = 2.5
CLOSE_SECONDS = 5.0
"""Differences between two durations of one recording: usual, and possible."""
UNREAD_SECONDS = 1.0
"""How near the durations must be where one title is in a script that cannot be read."""
OF_A_PIECE = 0.95
"""What durations count that cannot be compared."""
FORGIVEN = {"same": 0.35, "close": 0.65}
"""The exponent that softens a doubt where the durations agree, as two recordings' seldom do."""


class Clue(msgspec.Struct, frozen=True):
    """What one look at an offer says."""

    factor: float
    why: str
    doubt: bool = False
    """Whether it is only a doubt, which an equal duration takes away for the most part."""


class Duration(msgspec.Struct, frozen=True):
    """The difference between the durations of upload and offer."""

    apart: float | None
    """In seconds; None if one is unknown."""
    clipped: bool = False

    @property
    def agreement(self) -> str:
        """How far they agree: "same", "close", "apart" or "unknown"."""
        if self.apart is None or self.clipped:
            return "unknown"
        return "same" if self.apart <= SAME_SECONDS else "close" if self.apart <= CLOSE_SECONDS else "apart"

    @property
    def factor(self) -> float:
        """What the difference counts by itself."""
        return {"unknown": OF_A_PIECE, "apart": 0.5}.get(self.agreement, 1.0)

    @property
    def clue(self) -> Clue:
        """What the difference says by itself."""
        if self.apart is None:
            return Clue(self.factor, "no duration to compare")
        if self.clipped:
            return Clue(self.factor, "only a piece was uploaded")
        told = f"{self.apart:.1f} s apart" if self.apart < 60 else f"{self.apart / 60:.1f} min apart"
        return Clue(self.factor, told)


def duration(track: LookedFor, offer: Offer, *, clipped: bool) -> Duration:
    """How far the durations are apart."""
    ours, theirs = track.duration_ms, offer.length_ms
    if not ours or not theirs:
        return Duration(None)
    return Duration(abs(ours - theirs) / 1000, clipped and ours < theirs)
