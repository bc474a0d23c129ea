"""Adding records to the WARC files of an archive: to the last one, until it is large."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from asyncscrape.archive.warc_records import opening
from asyncscrape.errors import UsageError
from asyncscrape.storage.archive.answer_index import AnswerIndex, ArchivedSoFar, RecordPlace, naming_in
from asyncscrape.storage.archive.record_files import GrowingFile, RecordFiles


class Segments:
    """The files; what is behind the known end of the last one is cut off."""

    def __init__(self, files: RecordFiles, known: ArchivedSoFar) -> None:
        """What the index has begun and does not name was left by something that was killed; all else stays."""
        self._files = files
        begun = known.begun or max(files.numbers(), default=0) + 1
        self._begun = max(begun, known.first)
        self._number = max(known.segment, begun - 1)
        self._end = known.length
        self._file: GrowingFile | None = None
        if known.begun:
            expect_here(files, known)
            files.remove(range(known.begun, known.first))
            files.remove(files.numbers(self._number))
            self._file = files.resume(known.segment, known.length)

    @property
    def known(self) -> tuple[int, int, int]:
        """The last file, its length, and the first file that this index has begun."""
        return self._number, self._end, self._begun

    @property
    def progress(self) -> Mapping[str, int]:
        """The same, for the index."""
        return {"segment": self._number, "length": self._end, "begun": self._begun}

    def add(self, record: bytes, time: str) -> RecordPlace:
        """Add a record that was made at this time."""
        if self._file is None or self._end >= self._files.large:
            self._begin(time)
        assert self._file is not None
        start = self._end
        self._file.write(record)
        self._end += len(record)
        return RecordPlace(self._number, start, len(record))

    def _begin(self, time: str) -> None:
        self.sync()
        self.close()
        self._file = self._files.begin(self._number)
        self._number = self._file.number
        first = opening(self._files.name(self._number), time, f"asyncscrape {version('asyncscrape')}")
        self._file.write(first)
        self._end = len(first)

    def sync(self) -> None:
        """What was added survives a power cut from now on."""
        if self._file is not None:
            self._file.sync()
            if not self._files.appends:
                self.close()

    def close(self) -> None:
        """Release the file; a further record begins another."""
        if self._file is not None:
            self._file.close()
            self._file = None


def resumed(index: AnswerIndex, files: RecordFiles, known: ArchivedSoFar) -> Segments:
    """The files, as far as the index knows them; from now on it also knows with which it began, and where."""
    naming = naming_in(index.connection)
    files.name_by(naming)
    segments = Segments(files, known)
    last, _, begun = segments.known
    index.come(begun=begun, place=files.place)
    if not naming.mark:
        files.name_by(index.mark(last + 1))
    return segments


def expect_here(files: RecordFiles, known: ArchivedSoFar) -> None:
    """After a change of place, the last file must be in the new one, or still in the folder."""
    if known.place == files.place or known.first > known.segment:
        return
    if (files.size(known.segment) or 0) < known.length:
        raise UsageError(
            f"{files.where(known.segment)} does not exist: the files of the archive are where `blobs` under [store] "
            "pointed before; copy them to the new place, or set `blobs` back"
        )
