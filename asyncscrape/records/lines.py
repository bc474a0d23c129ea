"""Where records come from. The records of a page stand together in the journal, and only the first says its origin.

    {"n":1,"name":"a","_url":"http://…","_fetched_at":"2026-11-20T10:00:00.123Z"}
    {"n":2,"name":"b"}
    {"n":3,"name":"c"}

The others have that of the line before them. It would be the longer part of most lines, copied from file to file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

FETCHED_AT = b',"_fetched_at":"'
URL = b',"_url":'
TIME = 24
"""Characters of a time as `model.timestamp` writes it; behind it come a quote and a brace."""


def with_origins(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks of whole lines, from the beginning of a batch on, each line with its origin."""
    last = b""
    for block in blocks:
        lines = block.split(b"\n")
        for place, line in enumerate(lines):
            if _says_origin(line):
                last = line
            elif line and last:
                lines[place] = line[:-1] + last[last.rindex(URL) :]
        yield b"\n".join(lines)


def _says_origin(line: bytes) -> bool:
    """Whether the last field of a record, not of an object within it, is the time."""
    end = len(line) - TIME - 2
    return line.endswith(FETCHED_AT, 0, end) and line.find(b'"', end) == end + TIME
