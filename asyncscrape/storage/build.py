"""What the words under `[store]` mean: from the config to stores.

What only some jobs need (asyncpg, aioboto3) is imported only for these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from asyncscrape.errors import UsageError
from asyncscrape.model import StoreSpec, Table
from asyncscrape.storage.base import BlobStore, RecordStore
from asyncscrape.storage.files.blobs import FileBlobs
from asyncscrape.storage.files.finish import Output
from asyncscrape.storage.files.formats import WRITERS
from asyncscrape.storage.files.store import Export, FileStore, export_folder
from asyncscrape.storage.s3.options import S3Options

POSTGRES = ("postgres", "postgresql")
S3 = "s3://"
LIBRARIES = {"parquet": "polars", "postgres": "asyncpg", S3: "aioboto3"}
"""By how the word for a store begins."""


def build_stores(
    specs: Sequence[StoreSpec], directory: Path, tables: Sequence[Table], job: str = "", s3: S3Options | None = None
) -> list[RecordStore]:
    """The record stores of a job: one for all forms of files, and one for each Postgres.

    `job` tells this job from all others in stores that several jobs may share.
    """
    databases = [spec for spec in specs if _kind(spec) in POSTGRES]
    files = [spec for spec in specs if spec not in databases]
    return [*_file_store(files, directory, tables, s3 or S3Options()), *_postgres_stores(databases, tables, job)]


def build_blobs(spec: StoreSpec, directory: Path, s3: S3Options | None = None) -> BlobStore:
    """The blob store of a job: "files", "files:DIR" for another folder, or "s3://bucket/prefix"."""
    kind, folder = _kind(spec), _place(spec)
    if spec.text.startswith(S3):
        from asyncscrape.storage.s3.blobs import S3Blobs

        return S3Blobs(*bucket_and_prefix(spec.text), s3 or S3Options(), spec.source)
    if kind != "files":
        raise UsageError(f'unknown blob store "{kind}"; use "files", "files:DIR" or "s3://bucket/prefix"')
    return FileBlobs(Path(folder) if folder else directory / "blobs", directory.name)


def import_libraries(*specs: StoreSpec) -> None:
    """Import what these stores will work with now, when no event loop waits for it."""
    for spec in specs:
        for sign, library in LIBRARIES.items():
            if spec.text.startswith(sign):
                import_module(library)


def bucket_and_prefix(address: str) -> tuple[str, str]:
    """The two parts of "s3://bucket/prefix"."""
    bucket, _, prefix = address.removeprefix(S3).partition("/")
    return bucket, prefix.strip("/")


def _kind(spec: StoreSpec) -> str:
    return spec.text.partition(":")[0]


def _place(spec: StoreSpec) -> str:
    return spec.text.partition(":")[2]


def _file_store(
    specs: Sequence[StoreSpec], directory: Path, tables: Sequence[Table], s3: S3Options
) -> Iterator[FileStore]:
    outputs = {spec.source or spec.text: _output(spec, directory) for spec in specs}
    exports = {spec.source or spec.text: _export(spec, s3) for spec in specs if _place(spec).startswith(S3)}
    if outputs:
        yield FileStore(directory, tables, outputs, exports)


def _output(spec: StoreSpec, directory: Path) -> Output:
    form, place = _kind(spec), _place(spec)
    if form not in WRITERS:
        raise UsageError(f'unknown record store "{form}"; use one of {", ".join(WRITERS)}, or postgres://…')
    if place.startswith(S3):
        return Output(form, export_folder(directory))
    return Output(form, Path(place) if place else directory)


def _export(spec: StoreSpec, s3: S3Options) -> Export:
    from asyncscrape.storage.s3.export import S3Export

    return S3Export(*bucket_and_prefix(_place(spec)), s3, spec.source)


def _postgres_stores(specs: Sequence[StoreSpec], tables: Sequence[Table], job: str) -> Iterator[RecordStore]:
    if specs:
        from asyncscrape.storage.postgres.store import PostgresStore

        seen = set()
        for number, spec in enumerate(specs, 1):
            store = PostgresStore(spec, tables, job=job, name="postgres" if number == 1 else f"postgres-{number}")
            if store.id in seen:
                raise UsageError(f"{store.names[0]}: the same database and schema twice; give one another ?schema=")
            seen.add(store.id)
            yield store
