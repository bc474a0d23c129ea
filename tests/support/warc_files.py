"""WARC files as others write them, record by record, and their import into an archive."""

from __future__ import annotations

import gzip
import zlib
from base64 import b32encode
from collections.abc import Iterable, Mapping
from hashlib import sha1
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from asyncscrape.archive.base import Imported, ImportOptions, ImportProgress
from asyncscrape.archive.redaction import Redaction
from asyncscrape.config import stores
from asyncscrape.destinations import ArchiveDestination
from asyncscrape.storage.build import import_answers, open_archive

DATE = "2024-05-06T07:08:09Z"
LIMIT = 1_000_000


class Kept(NamedTuple):
    """What matters of an imported answer."""

    url: str
    status: int
    type: str
    body: bytes


def import_files(
    folder: Path, *files: Path, redaction: Redaction | None = None, told: list[ImportProgress] | None = None
) -> Imported:
    note = (told if told is not None else []).append
    return import_answers(in_folder(folder), files, ImportOptions(redaction or Redaction(), LIMIT, "one"), note)


def in_folder(folder: Path, job: str = "job") -> ArchiveDestination:
    """The archive of a job in this folder, on the disk."""
    return ArchiveDestination(folder, job, stores.blob_store("files"))


def kept_in(folder: Path) -> list[Kept]:
    """All that came by import, in order."""
    with open_archive(in_folder(folder)) as archive:
        assert archive is not None
        found = [(one, archive.response(one)) for one in archive.imported()]
        return [Kept(one.url, one.status, one.content_type, response.body) for one, response in found]


def digest(content: bytes) -> str:
    return f"sha1:{b32encode(sha1(content).digest()).decode()}"


def record(kind: str, url: str, block: bytes, **fields: str | None) -> bytes:
    """A record; `WARC_Date="..."` sets a field, None leaves it out."""
    default = {"WARC_Type": kind, "WARC_Target_URI": url, "WARC_Date": DATE, "Content_Length": str(len(block))}
    told = {name.replace("_", "-"): value for name, value in {**default, **fields}.items() if value is not None}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"WARC/1.0\r\n{lines}\r\n".encode() + block + b"\r\n\r\n"


def http(body: bytes, status: str = "HTTP/1.1 200 OK", **headers: str) -> bytes:
    told = {"Content_Type": "text/html", **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items())
    return f"{status}\r\n{lines}\r\n".encode() + body


def response(url: str, body: bytes, status: str = "HTTP/1.1 200 OK", **headers: str) -> bytes:
    """The record of an answer with its digests."""
    block = http(body, status, **headers)
    return record("response", url, block, WARC_Payload_Digest=digest(body), WARC_Block_Digest=digest(block))


def wget_response(url: str, body: bytes) -> bytes:
    """As `wget --warc-file` writes them: the URL stands in angle brackets."""
    return response(f"<{url}>", body, Content_Type="text/html; charset=utf-8")


def wget_member(content: bytes) -> bytes:
    """A gzip member as Wget writes it, with an extra field that tells its lengths."""
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(content) + packer.flush()
    extra = b"sl\x08\x00" + (len(packed) + 32).to_bytes(4, "little") + len(content).to_bytes(4, "little")
    head = b"\x1f\x8b\x08\x04" + bytes(6) + len(extra).to_bytes(2, "little") + extra
    return head + packed + zlib.crc32(content).to_bytes(4, "little") + len(content).to_bytes(4, "little")


def by_record(records: Iterable[bytes]) -> bytes:
    return b"".join(gzip.compress(one, 6, mtime=0) for one in records)


def as_a_whole(records: Iterable[bytes]) -> bytes:
    return gzip.compress(b"".join(records), 6, mtime=0)


def in_blocks(records: Iterable[bytes], size: int = 700) -> bytes:
    """Compressed in blocks that know nothing of records, as bgzip does."""
    content = b"".join(records)
    return by_record(content[start : start + size] for start in range(0, len(content), size))


def plain(records: Iterable[bytes]) -> bytes:
    return b"".join(records)


def written_by_warcio(path: Path, pages: Mapping[str, bytes], *, packed: bool = True) -> Path:
    """With the file's own record, a request for each answer, and each page a second time as a revisit."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packed)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "test"}))
        for url, body in pages.items():
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], "HTTP/1.1")
            answer = writer.create_warc_record(
                url, "response", BytesIO(body), http_headers=headers, warc_headers_dict={"WARC-Date": DATE}
            )
            asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "a")], is_http_request=True)
            writer.write_request_response_pair(writer.create_warc_record(url, "request", http_headers=asked), answer)
            again = writer.create_revisit_record(
                f"{url}?again",
                answer.rec_headers["WARC-Payload-Digest"],
                url,
                DATE,
                http_headers=headers,
                warc_headers_dict={"WARC-Date": DATE},
            )
            writer.write_record(again)
    return path
