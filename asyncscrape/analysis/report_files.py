"""Writing the files of a report: each appears whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from asyncscrape.disk import store_errors, whole_file

Content = bytes | Callable[[BinaryIO], None]
"""The content of a file: bytes, or for much of it a function that writes it piece by piece."""


def write(folder: Path, contents: Iterable[tuple[str, Content]]) -> tuple[Path, ...]:
    """Put files with these names into a folder, each once it is complete and safe on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_write(folder / name, content) for name, content in contents)


def _write(target: Path, content: Content) -> Path:
    with store_errors(target), whole_file(target, target.with_name(f".{target.name}.part")) as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            content(file)
    return target
