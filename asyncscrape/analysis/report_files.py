"""Writing the files of a report: each appears whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from asyncscrape.disk import store_errors, whole_file


def write(folder: Path, contents: Iterable[tuple[str, bytes]]) -> tuple[Path, ...]:
    """Put files with these names into a folder, each once it is complete and safe on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_write(folder / name, content) for name, content in contents)


def _write(target: Path, content: bytes) -> Path:
    with store_errors(target), whole_file(target, target.with_name(f".{target.name}.part")) as file:
        file.write(content)
    return target
