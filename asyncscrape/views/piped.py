"""Output that goes into a file or a pipe instead of a terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import Any, TextIO

TRAILING = re.compile(" +(?=\n)")


class TrimmedLines:
    """A text file whose lines lose the blanks that fill them up to the width of a table."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write the text; blanks are taken off where its lines end."""
        self._file.write(TRAILING.sub("", text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the file's own."""
        return getattr(self._file, name)


def write_while_read(pieces: Iterable[bytes]) -> None:
    """Write each piece to standard output as soon as it is there, for as long as somebody reads, unlike `| head`."""
    try:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What Python still writes at its end goes nowhere.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
