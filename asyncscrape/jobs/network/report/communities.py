"""Who belongs together: communities of accounts with like tastes.

1. Accounts are joined with their nearest in the space of tastes, and the graph is cut into small pieces.   `_pieces`
2. Pieces of one taste become one community again.                                                          `_joined`
3. Each account goes to the community that best explains whom it knows, until nobody moves any more.       `_settled`
4. The same within each community: a small one may hide where the graph of all has no eye for it.           `_divided`

The number of communities follows from the data. Pieces are joined by the direction of their tastes, and not by how
far they are apart: some members of a community live for it and others hardly know it, and still it is one. For the
same reason the first dimension of tastes, how much an account does what everybody does, is left out here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from asyncscrape.jobs.network.report.nearest import as_graph, nearest
from asyncscrape.jobs.network.report.tastes import of_length_1

NEIGHBOURS = 30
RESOLUTION = 2.0
ONE_TASTE = 0.75
"""Pieces are one community if their members are more than so much as alike as those of one piece are."""
LEAST_LIKENESS = 1e-3
"""The least mean cosine between members of a piece; one with less has no taste of its own."""
NEIGHBOURS_WITHIN = 10
RESOLUTION_WITHIN = 1.0
ONE_TASTE_WITHIN = 0.65
"""It takes more to be a community within another."""
SMALLEST = 20
"""Members of a community; fewer are a clique of friends, or chance."""
TRUST = 300.0
"""How many interactions a community must show before its own habits count for more than everybody's."""
MOST_ROUNDS = 40
FEWEST_MOVES = 1e-4
SMOOTH = 1e-3
"""What everybody is taken to have done to each other account, so that nothing is impossible."""

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def communities(given: csr_matrix, tastes: Floats, seed: int) -> Labels:
    """The number of each account's community, the largest first."""
    count = given.shape[0]
    if count < 2 * SMALLEST:
        return np.zeros(count, np.int64)
    own = of_length_1(tastes[:, 1:])
    known = csr_matrix((np.ones(given.nnz), given.indices, given.indptr), shape=given.shape)
    pieces = _pieces(own, NEIGHBOURS, RESOLUTION, seed)
    labels = _settled(known, _joined(own, pieces, ONE_TASTE))
    return _by_size(_settled(known, _divided(own, labels, seed)))


def _pieces(tastes: Floats, neighbours: int, resolution: float, seed: int) -> Labels:
    """The graph of nearest tastes, cut where it is thin; more pieces than there are communities."""
    from sknetwork.clustering import Louvain

    graph = as_graph(nearest(tastes, neighbours))
    return np.asarray(Louvain(resolution=resolution, random_state=seed).fit_predict(graph), np.int64)


def _joined(tastes: Floats, pieces: Labels, one_taste: float) -> Labels:
    """Pieces of one taste as one, the most alike first, until no two are alike enough."""
    sums, sizes = np.asarray(_members(pieces) @ tastes), np.bincount(pieces)
    current = np.arange(len(sums))
    while len(current) > 1:
        alike = _likeness(sums[current], sizes[current])
        one, other = sorted(divmod(int(alike.argmax()), len(current)))
        if alike[one, other] <= one_taste:
            break
        sums[current[one]] += sums[current[other]]
        sizes[current[one]] += sizes[current[other]]
        pieces = np.where(pieces == current[other], current[one], pieces)
        current = np.delete(current, other)
    return _renumbered(pieces)


def _likeness(sums: Floats, sizes: Labels) -> Floats:
    """How alike members of two pieces are on the average, where 1 is how alike two members of one piece are."""
    across = sums @ sums.T / np.outer(sizes, sizes)
    within = (np.einsum("ij,ij->i", sums, sums) - sizes) / np.maximum(sizes * (sizes - 1), 1)
    scale = np.sqrt(np.maximum(within, LEAST_LIKENESS))
    alike = across / np.outer(scale, scale)
    np.fill_diagonal(alike, -1)
    return np.asarray(alike)


def _divided(tastes: Floats, labels: Labels, seed: int) -> Labels:
    """The communities found within each community; most are one."""
    divided = np.empty_like(labels)
    found = 0
    for number in range(labels.max() + 1):
        members = np.flatnonzero(labels == number)
        own = tastes[members]
        pieces = _pieces(own, min(NEIGHBOURS_WITHIN, len(members) - 1), RESOLUTION_WITHIN, seed)
        divided[members] = found + _joined(own, pieces, ONE_TASTE_WITHIN)
        found = divided[members].max() + 1
    return divided


def _settled(known: csr_matrix, labels: Labels) -> Labels:
    """The labels after everybody has gone where they belong, and too small communities have gone up in others."""
    while True:
        labels = _at_rest(known, labels)
        sizes = np.bincount(labels)
        if len(sizes) == 1 or sizes.min() >= SMALLEST:
            return labels
        labels = _renumbered(_best(known, labels, without=int(sizes.argmin())))


def _at_rest(known: csr_matrix, labels: Labels) -> Labels:
    for _ in range(MOST_ROUNDS):
        better = _best(known, labels)
        moved = np.count_nonzero(better != labels)
        labels = _renumbered(better)
        if moved <= FEWEST_MOVES * len(labels):
            break
    return labels


def _best(known: csr_matrix, labels: Labels, without: int | None = None) -> Labels:
    """For each account the community whose habits make whom it knows the most likely."""
    share = np.asarray(known.sum(axis=0)).ravel() + SMOOTH
    share /= share.sum()
    counts = np.asarray((_members(labels) @ known).todense())
    habits = (counts + TRUST * share) / (counts.sum(axis=1, keepdims=True) + TRUST)
    likely = np.asarray(known @ np.log(habits / share).T) + np.log(np.bincount(labels) / len(labels))
    if without is not None:
        likely[:, without] = -np.inf
    return np.asarray(likely.argmax(axis=1), np.int64)


def _members(labels: Labels) -> csr_matrix:
    """A row for each community, with a one for each member."""
    count = len(labels)
    return csr_matrix((np.ones(count), (labels, np.arange(count))), shape=(labels.max() + 1, count))


def _renumbered(labels: Labels) -> Labels:
    """The same communities with numbers from 0 on."""
    return np.unique(labels, return_inverse=True)[1]


def _by_size(labels: Labels) -> Labels:
    """The same communities, numbered from the largest; of equally large ones the first to appear."""
    _, first, numbers, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    ranks = np.empty(len(first), np.int64)
    ranks[np.lexsort((first, -sizes))] = np.arange(len(first))
    return ranks[numbers]
