"""Blobs wanted at several paths: one download, and copies that wait for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from asyncscrape.errors import Reason
from asyncscrape.frontier.base import Copy
from asyncscrape.frontier.redirected import LOOP, hops_behind
from asyncscrape.frontier.sqlite.state_file import StateFile
from asyncscrape.frontier.states import AS_SOURCE, COPIES, ENDING, REQUESTS, Event, Stage
from asyncscrape.frontier.stored_rows import NewRow, request_of
from asyncscrape.model import KeptBlob, Kind, Origin, Outcome, State, StoredBlob
from asyncscrape.records.lines import decode_blob, encode_place
from asyncscrape.urls import fingerprint


class BlobRow(msgspec.Struct, frozen=True):
    """The row that brings the bytes of a blob's URL; it may itself be a copy."""

    id: int
    stage: Stage
    path: str
    stored: str | None
    source: int | None
    reason: str | None
    detail: str | None

    @property
    def unusable(self) -> bool:
        """Whether an older version stored it, with too few facts for a copy: then its URL is downloaded again."""
        return self.stage == Stage.DONE and self.stored is None

    @property
    def event(self) -> Event:
        """The event that its stage means for a copy."""
        return AS_SOURCE[self.stage]


class Copies:
    """The blobs' part of a commit, and the queue of copies to make."""

    def __init__(self, file: StateFile) -> None:
        self._file = file
        self._database = file.database
        self._generation = file.generation.generation.number
        self.may_wait = True
        """Whether copies may be ready to make."""

    # Taking copies, and looking up contents

    def take(self, most: int) -> list[Copy]:
        """Lease up to so many copies that are ready to make."""
        rows = self._database.run("take_copies", (most,)).fetchall()
        self._database.run_many("lease", [(row["id"],) for row in rows])
        self._file.tallies.moved(Kind.BLOB, Stage.READY, COPIES[Stage.READY, Event.TAKEN], len(rows))
        self.may_wait = len(rows) == most
        return [copy_of(row) for row in rows]

    def content_of(self, sha256: str) -> StoredBlob | None:
        """A file with these bytes that this generation has put into the blob store."""
        line = self._database.text("content_of", (sha256, self._generation))
        return None if line is None else decode_blob(line).blob

    def any_kept(self) -> bool:
        """Whether this generation has put any file into the blob store."""
        return self._database.row("any_content", (self._generation,)) is not None

    def kept_at(self, path: str) -> KeptBlob | None:
        """The file that this generation has put at a path in the blob store."""
        line = self._database.text("content_at", (path, self._generation))
        return None if line is None else decode_blob(line)

    # Settling blobs

    def keep_in_mind(self, kept: KeptBlob | None) -> str | None:
        """Record a file that is now in the blob store; its path, if there is a file."""
        if kept is None:
            return None
        stored = kept.blob
        there = self.kept_at(stored.path) if kept.order else None
        if there is None or there.order <= kept.order:
            sha256 = "" if kept.order else stored.sha256  # bytes that may be replaced are nobody else's
            self._database.run("save_content", (stored.path, sha256, encode_place(kept), self._generation))
        return stored.path

    def tell(self, ended: Sequence[Outcome]) -> None:
        """Tell the copies that wait for these blobs how the blobs ended."""
        done = [(outcome.request.id,) for outcome in ended if outcome.state == State.DONE]
        if self._database.run_many("ready_copies", done):
            self.may_wait = True
        for outcome in ended:
            if outcome.state != State.DONE:
                stage = REQUESTS[Stage.LEASED, ENDING[outcome.state]]
                self.end(outcome.request.id, stage, outcome.reason, outcome.detail)

    def end(self, source: int, stage: Stage, reason: str, detail: str) -> None:
        """End all copies that wait for a source whose bytes will not come, and all copies that wait for those."""
        after = COPIES[Stage.WAITING, AS_SOURCE[stage]]
        sources = [source]
        while sources:
            ended = self._database.run("end_copies", (after, reason, detail, sources.pop())).fetchall()
            self._file.tallies.moved(Kind.BLOB, Stage.WAITING, after, len(ended))
            sources += [row["id"] for row in ended]

    # Adding blobs

    def add(self, rows: Iterable[NewRow]) -> int:
        """Insert blobs with new URLs as downloads, and new paths of known URLs as copies; counts the downloads."""
        downloads = 0
        for row in rows:
            if self._database.run("add", row).rowcount:
                downloads += 1
            else:
                downloads += self._add_path(row)
        return downloads

    def _add_path(self, row: NewRow) -> int:
        """Insert a blob with a known URL, unless its path is known too; 1 if it must be downloaded all the same."""
        source = self._download(row.print_)
        if source.path == row.path:
            return 0
        stage = Stage.PENDING if source.unusable else COPIES[None, source.event]
        of = None if source.unusable else source.id
        own = row._replace(print_=fingerprint(Kind.BLOB, row.url, row.path))
        added = self._database.run("add_copy", (*own, stage, of, source.reason, source.detail)).rowcount
        if source.unusable:
            return added
        self._file.tallies.came(Kind.BLOB, stage, added)
        self.may_wait |= bool(added) and stage == Stage.READY
        return 0

    def merge(self, outcome: Outcome, print_: bytes) -> bool:
        """Make a download a copy of the one it was redirected to; whether that was possible."""
        asked, source = outcome.request, self._download(print_)
        if self._leads_to(source, asked.id):
            self._fail_loop(outcome)
            return True
        if source.unusable:
            return False
        stage = REQUESTS[Stage.LEASED, source.event]
        self._database.run("become_copy", (stage, source.id, outcome.hop, hops_behind(asked), asked.id))
        self._file.tallies.moved(Kind.BLOB, Stage.LEASED, stage)
        self.may_wait |= stage == Stage.READY
        if stage in (Stage.FAILED, Stage.SKIPPED):
            reason, detail = source.reason or "", source.detail or ""
            self._database.run("finish", (stage, asked.attempts, reason, detail, None, asked.id))
            self.end(asked.id, stage, reason, detail)
        return True

    def _fail_loop(self, outcome: Outcome) -> None:
        """Fail a download whose redirects form a loop: two copies of each other could never be made."""
        asked, stage = outcome.request, REQUESTS[Stage.LEASED, Event.FAILED]
        self._database.run("finish", (stage, asked.attempts, Reason.REDIRECT_LOOP, LOOP, None, asked.id))
        self._file.tallies.moved(Kind.BLOB, Stage.LEASED, stage)
        self.end(asked.id, stage, Reason.REDIRECT_LOOP, LOOP)

    def _download(self, print_: object) -> BlobRow:
        """The download that brings the bytes of a known URL."""
        row = self._database.run("find_download", (print_,)).fetchone()
        stage = Stage(row["state"])
        return BlobRow(row["id"], stage, row["path"], row["stored"], row["source"], row["reason"], row["detail"])

    def _leads_to(self, source: BlobRow, row: int) -> bool:
        """Whether the source is a copy of this row, directly or through others."""
        key, seen = source.source, set()  # older versions could make circles
        while key is not None and key != row and key not in seen:
            seen.add(key)
            key = self._database.run("source", (key,)).fetchone()["source"]
        return key == row


def copy_of(row: sqlite3.Row) -> Copy:
    """A copy from its stored row, which also describes the bytes."""
    kept = decode_blob(row["line"])
    origin = Origin(row["found"], kept.origin.fetched_at)
    return Copy(request_of(row), KeptBlob(msgspec.structs.replace(kept.blob, path=row["stored"]), origin))
