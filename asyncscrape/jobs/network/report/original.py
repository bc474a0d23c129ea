"""The original project's data: `sparse_matrix.npz` with two CSV files, from which the map of 2021 can be drawn again.

The CSV files have the columns `names`, `links` (permalinks, or addresses of profiles), `followers` and perhaps
`emerge_date`, in any order. A row of the matrix is a scraped account, a column one that was met. Nothing in the files
says which of them lists the rows, so their numbers of accounts must: one file has as many as the matrix has rows. If
the other has as many as it has columns, these are its accounts; if the matrix is square, rows and columns are the
same; otherwise the columns have no names, and the map does without ties.

The order of accounts is what ties them to the matrix, so no line is ever skipped. A line that cannot be read keeps
its place without what is wrong with it, and is told of. Of an account that is listed twice, the first line is the one
to which ties lead.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from asyncscrape.errors import UsageError
from asyncscrape.jobs.network.report.matrices import Matrices
from asyncscrape.jobs.network.report.original_matrix import read_matrix

SITE = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+/")
"""What stands before the permalink in the address of a profile."""
YEAR = r"^\s*(\d{4})(?:\D|$)"
"""How a date of emergence begins, however the rest of it is written; the map shows no more than its generation."""
NAMED = 3
"""How many of the lines with the same fault to name."""
MOST_SHOWN = 40
"""Characters of a cell that are shown."""


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
    faults: dict[str, list[str]] = field(default_factory=dict)
    """Lines, by what is wrong with them."""

    def problems(self) -> Iterator[str]:
        """How many lines have each fault, and a few of them."""
        for fault, lines in self.faults.items():
            more = f" and {len(lines) - NAMED} more" if len(lines) > NAMED else ""
            yield f"{self.path}: {fault} ({len(lines)}): {'; '.join(lines[:NAMED])}{more}"


def original(matrix: Path, one: Path, other: Path) -> Original:
    """The original's data; the two CSV files in any order. Raises UsageError if the files do not fit together."""
    interactions, problems = read_matrix(matrix)
    lists = [_listed(one), _listed(other)]
    rows, columns = _fitting(interactions, matrix, lists)
    if columns is None or columns is rows:
        [ids] = _ids(rows)
        met = _met(interactions.shape[1], columns, ids)
    else:
        ids, others = _ids(rows, columns)
        met = _met(interactions.shape[1], columns, others)
    told = [*problems, *(problem for listed in lists for problem in listed.problems())]
    return Original(Matrices(_accounts(rows, ids), met, interactions, {}), told)


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


def _ids(*lists: _Listed) -> list[list[int]]:
    """A number for each account, since the original has no ids; the same in both lists for the same permalink."""
    numbers: dict[str, int] = {}
    fresh = count(1)
    return [_numbered(listed.permalinks, numbers, fresh) for listed in lists]


def _numbered(permalinks: Sequence[str | None], numbers: dict[str, int], fresh: Iterator[int]) -> list[int]:
    """The numbers of a list, in which no number is there twice, even if a permalink is."""
    found, seen = [], set[str]()
    for permalink in permalinks:
        if permalink is None or permalink in seen:
            found.append(next(fresh))
            continue
        seen.add(permalink)
        if permalink not in numbers:
            numbers[permalink] = next(fresh)
        found.append(numbers[permalink])
    return found


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
        raise UsageError(f"{path} cannot be read as a CSV: {error}; take the original's file") from error
    return found


def _fill(found: _Listed, reader: Iterator[list[str]]) -> None:
    header = [name.strip().lower() for name in next(reader, [])]
    if "links" not in header:
        raise UsageError(
            f'{found.path} has no column "links" in its first line; it should name the columns, with commas between'
        )
    seen = set[str]()
    for cells in reader:
        if cells:
            _add(found, dict(zip(header, cells, strict=False)), seen)


def _add(found: _Listed, cells: dict[str, str], seen: set[str]) -> None:
    """One account; what is wrong about it is told. `seen` has the permalinks before it."""
    name = cells.get("names", "").strip()
    line = f"account {len(found.permalinks) + 1}" + (f" ({name[:MOST_SHOWN]})" if name else "")
    permalink = SITE.sub("", cells.get("links", "").strip(), count=1).strip("/")
    text = cells.get("followers", "").strip()
    followers = _number(text)
    if not permalink:
        found.faults.setdefault("accounts without a link", []).append(line)
    elif permalink in seen:
        found.faults.setdefault("accounts that were listed before, to which no ties lead", []).append(line)
    if text and followers is None:
        told = f"{line}: {text[:MOST_SHOWN]!r}"
        found.faults.setdefault("numbers of followers that cannot be read", []).append(told)
    seen.add(permalink)
    found.permalinks.append(permalink or None)
    found.names.append(name or None)
    found.followers.append(followers)
    found.emerged.append(cells.get("emerge_date"))


def _number(text: str) -> int | None:
    """A number of followers, as spreadsheets and data frames write it."""
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return None
    return int(number) if 0 <= number < 2**53 else None
