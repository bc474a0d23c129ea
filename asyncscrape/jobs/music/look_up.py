"""The seam to the shop: how a track is looked up there, without knowing how the shop answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from asyncscrape.model import Link, Parser
from asyncscrape.parsers.soundcloud.told import Sound


class LookUp(Protocol):
    """A way to ask the shop."""

    @property
    def parsers(self) -> Mapping[str, Parser]:
        """Its parsers, by the kinds of its requests."""

    def link(self, sound: Sound, by: str) -> Link | None:
        """The request that looks a track of the artist with this name up; None if there is nothing to ask with.

        Its note has no edition: a track is looked up once, as long as its title and the like stay the same.
        """
