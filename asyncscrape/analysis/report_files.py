"""Writing the files of a report: each appears whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from asyncscrape.disk import FULL, store_errors, whole_file
from asyncscrape.errors import StoreError

Content = bytes | Callable[[BinaryIO], None]
"""The content of a file: bytes, or for much of it a function that writes it piece by piece."""


def write(folder: Path, contents: Iterable[tuple[str, Content]]) -> tuple[Path, ...]:
    """Put files with these names into a folder, each once it is complete and safe on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_write(folder / name, content) for name, content in contents)


def _write(target: Path, content: Content) -> Path:
    with store_errors(target):
        try:
            _put(target, content)
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise StoreError(
                f"no room left on the disk for {target}; the tables are kept, and so are the older files of "
                "the report that have no newer ones yet: make room and make the report again"
            ) from error
    return target


def _put(target: Path, content: Content) -> None:
    with whole_file(target, target.with_name(f".{target.name}.part")) as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            content(file)
