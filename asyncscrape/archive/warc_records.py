"""Records of WARC 1.1, each a gzip member of its own.

The body of an answer is kept as it was parsed, without the compression it travelled in; the headers say so.
Credentials are taken out of headers, URL and body before.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus

import msgspec
from isal import isal_zlib

from asyncscrape.archive.kept_answer import KeptAnswer, KeptBefore
from asyncscrape.archive.redaction import COOKIES, Redaction
from asyncscrape.model import Response, timestamp

LEVEL = 1
"""Of the compression: level 0 makes a quarter more, 3 takes a third longer for a hundredth less."""
GZIP = 31
"""The form of what is compressed, as zlib numbers it."""
ON_THE_WAY = frozenset({"content-encoding", "transfer-encoding", "content-length", "connection", "keep-alive"})
"""Headers of the transfer, which say nothing true of the body as it is kept."""
LEFT_OUT = COOKIES | ON_THE_WAY
PHRASES = {int(status): status.phrase for status in HTTPStatus}
PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
ANSWER_TYPE = "application/http;msgtype=response"


def kept(response: Response, redaction: Redaction) -> KeptAnswer:
    """An answer as it is kept."""
    body = redaction.of(response.body)
    digest = sha256(body).digest()
    bare = repeated(response, digest, len(body), redaction)
    record = answer_record(bare.url, bare.fetched_at, digest, bare.head, body)
    return msgspec.structs.replace(bare, record=record)


def repeated(response: Response, digest: bytes, size: int, redaction: Redaction) -> KeptAnswer:
    """An answer whose body was kept before and need not be at hand; it has no record of its own."""
    request = response.request
    return KeptAnswer(
        redaction.of(response.url.encode()).decode(),
        tuple(redaction.of(hop.encode()).decode() for hop in request.hops),
        request.kind,
        request.note,
        timestamp(response.fetched_at),
        response.status,
        response.content_type,
        digest,
        size,
        _head(response, size, redaction),
        b"",
        redaction.of(response.page.encode()).decode(),
    )


def answer_record(url: str, fetched_at: str, digest: bytes, head: bytes, body: bytes) -> bytes:
    """The record of an answer with its body."""
    fields = _fields("response", url, fetched_at, digest)
    return record({**fields, "Content-Type": ANSWER_TYPE}, (head, body))


def revisit(url: str, fetched_at: str, digest: bytes, head: bytes, before: KeptBefore) -> bytes:
    """The record of an answer whose body was kept before."""
    fields = _fields("revisit", url, fetched_at, digest) | {
        "WARC-Profile": PROFILE,
        "WARC-Refers-To-Target-URI": before.url,
        "WARC-Refers-To-Date": before.fetched_at,
        "Content-Type": ANSWER_TYPE,
    }
    return record(fields, (head,))


def opening(name: str, time: str, software: str) -> bytes:
    """The record with which a file begins."""
    fields = {
        "WARC-Type": "warcinfo",
        "WARC-Record-ID": identity(name.encode()),
        "WARC-Date": time,
        "WARC-Filename": name,
        "Content-Type": "application/warc-fields",
    }
    return record(fields, (f"software: {software}\r\nformat: WARC File Format 1.1\r\n".encode(),))


def record(fields: Mapping[str, str], block: Sequence[bytes]) -> bytes:
    """A record as a gzip member."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    head = f"WARC/1.1\r\n{lines}Content-Length: {sum(map(len, block))}\r\n\r\n".encode()
    return isal_zlib.compress(b"".join((head, *block, b"\r\n\r\n")), LEVEL, GZIP)


def _fields(kind: str, url: str, time: str, digest: bytes) -> dict[str, str]:
    return {
        "WARC-Type": kind,
        "WARC-Record-ID": identity(kind.encode() + url.encode() + time.encode() + digest),
        "WARC-Date": time,
        "WARC-Target-URI": url,
        "WARC-Payload-Digest": f"sha256:{b32encode(digest).decode()}",
    }


def identity(content: bytes) -> str:
    """A name for a record: a UUID of version 4, made of the content. Python's own class takes three times as long."""
    name = sha256(content).hexdigest()
    return f"<urn:uuid:{name[:8]}-{name[8:12]}-4{name[13:16]}-a{name[17:20]}-{name[20:32]}>"


def _head(response: Response, size: int, redaction: Redaction) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {PHRASES.get(response.status, '')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items() if name.lower() not in LEFT_OUT]
    lines.append(f"Content-Length: {size}")
    text = "\r\n".join(line.replace("\r", " ").replace("\n", " ") for line in lines)
    return redaction.of(text.encode("utf-8", "surrogateescape")) + b"\r\n\r\n"
