"""Accounts that bridge two communities.

A member of one community bridges it with another, if more of its interactions lead there, and more come from there,
than chance would have it. Chance is what a usual member of its community does: so many of its interactions lead to,
and come from, each other community. What counts is the number of accounts at the other end, not how often they are
liked; whoever does little needs a larger share to stand out. Of several other communities it is the clearest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from asyncscrape.jobs.network.report.account_map import NONE

CLEAR = 3.0
"""By how many standard deviations both directions must exceed chance."""
PART = 0.25
"""What leads there must be at least this much of what stays at home, in both directions; a bridge has two ends."""

Floats = npt.NDArray[np.float64]


def bridges(ties: csr_matrix, community: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """The other community that each account bridges with its own, or NONE; `ties` has the map's accounts only."""
    count = int(community.max(initial=NONE)) + 1
    if count < 2:
        return np.full(len(community), NONE, np.int16)
    known = (ties > 0).astype(np.float64)
    outwards, inwards = _by_community(known, community, count), _by_community(known.T.tocsr(), community, count)
    clearness = np.minimum(_beyond_chance(outwards, community), _beyond_chance(inwards, community))
    best = clearness.argmax(axis=1)
    clear = clearness[np.arange(len(best)), best] >= CLEAR
    return np.where(clear & (community != NONE), best, NONE).astype(np.int16)


def _by_community(known: csr_matrix, community: npt.NDArray[np.int16], count: int) -> Floats:
    """How many accounts of each community each account knows."""
    members = np.flatnonzero(community != NONE)
    shape = (len(community), count)
    belongs = csr_matrix((np.ones(len(members)), (members, community[members])), shape=shape)
    return np.asarray((known @ belongs).todense())


def _beyond_chance(counts: Floats, community: npt.NDArray[np.int16]) -> Floats:
    """By how many standard deviations each count exceeds a usual member's; nothing counts that is not a real part."""
    count = counts.shape[1]
    sums = np.zeros((count, count))
    members = community != NONE
    np.add.at(sums, community[members], counts[members])
    usual = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1)
    chance = usual[community]
    expected = counts.sum(axis=1, keepdims=True) * chance
    spread = np.sqrt(np.maximum(expected * (1 - chance), 1))
    own = counts[np.arange(len(counts)), community][:, None]
    clearness = np.where(counts >= np.maximum(PART * own, 1), (counts - expected) / spread, 0)
    clearness[np.arange(len(counts)), community] = 0
    return np.asarray(clearness)
