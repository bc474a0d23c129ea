"""The map of accounts: where each stands, its community and its ties; what pictures and pages are drawn from."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

ERAS = ("before 2013", "2013–14", "2015–16", "2017–18", "2019–20", "2021 and later")
"""The generations: the years in which an account emerged."""
NONE = -1
"""In place of a generation that is not known, or of a community that an account is not part of."""
VISIBLE = "LNPS"
"""The classes of characters that can be seen: letters, numbers, punctuation and symbols."""


def shown_name(name: str | None, permalink: str | None, id: int) -> str:
    """What an account is called: its name, if anything of that can be seen."""
    if name and any(unicodedata.category(character)[0] in VISIBLE for character in name):
        return name
    return permalink or str(id)


@dataclass(frozen=True)
class Community:
    """A group of accounts that listen to each other."""

    number: int
    """Its place in the list of communities, which begins with the largest."""
    label: str
    """The names of its best-known members."""
    size: int
    top: Sequence[int]
    """The places on the map of its members to whom most interactions lead, most first."""
    generations: Sequence[int]
    """The number of members of each generation; those without one are not counted."""
    inner_share: float
    """The share of its members' interactions that stays inside."""


@dataclass(frozen=True)
class AccountMap:
    """All accounts on the map, in one order; each array has one entry for each of them."""

    ids: npt.NDArray[np.int64]
    permalinks: Sequence[str]
    names: Sequence[str]
    followers: Sequence[int | None]
    generation: npt.NDArray[np.int8]
    """A place in `ERAS`, or `NONE`."""
    community: npt.NDArray[np.int16]
    """The number of a community, or `NONE`."""
    bridges: npt.NDArray[np.int16]
    """The number of the other community that it ties to its own, or `NONE`."""
    places: npt.NDArray[np.float32]
    """Where each stands: two columns, x and y, within -1 and 1."""
    ties: npt.NDArray[np.int32]
    """The accounts to which its strongest ties lead, by place on the map, strongest first; `NONE` fills the row."""
    strengths: npt.NDArray[np.float32]
    """The weights of the same ties."""
    communities: Sequence[Community]
    facts: Mapping[str, Any]
    """What a reader should know of how it was made: how many accounts were left out and why, the seed, the method."""
