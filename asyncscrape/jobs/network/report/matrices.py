"""The interactions as sparse matrices: a row for each scraped account, a column for each that is met.

* Rows stand in the order of scraping.
* Columns stand in ascending order of ids: any order in which accounts were met would depend on the network's timing.
  They are all those to whom a row leads, and the scraped accounts themselves.
* All matrices have one shape and one form: indices sorted, no entry twice, no stored zeros, types that depend on
  nothing. So equal tables give files that are equal byte for byte, whatever order their rows have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_matrix, save_npz

from asyncscrape.analysis.report_files import Content
from asyncscrape.jobs.network.report.stored_network import StoredNetwork
from asyncscrape.parsers.soundcloud.deeds import KINDS

TOLD = ("id", "permalink", "name")
"""What the files of rows and columns tell of an account."""


@dataclass(frozen=True)
class Matrices:
    """The matrices with the accounts of their rows and columns, as frames in the same order."""

    rows: pl.DataFrame
    """The scraped accounts, with all that is stored of them."""
    columns: pl.DataFrame
    """All accounts that are met: id, permalink and name."""
    interactions: csr_matrix
    """The weighted sum of all kinds, as 64-bit floats."""
    kinds: Mapping[str, csr_matrix]
    """How often each did something to another, apart for each kind, as 32-bit integers."""

    def own_columns(self) -> npt.NDArray[np.intp]:
        """The column of each row's account; -1 if it has none, as may be in matrices that others made."""
        columns = self.columns.select("id").with_row_index("column").unique("id", keep="first")
        found = self.rows.select("id").join(columns, on="id", how="left", maintain_order="left")
        return found["column"].cast(pl.Int64).fill_null(-1).to_numpy().astype(np.intp)

    def among_rows(self) -> csr_matrix:
        """The interactions of scraped accounts with each other: a square, rows and columns in the order of rows."""
        return only(self.interactions, self.own_columns())


def matrices(network: StoredNetwork, weights: Mapping[str, float]) -> Matrices:
    """The matrices of what is stored."""
    rows = network.accounts.drop_nulls("position").sort("position", "id")
    done = network.interactions.filter(pl.col("n") > 0, pl.col("kind").is_in(KINDS))
    done = done.join(_numbered(rows, "row"), left_on="account_id", right_on="id")
    columns = _columns(network.accounts, rows, done)
    done = done.join(_numbered(columns, "column"), left_on="target_id", right_on="id").select(
        "kind", "row", "column", "n"
    )
    shape = (rows.height, columns.height)
    kinds = {kind: _sparse(done.filter(kind=kind), shape) for kind in KINDS}
    return Matrices(rows, columns, _weighted(kinds, weights, shape), kinds)


def only(matrix: csr_matrix, columns: npt.NDArray[np.intp]) -> csr_matrix:
    """These columns of a matrix, in this order; an empty one for -1."""
    there = np.flatnonzero(columns >= 0)
    chosen = csr_matrix((np.ones(len(there)), (columns[there], there)), shape=(matrix.shape[1], len(columns)))
    result = csr_matrix(matrix @ chosen)
    result.sort_indices()
    return result


def _columns(accounts: pl.DataFrame, rows: pl.DataFrame, done: pl.DataFrame) -> pl.DataFrame:
    """Those to whom interactions lead, and those of the rows; of several permalinks of one, the first by spelling."""
    met = done.group_by(id="target_id").agg(pl.col("target_permalink").min())
    ids = pl.concat([met["id"], rows["id"]]).unique().sort().to_frame()
    named = ids.join(accounts.select(TOLD), on="id", how="left").join(met, on="id", how="left").sort("id")
    return named.select("id", pl.coalesce("permalink", "target_permalink").alias("permalink"), "name")


def _numbered(accounts: pl.DataFrame, name: str) -> pl.DataFrame:
    """The ids with their places."""
    return accounts.select("id").with_row_index(name)


def _sparse(done: pl.DataFrame, shape: tuple[int, int]) -> csr_matrix:
    """The counts as a matrix; of an entry that is there twice, the sum."""
    places = tuple(done[name].to_numpy().astype(np.int32) for name in ("row", "column"))
    return csr_matrix((done["n"].to_numpy().astype(np.int32), places), shape=shape)


def _weighted(kinds: Mapping[str, csr_matrix], weights: Mapping[str, float], shape: tuple[int, int]) -> csr_matrix:
    """The sum, always in the same order: that of floats depends on it."""
    total = csr_matrix(shape, dtype=np.float64)
    for kind in KINDS:
        total = total + kinds[kind] * float(weights.get(kind, 0))
    total.eliminate_zeros()
    return total


def matrix_files(made: Matrices) -> Iterator[tuple[str, Content]]:
    """The matrices and the accounts of their rows and columns as files, by name."""
    yield "interactions.npz", partial(_save, made.interactions)
    for kind, matrix in made.kinds.items():
        yield f"{kind}.npz", partial(_save, matrix)
    yield "rows.csv", partial(_list, made.rows)
    yield "columns.csv", partial(_list, made.columns)


def _save(matrix: csr_matrix, file: BinaryIO) -> None:
    save_npz(file, matrix)


def _list(accounts: pl.DataFrame, file: BinaryIO) -> None:
    # As text first: polars tells of a full disk in a way of its own.
    file.write(accounts.select(TOLD).with_row_index("index").write_csv().encode())
