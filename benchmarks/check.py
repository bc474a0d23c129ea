"""Compares what a contender stored with what the shop holds: `check.py ORIGIN LISTS FOLDER`.

Prints the number of records and a checksum over all of them, sorted; exit code 1 and the difference when they are not
those of the shop. A process of its own, so that the memory it takes is not counted as a contender's.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import shop

SHOWN = 3


def stored(folder: Path) -> Iterator[shop.Record]:
    """Every record below a folder, in whichever way the contender stores them."""
    for path in (*folder.glob("*.jsonl"), *folder.glob("ours/*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield from _records(json.loads(line))
    for path in folder.glob("datasets/*/[!_]*.json"):
        yield from _records(json.loads(path.read_text(encoding="utf-8")))


def _records(thing: dict[str, Any]) -> Iterator[shop.Record]:
    """A page that was stored with its rows inside is as many records."""
    yield from thing.pop("rows", ())
    yield thing


def normalised(records: Iterable[shop.Record]) -> Counter[str]:
    """Each record as one line, and how often it is there; what a contender adds about itself begins with "_"."""
    return Counter(json.dumps(dict(sorted(_own(record)))) for record in records)


def _own(record: shop.Record) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in record.items() if not name.startswith("_"))


def checksum(lines: Counter[str]) -> str:
    """One short word for all records, whatever their order."""
    return sha256("\n".join(sorted(lines.elements())).encode()).hexdigest()[:16]


def main(origin: str, lists: int, folder: Path) -> int:
    """Compare, and tell."""
    expected, found = normalised(shop.records(origin, lists)), normalised(stored(folder))
    print(f"{found.total():,} records, checksum {checksum(found)}")
    for word, lines in (("missing", expected - found), ("too many", found - expected)):
        if lines:
            print(f"{lines.total():,} {word}, such as:", *sorted(lines)[:SHOWN], sep="\n  ")
    return int(expected != found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
