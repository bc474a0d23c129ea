"""`sentiment`: what comments say, a comment a line in, a JSON line out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec

from asyncscrape.analysis.sentiment.judge import judge
from asyncscrape.commands.comment_lines import comment_lines, in_utf_8
from asyncscrape.errors import UsageError
from asyncscrape.unreadable import why_unreadable
from asyncscrape.views.piped import write_while_read

STANDARD_INPUT = Path("-")
CHUNK = 256 * 1024
"""Bytes that are read at once. A pipe gives what it has, so slow input is answered line by line."""


def print_sentiment(source: Path) -> None:
    """Judge every line of a file, or of standard input, and print a JSON line for each."""
    judged = map(judge, comment_lines(_chunks(source)))
    write_while_read(b"".join(msgspec.json.encode(one) + b"\n" for one in some) for some in judged)


def _chunks(source: Path) -> Iterator[bytes]:
    with _opened(source) as file:
        yield from in_utf_8(iter(partial(file.read, CHUNK), b""))


def _opened(source: Path) -> BinaryIO:
    """The source without a buffer, which would wait until it is full."""
    try:
        return open(0 if source == STANDARD_INPUT else source, "rb", buffering=0)
    except OSError as error:
        advice = "name a text file with a comment a line, or - for standard input"
        raise UsageError(f"{source} cannot be read: {why_unreadable(error)}; {advice}") from error
