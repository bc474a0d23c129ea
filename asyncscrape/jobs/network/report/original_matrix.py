"""The original project's matrix of interactions, read from a file that may hold anything.

1. What the file unpacks to must fit in memory: a few kilobytes may claim to be terabytes.     `_check_size`
2. It must be a sparse matrix, of numbers, and of a size that two lists of accounts can have.  `_loaded`
3. Its entries must lie inside of it: scipy would read and write beyond its own memory.        `_checked`
4. Entries that can be no sum of interactions count as 0, and are told of.                     `read_matrix`

Nothing is ever unpickled.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError

import numpy as np
from scipy.sparse import csr_matrix, load_npz

from asyncscrape.errors import UsageError

MOST_BYTES = 2**30
"""Bytes that a file may unpack to: some eighty million entries, where the original has a few million."""
MOST_ACCOUNTS = 10_000_000
"""Rows, or columns; SciPy keeps a number for each of them, however empty they are."""
NO_MATRIX = (ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, TypeError, ValueError)
"""What numpy and scipy raise on files that are none of theirs."""


def read_matrix(path: Path) -> tuple[csr_matrix, Sequence[str]]:
    """The matrix, and what is to be told of it. Raises UsageError if there is none."""
    try:
        _check_size(path)
        matrix = _checked(_loaded(path), path)
    except (BadZipFile, NotImplementedError, OSError, RuntimeError, ZlibError, *NO_MATRIX) as error:
        raise _refused(path, str(error) or "it is cut short or empty") from error
    wrong = ~(np.isfinite(matrix.data) & (matrix.data >= 0))
    matrix.data[wrong] = 0
    matrix.eliminate_zeros()
    some = f"{path}: {wrong.sum()} entries are negative or no numbers, and count as 0"
    return matrix, [some] if wrong.any() else []


def _check_size(path: Path) -> None:
    with ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > MOST_BYTES:
        raise ValueError(f"it unpacks to {size:,} bytes, and {MOST_BYTES:,} is the most")


def _loaded(path: Path) -> Any:
    """Whatever form of sparse matrix is in the file."""
    found = load_npz(path)
    if len(found.shape) != 2 or max(found.shape) > MOST_ACCOUNTS:
        raise ValueError(f"its shape is {found.shape}; two lists of up to {MOST_ACCOUNTS:,} accounts are wanted")
    if found.dtype.kind not in "buif":
        raise ValueError(f"its entries are of the type {found.dtype}, and should be numbers")
    return found


def _checked(found: Any, path: Path) -> csr_matrix:
    """The matrix by rows, each entry once."""
    if hasattr(found, "check_format"):
        found.check_format(full_check=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # sums beyond all floats are told as no numbers
        matrix = csr_matrix(found, dtype=np.float64)
        matrix.sum_duplicates()
    if 0 in matrix.shape:
        raise UsageError(f"{path} has no rows or no columns, so there is nothing to draw; take the original's file")
    return matrix


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} is no sparse matrix that scipy has saved ({why}); take the original's sparse_matrix.npz, "
        "or save yours with scipy.sparse.save_npz"
    )
