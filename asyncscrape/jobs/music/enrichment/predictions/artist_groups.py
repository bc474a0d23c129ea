"""Artists who work together are tested together, as far as that leaves enough others; else their ties are told."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import polars as pl

    from asyncscrape.analysis.models.samples import Rows


class ArtistGroups(NamedTuple):
    """See the fields of the same names of `Samples`."""

    groups: Rows
    ties: Rows


def grouped(tracks: pl.DataFrame) -> ArtistGroups:
    """The groups of the artists of these tracks, by `partners`."""
    import numpy as np

    from asyncscrape.analysis.models.groups import joined

    artists: list[int] = tracks["artist_id"].to_list()
    sizes = Counter(artists)
    parts = [
        (row, artist, partner)
        for row, (artist, partners) in enumerate(zip(artists, tracks["partners"], strict=True))
        for partner in partners
        if partner in sizes
    ]
    group = joined(sizes, Counter((min(pair), max(pair)) for _, *pair in parts))
    ties = {(row, group[partner]) for row, artist, partner in parts if group[partner] != group[artist]}
    return ArtistGroups(
        np.array([group[artist] for artist in artists], np.int64), np.array(sorted(ties), np.int64).reshape(-1, 2)
    )
