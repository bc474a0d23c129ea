"""The payload of an answer as somebody else has kept it: with or without what it travelled in.

Some keep an answer as it came, some undo its chunks and its compression, and not all of these change the headers.
So a header counts only if the bytes agree. A digest may be that of any of these forms.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b16decode, b32decode, b64decode
from binascii import Error
from contextlib import closing, suppress
from typing import NamedTuple

from multidict import CIMultiDict

from asyncscrape.decompress import CutOff, Decoder, Overflow, Undecodable, encodings
from asyncscrape.storage.archive.imports.foreign_records import BadRecord

CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
"""The line before a chunk."""
LINE_END = re.compile(rb"\r?\n")
BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text has, by the MIME Sniffing Standard; compressed data has some of them before long."""
ALGORITHMS = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512"})


class Digest(NamedTuple):
    """A digest in a record."""

    algorithm: str
    value: bytes

    def fits(self, content: bytes) -> bool:
        """Whether it is that of these bytes."""
        return hashlib.new(self.algorithm, content, usedforsecurity=False).digest() == self.value


def digest_in(field: str) -> Digest | None:
    """What a digest field says, in base 16, 32 or 64; None for nothing that can be checked."""
    name, _, text = field.strip().partition(":")
    algorithm = name.lower().replace("-", "")
    if algorithm not in ALGORITHMS:
        return None
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    bare = text.rstrip("=")
    with suppress(Error, ValueError):
        if len(bare) == 2 * size:
            return Digest(algorithm, b16decode(bare, casefold=True))
        if len(bare) == -(-size * 8 // 5):
            return Digest(algorithm, b32decode(bare + "=" * (-len(bare) % 8), casefold=True))
        if len(bare) == -(-size * 8 // 6):
            return Digest(algorithm, b64decode(bare + "=" * (-len(bare) % 4), altchars=_altchars(bare)))
    return None


def _altchars(text: str) -> bytes:
    return b"-_" if re.search("[-_]", text) else b"+/"


def body_of(payload: bytes, headers: CIMultiDict[str], digest: Digest | None, limit: int) -> bytes:
    """The body in a payload. Raises BadRecord, or Overflow if it is larger than the limit."""
    whole = without_chunks(payload) if "chunked" in headers.get("Transfer-Encoding", "").lower() else payload
    body = _unpacked(whole, ",".join(headers.getall("Content-Encoding", ())), limit)
    if digest is not None and not any(map(digest.fits, (payload, whole, body))):
        raise BadRecord("the payload is not that of its digest")
    return body


def without_chunks(payload: bytes) -> bytes:
    """The chunks of a payload, joined; one that does not begin with a chunk is whole already."""
    if not CHUNK.match(payload):
        return payload
    parts: list[bytes] = []
    at = 0
    while line := CHUNK.match(payload, at):
        size = int(line[1], 16)
        if not size:
            return b"".join(parts)
        part = payload[line.end() : line.end() + size]
        parts.append(part)
        end = LINE_END.match(payload, line.end() + size)
        if len(part) < size or not end:
            break
        at = end.end()
    raise BadRecord("the payload ends in the middle of its chunks")


def _unpacked(payload: bytes, encoding: str, limit: int) -> bytes:
    """A payload without its Content-Encoding; text is without it already."""
    if len(payload) > limit:
        raise Overflow
    try:
        with closing(Decoder(encodings(encoding), limit)) as decoder:
            body = b"".join(decoder.feed(payload))
            decoder.finish()
            return body
    except CutOff:
        raise BadRecord("the compressed body ends too early") from None
    except Undecodable as error:
        if BINARY.search(payload):
            raise BadRecord(f"the body {error}") from None
        return payload
