"""Telling a damaged part from a fault in the program, once a table could not be made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from asyncscrape.errors import StoreDamaged, StoreError
from asyncscrape.storage.files.inventory import GO_BACK
from asyncscrape.storage.files.line_blocks import blocks
from asyncscrape.storage.files.parts import list_parts

_decode = msgspec.json.Decoder(dict[str, Any]).decode


@contextmanager
def telling_damage(folder: Path) -> Iterator[None]:
    """If a part in the folder is damaged, raise `StoreDamaged` that says so for whatever goes wrong inside."""
    try:
        yield
    except (StoreError, OSError):
        raise
    except Exception as error:
        if flaw := _flaw(folder):
            raise StoreDamaged(f"{flaw}; {GO_BACK}") from error
        raise


def _flaw(folder: Path) -> str:
    """The first line in the parts that is not a record; empty if all are."""
    for part in list_parts(folder):
        number = 0
        for block in blocks(folder / part.name):
            for line in block.splitlines():
                number += 1
                try:
                    _decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    return f"{folder / part.name} is damaged: line {number:,} is not a record ({error})"
    return ""
