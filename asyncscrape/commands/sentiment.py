"""`sentiment`: what comments say, a comment a line in, a JSON line out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from asyncscrape.analysis.sentiment.judge import judge
from asyncscrape.commands.comment_lines import comment_lines
from asyncscrape.errors import UsageError

STANDARD_INPUT = Path("-")
CHUNK = 256 * 1024
"""Bytes that are read at once. A pipe gives what it has, so slow input is answered line by line."""


def print_sentiment(source: Path) -> None:
    """Judge every line of a file, or of standard input, and print a JSON line for each."""
    try:
        for comments in comment_lines(_chunks(source)):
            sys.stdout.buffer.write(b"".join(msgspec.json.encode(one) + b"\n" for one in judge(comments)))
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        _write_nowhere()


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


def _write_nowhere() -> None:
    """Nobody reads any more, as after `| head`: what Python still writes at its end goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
