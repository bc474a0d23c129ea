"""All tracks on sale, by what a visitor may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, lru_cache

from asyncscrape.replica.beatport.finding import Index
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.scene import truth
from asyncscrape.replica.scene.nouns import SoldTrack


class Stock:
    """What is sold in one week."""

    def __init__(self, tracks: Sequence[SoldTrack]) -> None:
        self.tracks = tracks
        self.places = cache(self._places)
        """The places of the tracks of which the same is told, by the text of it."""

    @cached_property
    def index(self) -> Index:
        """For searches."""
        return Index(self.tracks)

    def _places(self, told: Callable[[SoldTrack], object]) -> Mapping[str, frozenset[int]]:
        found: dict[str, set[int]] = {}
        for place, track in enumerate(self.tracks):
            found.setdefault(str(told(track)), set()).add(place)
        return {text: frozenset(places) for text, places in found.items()}

    @cached_property
    def by_id(self) -> Mapping[int, SoldTrack]:
        """Each track by its number."""
        return {track.id: track for track in self.tracks}

    @cached_property
    def by_sample(self) -> Mapping[str, SoldTrack]:
        """Each track by the key of its preview."""
        return {track.sample: track for track in self.tracks}


@lru_cache(maxsize=2)
def _on_sale(week: int) -> Stock:
    """The stock of a week. It never changes, so all replicas of a process share it."""
    return Stock(truth.sold_tracks(week))


class Shelves:
    """The stock, which grows each week. Nothing is made before it is asked for."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def now_on_sale(self) -> Stock:
        """What is sold in the present week."""
        return _on_sale(self._switches.now.weeks)
