"""`sentiment`: what comments say, a comment a line in, a JSON line out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from asyncscrape.analysis.sentiment.judge import judge
from asyncscrape.commands.comment_lines import comment_lines
from asyncscrape.errors import UsageError
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
        while chunk := file.read(CHUNK):
            yield chunk


def _opened(source: Path) -> BinaryIO:
    """The source without a buffer, which would wait until it is full."""
    try:
        return open(0 if source == STANDARD_INPUT else source, "rb", buffering=0)
    except FileNotFoundError as error:
        message = f"{source}: there is no such file; name a text file with a comment a line, or - for standard input"
        raise UsageError(message) from error
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}; name a text file, or -") from error
