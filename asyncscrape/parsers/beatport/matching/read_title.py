"""A reading: what an upload's title says besides an offer's title, and the names that help to read it."""

from __future__ import annotations

import msgspec

from asyncscrape.parsers.beatport.matching.spelling import Words
from asyncscrape.parsers.beatport.matching.title_places import TitlePlace
from asyncscrape.parsers.beatport.matching.versions import Version


class Names(msgspec.Struct, frozen=True):
    """The names that may explain words of a title."""

    artists: tuple[Words, ...]
    others: tuple[Words, ...]
    """Remixers, guests, label."""
    account: tuple[Words, ...]
    """Those of the account, which explain words only where an artist is named too."""
    own: bool = False
    """Whether the account is one that the offer names, so that its remarks speak about the offer."""
    live: bool = False
    """Whether "live" is a part of the account's name."""

    releases: tuple[Words, ...] = ()
    """Those of the offer, which explain only a part that holds nothing else."""

    @property
    def offered(self) -> tuple[Words, ...]:
        """All that the offer names."""
        return self.artists + self.others


class Reading(msgspec.Struct, frozen=True):
    """What an upload's title says besides an offer's title."""

    place: TitlePlace
    beside: Words = ()
    """Unexplained words beside the title: it is longer than the offer's."""
    strangers: tuple[Words, ...] = ()
    """Names elsewhere that the offer does not have."""
    companions: tuple[Words, ...] = ()
    """Those of them that stand in one credit with an artist of the offer."""
    unknown_guests: Words = ()
    """Words after "feat." that are no name of the offer."""
    artists: tuple[Words, ...] = ()
    """The artists of the offer that it names."""
    others: tuple[Words, ...] = ()
    kin: tuple[Words, ...] = ()
    """Names that may be short for one of the artists."""
    asides: Words = ()
    """Unexplained words in round brackets."""
    version: Version = Version()
    clipped: bool = False
    """Whether it says that only a piece was uploaded."""
