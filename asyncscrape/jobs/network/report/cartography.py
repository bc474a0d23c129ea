"""From matrices to the map of accounts.

1. Accounts that say too little are left out.               `tastes.listeners`
2. Tastes are compared.                                     `tastes.tastes`
3. Communities are found, and who bridges two of them.      `communities.communities`, `bridges.bridges`
4. Each account gets its place in the plane.                `embedding.places`

All of it runs in one thread: sums of floats depend on how many threads share them, and the map must not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from asyncscrape.jobs.network.report.account_map import ERAS, NONE, AccountMap, Community, shown_name
from asyncscrape.jobs.network.report.bridges import bridges
from asyncscrape.jobs.network.report.communities import communities
from asyncscrape.jobs.network.report.embedding import places
from asyncscrape.jobs.network.report.matrices import Matrices, only
from asyncscrape.jobs.network.report.tastes import DIMENSIONS, LEAST, MOST_TO_ONE, Listeners, Seat, listeners, tastes

SEED = 12
MOST_TIES = 8
NAMED = 3
"""How many members give a community its name."""
LONGEST = 60
"""Characters of a name in the label of a community."""
TOP = 10
"""How many members of a community are told."""
FIRST_YEARS = (2013, 2015, 2017, 2019, 2021)
"""The first year of each generation but the oldest."""

Shorts = npt.NDArray[np.int16]


def account_map(made: Matrices, seed: int = SEED) -> AccountMap:
    """The map of those of the scraped accounts that say enough."""
    with threadpool_limits(1):
        return _drawn(made, seed)


def _drawn(made: Matrices, seed: int) -> AccountMap:
    own = made.own_columns()
    heard = listeners(made.interactions, own)
    people = made.rows[heard.rows]
    among = only(heard.given, own[heard.rows])
    direction = tastes(heard.given)
    community = communities(heard.given, direction, seed).astype(np.int16)
    eras = generations(people["emerge_date"])
    names = [shown_name(*one) for one in people.select("name", "permalink", "id").rows()]
    ties, strengths = strongest(among)
    return AccountMap(
        ids=people["id"].to_numpy(),
        permalinks=[permalink or "" for permalink in people["permalink"]],
        names=names,
        followers=people["followers"].to_list(),
        generation=eras,
        community=community,
        bridges=bridges(among, community),
        places=places(direction, seed),
        ties=ties,
        strengths=strengths,
        communities=_told(among, community, eras, names),
        facts=_facts(made, heard, seed),
    )


def generations(emerged: pl.Series) -> npt.NDArray[np.int8]:
    """A place in `ERAS` for each time, or NONE."""
    years = emerged.dt.year().fill_null(0).to_numpy()
    return np.where(years > 0, np.searchsorted(FIRST_YEARS, years, side="right"), NONE).astype(np.int8)


def strongest(among: csr_matrix) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """The strongest ties of each, both directions together; of equally strong ones the first."""
    both = csr_matrix(among + among.T)
    count = both.shape[0]
    owners = np.repeat(np.arange(count), np.diff(both.indptr))
    order = np.lexsort((both.indices, -both.data, owners))
    ranks = np.arange(both.nnz) - both.indptr[owners]
    kept = order[ranks < MOST_TIES]
    ties, strengths = np.full((count, MOST_TIES), NONE, np.int32), np.zeros((count, MOST_TIES), np.float32)
    at = owners[kept], ranks[ranks < MOST_TIES]
    ties[at], strengths[at] = both.indices[kept], both.data[kept]
    return ties, strengths


def _told(
    among: csr_matrix, community: Shorts, eras: npt.NDArray[np.int8], names: Sequence[str]
) -> Sequence[Community]:
    """What there is to tell of each community."""
    return [_one(number, among, community, eras, names) for number in range(community.max(initial=NONE) + 1)]


def _one(
    number: int, among: csr_matrix, community: Shorts, eras: npt.NDArray[np.int8], names: Sequence[str]
) -> Community:
    members = np.flatnonzero(community == number)
    given = among[members]
    heard = np.asarray(given.sum(axis=0)).ravel()[members]
    top = members[np.argsort(-_beyond_fame(among, members, heard), kind="stable")][:TOP].tolist()
    return Community(
        number=number,
        label=", ".join(_short(names[place]) for place in top[:NAMED]),
        size=len(members),
        top=top,
        generations=[int(np.count_nonzero(eras[members] == era)) for era in range(len(ERAS))],
        inner_share=float(heard.sum() / max(given.sum(), 1)),
    )


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _beyond_fame(
    among: csr_matrix, members: npt.NDArray[np.intp], heard: npt.NDArray[np.float64]
) -> npt.NDArray[Any]:
    """What leads to members from inside, beyond what would if the inside heard them no more than everybody does."""
    everywhere = np.asarray(among.sum(axis=0)).ravel()[members]
    share = among[members].sum() / max(among.sum(), 1)
    return np.asarray(heard - share * everywhere)


def _facts(made: Matrices, heard: Listeners, seed: int) -> Mapping[str, Any]:
    """How the map was made, and who is not on it."""
    seats = np.bincount(heard.seats, minlength=len(Seat))
    return {
        "scraped": made.rows.height,
        "met": made.columns.height,
        "on_the_map": int(seats[Seat.ON_THE_MAP]),
        "too_little": int(seats[Seat.TOO_LITTLE]),
        "mostly_one": int(seats[Seat.MOSTLY_ONE]),
        "least": LEAST,
        "most_to_one": MOST_TO_ONE,
        "dimensions": DIMENSIONS,
        "seed": seed,
        "embedding": "forces between nearest tastes",
        "method": "nearest tastes, joined by direction, settled by likelihood",
    }
