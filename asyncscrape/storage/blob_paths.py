"""The paths a blob may have in any store: relative, plain, and made of names that a disk can hold."""

from __future__ import annotations

import re

from asyncscrape.errors import FetchError, Reason

INCOMING = ".incoming"
"""The folder for unfinished blobs, in stores that are folders."""
UNFIT = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff\ufffe\uffff]")
LONGEST_NAME = 255
LONGEST_PATH = 3000


def check_path(path: str) -> None:
    """Raise a `FetchError` unless the path is relative, stays inside the store and has names that a disk can hold."""
    if why := _fault(path):
        raise FetchError(Reason.BLOB_PATH, f"{path[:200]!r} cannot be the path of a blob: {why}", transient=False)


def _fault(path: str) -> str:
    names = path.split("/")
    if UNFIT.search(path):
        return "it contains control characters, lone surrogates or backslashes"
    if any(name in ("", ".", "..") for name in names):
        return "it is not a plain relative path"
    if names[0].casefold() == INCOMING:  # some disks take both for the same name
        return f"{INCOMING} is reserved for unfinished blobs"
    if len(path.encode()) > LONGEST_PATH or any(len(name.encode()) > LONGEST_NAME for name in names):
        return "it is too long"
    return ""
