"""What the words under `[store]` mean: from the config to stores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from asyncscrape.errors import UsageError
from asyncscrape.model import Table
from asyncscrape.storage.base import BlobStore, RecordStore
from asyncscrape.storage.blobs import FileBlobs
from asyncscrape.storage.files import FileStore
from asyncscrape.storage.finish import Output
from asyncscrape.storage.formats import WRITERS


def build_stores(specs: Sequence[str], directory: Path, tables: Sequence[Table]) -> list[RecordStore]:
    """The record stores of a job: "parquet", "csv", "jsonl", or "csv:DIR" for finished tables in another folder."""
    outputs = {spec: _output(spec, directory) for spec in specs}
    return [FileStore(directory, tables, outputs)] if outputs else []


def build_blobs(spec: str, directory: Path) -> BlobStore:
    """The blob store of a job: "files", or "files:DIR" for another folder."""
    word, _, folder = spec.partition(":")
    if word != "files":
        raise UsageError(f'unknown blob store "{spec}"; use "files" or "files:DIR"')
    return FileBlobs(Path(folder) if folder else directory / "blobs", directory.name)


def _output(spec: str, directory: Path) -> Output:
    word, _, folder = spec.partition(":")
    if word not in WRITERS:
        raise UsageError(f'unknown record store "{spec}"; use one of {", ".join(WRITERS)}')
    return Output(word, Path(folder) if folder else directory)
