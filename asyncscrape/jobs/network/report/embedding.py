"""Where accounts stand on the map: tastes in two dimensions, so that those of like taste stand together.

Accounts begin where the two main directions of taste put them. Then each is drawn to those nearest in taste and
pushed away by others, chosen by lot, with the forces of UMAP, more and more gently until all are at rest. Nearest
tastes are found exactly, and forces added up in one order, so that equal data give an equal map.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from asyncscrape.jobs.network.report.nearest import as_graph, nearest

NEIGHBOURS = 15
ROUNDS = 200
PUSHES = 5
"""How many others push an account away for each one that draws it near, in each round."""
STEP = 0.1
WIDTH, STEEPNESS = 0.58, 1.33
"""Likeness falls with the distance d as 1 / (1 + WIDTH d^(2 STEEPNESS)): slowly at first, so that points spread."""
STRONGEST = 4.0
"""The most that one account can move another in a round."""
START = 10.0
"""Half the width of the map at the beginning."""

Floats = npt.NDArray[np.float64]


def places(tastes: Floats, seed: int) -> npt.NDArray[np.float32]:
    """The place of each account: x and y, within -1 and 1."""
    if len(tastes) <= NEIGHBOURS:
        return _on_a_circle(len(tastes))
    chance = np.random.default_rng(seed)
    graph = as_graph(nearest(tastes, NEIGHBOURS)).tocoo()
    found = np.ascontiguousarray(_main_directions(tastes).T)
    for number in range(ROUNDS):
        forces = _pulls(found, graph.row, graph.col)
        for _ in range(PUSHES):
            forces += _pushes(found, graph.row, chance.integers(0, len(tastes), graph.nnz))
        found += STEP * (1 - number / ROUNDS) * forces
    return _framed(found.T)


def _on_a_circle(count: int) -> npt.NDArray[np.float32]:
    """Places for so few accounts that there is nothing to arrange."""
    angles = np.arange(count) * (2 * np.pi / max(count, 1))
    return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def _main_directions(tastes: Floats) -> Floats:
    """The two directions in which tastes differ most."""
    centred = tastes - tastes.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    found = centred @ directions[:, :-3:-1]
    if found.shape[1] < 2:
        found = np.column_stack([found, np.linspace(-1, 1, len(found))])
    return np.asarray(found * (START / max(np.abs(found).max(), np.finfo(float).tiny)))


def _pulls(found: Floats, of: npt.NDArray[np.int32], to: npt.NDArray[np.int32]) -> Floats:
    """What draws accounts to those near in taste; `found` has a row of all x, and one of all y."""
    apart, squares = _apart(found, of, to)
    strength = -2 * WIDTH * STEEPNESS * squares ** (STEEPNESS - 1) / (1 + WIDTH * squares**STEEPNESS)
    return _added(strength, apart, of, found.shape[1])


def _pushes(found: Floats, of: npt.NDArray[np.int32], away: npt.NDArray[np.int64]) -> Floats:
    """What pushes accounts away from others."""
    apart, squares = _apart(found, of, away)
    strength = 2 * STEEPNESS / ((0.001 + squares) * (1 + WIDTH * squares**STEEPNESS))
    return _added(strength, apart, of, found.shape[1])


def _apart(found: Floats, of: npt.NDArray[np.int32], other: npt.NDArray[np.integer[Any]]) -> tuple[Floats, Floats]:
    """How far apart they are by x and by y, and the squares of their distances."""
    apart = found.take(of, axis=1) - found.take(other, axis=1)
    return apart, apart[0] * apart[0] + apart[1] * apart[1]


def _added(strength: Floats, apart: Floats, of: npt.NDArray[np.int32], count: int) -> Floats:
    forces = np.clip(strength * apart, -STRONGEST, STRONGEST)
    return np.stack([np.bincount(of, force, count) for force in forces])


def _framed(found: Floats) -> npt.NDArray[np.float32]:
    """The same places around the middle, and within -1 and 1."""
    middle = (found.min(axis=0) + found.max(axis=0)) / 2
    scale = max(np.abs(found - middle).max(), np.finfo(float).tiny)
    return np.asarray((found - middle) / scale, np.float32)
