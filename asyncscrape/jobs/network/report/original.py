"""The original project's data: `sparse_matrix.npz` with two CSV files, from which the map of 2021 can be drawn again.

The CSV files have the columns `names`, `links` (permalinks, or addresses of profiles), `followers` and perhaps
`emerge_date`, in any order. A row of the matrix is a scraped account, a column one that was met. Nothing in the files
says which of them lists the rows, so their numbers of accounts must: one file has as many as the matrix has rows. If
the other has as many as it has columns, these are its accounts; if the matrix is square, rows and columns are the
same; otherwise the columns have no names, and the map does without ties.

The order of accounts is what ties them to the matrix, so no line is ever skipped. A line that cannot be read keeps
its place without what is wrong with it, and is told of.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix, load_npz

from asyncscrape.errors import UsageError
from asyncscrape.jobs.network.report.matrices import Matrices

SITE = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+/")
"""What stands before the permalink in the address of a profile."""
YEAR = r"^\s*(\d{4})(?:\D|$)"
"""How a date of emergence begins, however the rest of it is written; the map shows no more than its generation."""
TOLD = 20
"""How many lines to tell of; a wrong file would otherwise fill the screen."""


@dataclass(frozen=True)
class Original:
    """The original's data as matrices, with what could not be read."""

    made: Matrices
    problems: Sequence[str]


@dataclass
class _Listed:
    """The accounts of one file, in its order."""

    path: Path
    permalinks: list[str | None] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    followers: list[int | None] = field(default_factory=list)
    emerged: list[str | None] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def original(matrix: Path, one: Path, other: Path) -> Original:
    """The original's data; the two CSV files in any order. Raises UsageError if the files do not fit together."""
    interactions, problems = _interactions(matrix)
    lists = [_listed(one), _listed(other)]
    rows, columns = _fitting(interactions, matrix, lists)
    others = columns.permalinks if columns and columns is not rows else ()
    ids = _ids([*rows.permalinks, *others])
    accounts = _accounts(rows, ids[: len(rows.permalinks)])
    met = _met(interactions.shape[1], columns, ids if columns is rows else ids[len(rows.permalinks) :])
    told = [*problems, *(problem for listed in lists for problem in listed.problems[:TOLD])]
    return Original(Matrices(accounts, met, interactions, {}), told)


def _interactions(path: Path) -> tuple[csr_matrix, list[str]]:
    """The matrix without entries that no sum of interactions can be, and what is told of them."""
    try:
        matrix = csr_matrix(load_npz(path), dtype=np.float64)
    except (OSError, ValueError, KeyError, BadZipFile, TypeError, NotImplementedError) as error:
        raise UsageError(f"{path} is no sparse matrix that scipy has saved: {error}") from error
    matrix.sum_duplicates()
    wrong = ~(np.isfinite(matrix.data) & (matrix.data >= 0))
    matrix.data[wrong] = 0
    matrix.eliminate_zeros()
    return matrix, [
        f"{path}: {wrong.sum()} entries are negative or no numbers, and count as 0"
    ] if wrong.any() else []


def _fitting(matrix: csr_matrix, path: Path, lists: Sequence[_Listed]) -> tuple[_Listed, _Listed | None]:
    """The file that lists the rows, and the one that lists the columns, if any does."""
    height, width = matrix.shape
    for rows, other in (lists, lists[::-1]):
        if len(rows.permalinks) == height:
            fits = (listed for listed in (other, rows) if len(listed.permalinks) == width)
            return rows, next(fits, None)
    sizes = " and ".join(f"{listed.path.name} has {len(listed.permalinks)}" for listed in lists)
    raise UsageError(
        f"{path.name} has {height} rows, but {sizes} accounts; one file must list an account for each row"
    )


def _ids(permalinks: Sequence[str | None]) -> list[int]:
    """A number for each account, since the original has no ids; the same for the same permalink."""
    numbers: dict[str | int, int] = {}
    return [
        numbers.setdefault(permalink or -place, len(numbers) + 1) for place, permalink in enumerate(permalinks, 1)
    ]


def _accounts(rows: _Listed, ids: Sequence[int]) -> pl.DataFrame:
    """The scraped accounts, like those that a run stores."""
    years = pl.Series("year", rows.emerged, dtype=pl.String).str.extract(YEAR).cast(pl.Int32)
    emerged = years.to_frame().select(pl.datetime("year", 1, 1, time_zone="UTC", time_unit="us")).to_series()
    return pl.DataFrame(
        {
            "id": pl.Series(ids, dtype=pl.Int64),
            "permalink": pl.Series(rows.permalinks, dtype=pl.String),
            "name": pl.Series(rows.names, dtype=pl.String),
            "followers": pl.Series(rows.followers, dtype=pl.Int64),
            "emerge_date": emerged,
            "position": pl.Series(range(len(ids)), dtype=pl.Int64),
            "state": pl.Series(["done"] * len(ids), dtype=pl.String),
        }
    )


def _met(width: int, columns: _Listed | None, ids: Sequence[int]) -> pl.DataFrame:
    """The accounts of the columns; numbers below 0 stand for those without names."""
    if columns is None:
        nothing = pl.Series([None] * width, dtype=pl.String)
        return pl.DataFrame({"id": -np.arange(1, width + 1), "permalink": nothing, "name": nothing})
    names, permalinks = (pl.Series(texts, dtype=pl.String) for texts in (columns.names, columns.permalinks))
    return pl.DataFrame({"id": pl.Series(ids, dtype=pl.Int64), "permalink": permalinks, "name": names})


def _listed(path: Path) -> _Listed:
    """The accounts in a file. Raises UsageError if it is none of the original's."""
    found = _Listed(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            _fill(found, csv.reader(file))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8; save the file in that encoding") from error
    except (OSError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    return found


def _fill(found: _Listed, reader: Iterator[list[str]]) -> None:
    header = [name.strip().lower() for name in next(reader, [])]
    if "links" not in header:
        raise UsageError(f'{found.path} has no column "links" in its first line')
    for cells in reader:
        if cells:
            _add(found, dict(zip(header, cells, strict=False)))


def _add(found: _Listed, cells: dict[str, str]) -> None:
    """One account; what is wrong about it is told."""
    line = f"{found.path}, account {len(found.permalinks) + 1}"
    permalink = SITE.sub("", cells.get("links", "").strip(), count=1).strip("/")
    followers = _number(cells.get("followers", ""))
    if not permalink:
        found.problems.append(f"{line}: has no link")
    if followers is None and cells.get("followers", "").strip():
        found.problems.append(f"{line}: {cells['followers'][:40]!r} is no number of followers")
    found.permalinks.append(permalink or None)
    found.names.append(cells.get("names", "").strip() or None)
    found.followers.append(followers)
    found.emerged.append(cells.get("emerge_date"))


def _number(text: str) -> int | None:
    """A number of followers, as spreadsheets and data frames write it."""
    try:
        number = float(text.replace(",", "").strip())
    except ValueError:
        return None
    return int(number) if 0 <= number < 2**53 else None
