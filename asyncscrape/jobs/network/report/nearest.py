"""The nearest neighbours of each account in the space of tastes, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

BLOCK = 1024
"""Rows that are compared with all others at once; more take more memory, and no less time."""


@dataclass(frozen=True)
class Nearest:
    """Who is nearest to each, nearest first, and how far away by cosine distance."""

    who: npt.NDArray[np.int32]
    distances: npt.NDArray[np.float32]


def nearest(tastes: npt.NDArray[np.float64], number: int) -> Nearest:
    """So many neighbours of each, or all others if there are fewer; of equally near ones the first."""
    points = tastes.astype(np.float32)
    number = min(number, len(points) - 1)
    blocks = [_of_block(points, start, number) for start in range(0, len(points), BLOCK)]
    who, distances = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return Nearest(who, distances)


def _of_block(
    points: npt.NDArray[np.float32], start: int, number: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    block = points[start : start + BLOCK]
    distances = np.maximum(1 - block @ points.T, 0)
    rows = np.arange(len(block))
    distances[rows, start + rows] = np.inf
    near = np.sort(np.argpartition(distances, number - 1, axis=1)[:, :number], axis=1)
    order = np.argsort(np.take_along_axis(distances, near, axis=1), axis=1, kind="stable")
    who = np.take_along_axis(near, order, axis=1)
    return who.astype(np.int32), np.take_along_axis(distances, who, axis=1)


def as_graph(found: Nearest) -> csr_matrix:
    """An undirected graph that joins each with its nearest."""
    who = found.who
    count, each = who.shape
    rows = np.repeat(np.arange(count), each)
    directed = csr_matrix((np.ones(who.size), (rows, who.ravel())), shape=(count, count))
    return csr_matrix(directed.maximum(directed.T))
