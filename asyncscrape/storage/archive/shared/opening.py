"""Reading a shared archive, once the index of this machine has caught up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from asyncscrape.disk import make_folders, store_errors
from asyncscrape.storage.archive.answer_index import FILE
from asyncscrape.storage.archive.archive_files import ArchiveFiles
from asyncscrape.storage.archive.object_files import ArchiveObjects, ObjectFiles
from asyncscrape.storage.archive.shared.answer_place import AnswerPlace
from asyncscrape.storage.archive.shared.catching_up import catch_up
from asyncscrape.storage.archive.shared.object_reader import SharedFiles
from asyncscrape.storage.archive.shared.shared_index import SharedIndex, index_errors, only_one
from asyncscrape.storage.archive.shared.taking_over import take_over


@contextmanager
def opened(folder: Path, objects: ArchiveObjects, job: str) -> Iterator[ArchiveFiles | None]:
    """The archive, whose index is in a folder; None if nothing was kept yet."""
    try:
        with index_errors(folder):
            if not _begun(folder, objects, AnswerPlace(objects, job)):
                yield None
                return
            connection = sqlite3.connect(
                f"{(folder / FILE).absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
            )
            with closing(connection), closing(SharedFiles(folder, objects, job, connection)) as files:
                yield ArchiveFiles(files, connection)
    finally:
        objects.close()


def _begun(folder: Path, objects: ArchiveObjects, place: AnswerPlace) -> bool:
    """Let the index catch up; whether anything was kept yet."""
    with store_errors(folder):
        make_folders([folder])
        with only_one(folder):
            take_over(folder.parent, ObjectFiles(folder.parent, place.job, objects), place)
        with closing(SharedIndex(folder)) as index:
            catch_up(index, place)
            return bool(index.objects()) or place.crawls.any()
