"""Building the stores that the config names under `[store]`.

Libraries that only some jobs need (asyncpg, aioboto3) are imported only for those jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from asyncscrape.archive.base import Archive, Imported, ImportOptions, ImportProgress, Pruning
from asyncscrape.destinations import (
    ArchiveDestination,
    BlobDestination,
    ConfiguredStore,
    Destination,
    FolderDestination,
    PostgresDestination,
    S3Destination,
    S3Options,
    TableForm,
    form_of,
)
from asyncscrape.errors import UsageError
from asyncscrape.model import Generation, Table
from asyncscrape.own_folders import ARCHIVE, GATHERED, PARTS
from asyncscrape.storage.archive.record_files import ENDING, RecordFiles
from asyncscrape.storage.base import BlobStore, RecordStore
from asyncscrape.storage.files.blobs import FileBlobs
from asyncscrape.storage.files.finish import FinishedForm
from asyncscrape.storage.files.store import Export, FileStore, export_folder

if TYPE_CHECKING:
    from asyncscrape.storage.archive.imports.imported_answers import ImportedAnswers
    from asyncscrape.storage.archive.object_files import ArchiveObjects
    from asyncscrape.storage.gathered.store import GatheredStore

WARC = "application/warc"
GZIP = "application/gzip"
FILES = FileStore.id
"""The id of the store that keeps records in the folder of a job."""


def build_stores(
    stores: Sequence[ConfiguredStore[Destination]],
    directory: Path,
    tables: Sequence[Table],
    job: str = "",
    s3: S3Options | None = None,
    *,
    shared: bool = False,
) -> list[RecordStore]:
    """The record stores of a job: one for all forms of files, then one for each Postgres.

    `job` tells this job from the others in a store that several jobs share. If it is itself `shared`, other workers
    of it may write at the same time, or later on another machine; then tables for S3 have a store of their own.
    """
    options = s3 or S3Options()
    far = [store for store in stores if shared and isinstance(store.destination, S3Destination)]
    return [
        *_file_store([store for store in stores if store not in far], directory, tables, options),
        *_gathered_store(far, directory, tables, job, options),
        *_postgres_stores(stores, tables, job, directory.name, shared=shared),
    ]


async def carry_tables(
    stores: Sequence[ConfiguredStore[Destination]],
    directory: Path,
    tables: Sequence[Table],
    job: str,
    s3: S3Options,
    cursors: Mapping[str, int],
    generation: Generation,
) -> RecordStore | None:
    """Put what the folder of a job holds where several workers gather it for tables in S3.

    `cursors` are those of the job's stores, by id. The store that goes on from there, closed; None if the job has no
    such tables, or nothing that they could be made of, or has it there already.
    """
    far = [store for store in stores if isinstance(store.destination, S3Destination)]
    for gathered in _gathered_store(far, directory, tables, job, s3):
        if FILES not in cursors or gathered.id in cursors:
            return None
        files = FileStore(directory, tables, {})
        try:
            await files.open(cursors[FILES], generation)
            await gathered.take_in(files.kept())
        finally:
            await gathered.close()
            await files.close()
        return gathered
    return None


def build_archive(place: ArchiveDestination, job_id: str, *, rereading: bool = False) -> RecordStore:
    """The store for the answers of a job; while they are read again, none come."""
    if place.shared:
        from asyncscrape.storage.archive.shared.shared_store import SharedArchiveStore

        return SharedArchiveStore(place.folder, _answers_in_s3(place), place.job, job_id, rereading=rereading)
    from asyncscrape.storage.archive.store import ArchiveStore

    return ArchiveStore(place.folder, _record_files(place), job_id, rereading=rereading)


def open_archive(place: ArchiveDestination) -> AbstractContextManager[Archive | None]:
    """What is kept of the answers of a job, to be read; None if that is nothing yet."""
    if place.shared:
        from asyncscrape.storage.archive.shared.opening import opened as opened_shared

        return opened_shared(place.folder, _answers_in_s3(place), place.job)
    from asyncscrape.storage.archive.archive_files import opened

    return opened(place.folder, _record_files(place))


def share_archive(place: ArchiveDestination) -> None:
    """Let what one worker has kept take the form to which several can add."""
    from asyncscrape.storage.archive.answer_index import FILE

    if place.shared and (place.folder.parent / FILE).exists():
        with open_archive(place):
            pass


def prune_archive(place: ArchiveDestination, pruning: Pruning) -> int:
    """Take answers out of the archive of a job; how many. Nothing else may write to it meanwhile."""
    if place.shared:
        from asyncscrape.storage.archive.shared.object_pruning import prune as prune_shared

        return prune_shared(place.folder, _answers_in_s3(place), place.job, pruning)
    from asyncscrape.storage.archive.pruning import prune

    return prune(place.folder, _record_files(place), pruning)


def import_answers(
    place: ArchiveDestination, files: Sequence[Path], options: ImportOptions, told: Callable[[ImportProgress], None]
) -> Imported:
    """Take the answers in WARC files of others into the archive of a job. Nothing else may write to it meanwhile.

    Raises UsageError for files that cannot be read, before anything is imported.
    """
    from asyncscrape.storage.archive.imports.importing import import_into

    return import_into(_opened_for_import(place, options), files, options.max_body, told)


def _opened_for_import(place: ArchiveDestination, options: ImportOptions) -> AbstractContextManager[ImportedAnswers]:
    if place.shared:
        from asyncscrape.storage.archive.shared.import_sink import opened_shared

        return opened_shared(place.folder, _answers_in_s3(place), place.job, options)
    from asyncscrape.storage.archive.imports.imported_answers import opened_by_one

    return opened_by_one(place.folder, _record_files(place), options)


def check_warc_files(files: Sequence[Path]) -> None:
    """Raise a UsageError that says which of these files cannot be imported, and what to do."""
    from asyncscrape.storage.archive.imports.foreign_files import check_files

    check_files(files)


def archive_place(place: ArchiveDestination) -> str:
    """Where the answers of a job are kept, for people."""
    if isinstance(place.blobs.destination, S3Destination):
        far = f"{place.blobs.label.rstrip('/')}/{ARCHIVE}/"
        return f"{far} and {place.folder}" if any(place.folder.glob(f"*{ENDING}")) else far
    return str(place.folder)


def _record_files(place: ArchiveDestination) -> RecordFiles:
    if isinstance(place.blobs.destination, S3Destination):
        from asyncscrape.storage.archive.object_files import ObjectFiles

        return ObjectFiles(place.folder, place.job, _answers_in_s3(place))
    from asyncscrape.storage.archive.folder_files import FolderFiles

    return FolderFiles(place.folder, place.job)


def _answers_in_s3(place: ArchiveDestination) -> ArchiveObjects:
    from asyncscrape.storage.s3.whole_objects import S3Objects

    destination = place.blobs.destination
    assert isinstance(destination, S3Destination)
    below = f"{destination.prefix}/{ARCHIVE}" if destination.prefix else ARCHIVE
    return S3Objects(destination.bucket, below, place.s3, WARC, place.blobs.source)


def build_blobs(store: ConfiguredStore[BlobDestination], directory: Path, s3: S3Options | None = None) -> BlobStore:
    """The blob store of a job, in a folder or in S3."""
    match store.destination:
        case S3Destination(bucket=bucket, prefix=prefix):
            from asyncscrape.storage.s3.blobs import S3Blobs

            return S3Blobs(bucket, prefix, s3 or S3Options(), store.source)
        case FolderDestination(folder=folder):
            return FileBlobs(folder or directory / "blobs", directory)


def import_libraries(*stores: ConfiguredStore[Destination]) -> None:
    """Import the libraries that these stores need now, before an event loop would have to wait for them."""
    for store in stores:
        for library in _libraries(store.destination):
            import_module(library)


def _libraries(destination: Destination) -> Iterator[str]:
    match destination:
        case PostgresDestination():
            yield "asyncpg"
        case S3Destination():
            yield "aioboto3"
    match form_of(destination):
        case TableForm.PARQUET:
            yield "polars"
        case TableForm.XLSX:
            yield "xlsxwriter"


def _file_store(
    stores: Sequence[ConfiguredStore[Destination]], directory: Path, tables: Sequence[Table], s3: S3Options
) -> Iterator[FileStore]:
    """One store for all forms; tables for S3 are made in a folder and sent from there."""
    forms: dict[str, FinishedForm] = {}
    exports: dict[str, Export] = {}
    for store in stores:
        match store.destination:
            case FolderDestination(form=TableForm() as form, folder=folder):
                forms[store.label] = FinishedForm(form, folder or directory, store.excel)
            case S3Destination(form=TableForm() as form) as destination:
                forms[store.label] = FinishedForm(form, export_folder(directory), store.excel)
                exports[store.label] = _export(destination, s3, store.source)
    if forms:
        yield FileStore(directory, tables, forms, exports)


def _gathered_store(
    stores: Sequence[ConfiguredStore[Destination]],
    directory: Path,
    tables: Sequence[Table],
    job: str,
    s3: S3Options,
) -> Iterator[GatheredStore]:
    """One store for all tables in S3 that several workers fill; what they gather lies at the first place."""
    places = [(store.destination, store.source) for store in stores if isinstance(store.destination, S3Destination)]
    if not places:
        return
    from asyncscrape.storage.gathered.store import GatheredStore, TableMaking
    from asyncscrape.storage.gathered.workshop import Workshop
    from asyncscrape.storage.s3.whole_objects import S3Objects

    first, source = places[0]
    below = "/".join(part for part in (first.prefix, GATHERED, directory.name, job) if part)
    making = TableMaking(
        tables,
        lambda folder: next(_file_store(stores, folder, tables, s3)),
        lambda folder, last: FileStore(folder, last, {}),
    )
    names = [store.label for store in stores]
    workshop = Workshop(directory / PARTS / GATHERED, job)
    yield GatheredStore(names, S3Objects(first.bucket, below, s3, GZIP, source), workshop, making)


def _export(destination: S3Destination, s3: S3Options, source: str) -> Export:
    from asyncscrape.storage.s3.export import S3Export

    return S3Export(destination.bucket, destination.prefix, s3, source)


def _postgres_stores(
    stores: Sequence[ConfiguredStore[Destination]],
    tables: Sequence[Table],
    job: str,
    job_name: str,
    *,
    shared: bool,
) -> Iterator[RecordStore]:
    found = [
        (store.destination, store.source) for store in stores if isinstance(store.destination, PostgresDestination)
    ]
    if not found:
        return
    from asyncscrape.storage.postgres.store import PostgresStore

    seen = set()
    for number, (destination, source) in enumerate(found, 1):
        name = "postgres" if number == 1 else f"postgres-{number}"
        store = PostgresStore(
            destination, tables, job=job, name=name, job_name=job_name, source=source, shared=shared
        )
        if store.id in seen:
            raise UsageError(f"{name}: the same database and schema twice; give one of them a different ?schema=")
        seen.add(store.id)
        yield store
