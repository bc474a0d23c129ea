"""A stream of bytes as comments, a comment a line, in bounded memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

LONGEST_LINE = 64 * 1024
"""Bytes of a line that are kept; the rest up to its end is skipped."""


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
