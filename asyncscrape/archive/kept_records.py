"""Kept answers as they were parsed, from their records."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import replace

from isal import isal_zlib
from multidict import CIMultiDict

from asyncscrape.archive.warc_records import GZIP
from asyncscrape.errors import DamagedAnswer, FileGone
from asyncscrape.model import RecordInFile, Response

END = b"\r\n\r\n"


def complete(response: Response) -> Response:
    """An answer with the headers and the body that its records hold. Raises DamagedAnswer if one cannot be read."""
    if not response.records:
        return response
    holder = response.records[-1]
    head, body = http_in(_read(response.records[0]))
    if len(response.records) > 1:
        body = http_in(_read(holder))[1]
    if len(body) != holder.size:
        raise DamagedAnswer(f"the record in {holder.path} at byte {holder.start:,} is damaged")
    return replace(response, headers=headers_in(head), body=body, records=())


def http_in(record: bytes) -> tuple[bytes, bytes]:
    """The status line with the headers, and the body, in a record. Raises DamagedAnswer."""
    try:
        content = isal_zlib.decompress(record, wbits=GZIP)
    except isal_zlib.error as error:  # type: ignore[misc]  # its own types call it a value
        raise DamagedAnswer(f"the record is damaged: {error}") from error
    head, _, body = content.partition(END)[2].removesuffix(END).partition(END)
    return head, body


def headers_in(head: bytes) -> CIMultiDict[str]:
    """The headers behind a status line."""
    lines: Sequence[str] = head.decode("utf-8", "surrogateescape").split("\r\n")[1:]
    return CIMultiDict([(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)])


def _read(record: RecordInFile) -> bytes:
    try:
        with open(record.path, "rb", buffering=0) as file:  # once a page: a Path costs as much as the rest
            file.seek(record.start)
            return file.read(record.length)
    except OSError as error:
        kind = FileGone if error.errno == errno.ENOENT else DamagedAnswer
        raise kind(f"the record in {record.path} cannot be read: {error.strerror}") from error
