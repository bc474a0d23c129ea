"""A stream of bytes as comments, a comment a line, in bounded memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BEGINNINGS = frozenset(mark[:1] for mark in UTF_16)
LONGEST_LINE = 64 * 1024
"""Bytes of a line that are kept; the rest up to its end is skipped."""


def in_utf_8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text in UTF-8 if it begins with the mark of UTF-16, as some shells write it; else as it is."""
    rest = iter(chunks)
    begun = next(rest, b"")
    while begun in BEGINNINGS and (more := next(rest, b"")):
        begun += more
    stream = chain([begun] if begun else [], rest)
    if not begun.startswith(UTF_16):
        yield from stream
        return
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for chunk in stream:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def comment_lines(chunks: Iterable[bytes]) -> Iterator[list[str]]:
    """The comments as they come: a list for each chunk that ends one or more lines."""
    begun = b""
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        if ended:
            ended[0] = begun + ended[0]
            yield list(map(_comment, ended))
            begun = b""
        begun = (begun + rest)[:LONGEST_LINE]
    if begun:
        yield [_comment(begun)]


def _comment(line: bytes) -> str:
    """A line as text, whatever its bytes are."""
    return line[:LONGEST_LINE].removeprefix(codecs.BOM_UTF8).removesuffix(b"\r").decode("utf-8", "replace")
