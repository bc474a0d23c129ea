"""The line of every key of a TOML document, which tomllib does not report.

tomllib has already read the document, so it is valid: this walks over it once more and looks only at what decides
where keys and values begin. A place is a path such as `("page", 0, "fields", "price")`; items of lists
have places too.
"""

from __future__ import annotations

import json
import re
import tomllib
from bisect import bisect_left

Place = tuple[str | int, ...]

GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
BETWEEN = re.compile(r"(?:[ \t\r\n,]+|#[^\n]*)+")
DOT = re.compile(r"[ \t]*\.[ \t]*")
EQUALS = re.compile(r"[ \t]*=[ \t]*")
BARE = re.compile(r"[A-Za-z0-9_-]+")
KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
SCALAR = re.compile(
    r""""{3}(?:\\.|[^\\])*?"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'|[^,\]}\n#]+""",
    re.DOTALL,
)


def lines_of(text: str) -> dict[Place, int]:
    """The line, from 1, of every key and list item in a valid TOML document; for a table, that of its header."""
    return _Walk(text).document()


def split_key(text: str) -> tuple[str, ...]:
    """The parts of a dotted key, quoted or not. Raises ValueError for anything else."""
    walk = _Walk(text.strip())
    try:
        parts = walk.key()
    except AttributeError as error:
        raise ValueError("not a key") from error
    if walk.at != len(walk.text):
        raise ValueError("not a key")
    return parts


def join_key(path: Place) -> str:
    """A path as one dotted key, quoted where necessary."""
    return ".".join(part if BARE.fullmatch(part) else json.dumps(part, ensure_ascii=False) for part in map(str, path))


class _Walk:
    """A position in the document, and the lines found before it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Place, int] = {}
        self.counts: dict[Place, int] = {}
        """How many tables each `[[list]]` has so far."""
        self.ends = [match.start() for match in re.finditer("\n", text)]

    def document(self) -> dict[Place, int]:
        """Walk over the whole document."""
        table: Place = ()
        self.skip(GAP)
        while self.at < len(self.text):
            if self.text.startswith("[[", self.at):
                table = self.list_header()
            elif self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(GAP)
        return self.lines

    def list_header(self) -> Place:
        """`[[page]]`: one more table in a list."""
        line = self.line()
        self.at += 2
        self.skip(GAP)
        *parents, last = self.key()
        self.at = self.text.index("]]", self.at) + 2
        place = (*self.resolved(tuple(parents), line), last)
        self.lines.setdefault(place, line)
        index = self.counts.get(place, 0)
        self.counts[place] = index + 1
        self.lines[(*place, index)] = line
        return (*place, index)

    def header(self) -> Place:
        """`[politeness]`: the line of the table, even if something in it was named before."""
        line = self.line()
        self.at += 1
        self.skip(GAP)
        place = self.resolved(self.key(), line)
        self.at = self.text.index("]", self.at) + 1
        self.lines[place] = line
        return place

    def resolved(self, parts: tuple[str, ...], line: int) -> Place:
        """The path that a header means: the name of a list means its newest table."""
        place: Place = ()
        for part in parts:
            place = (*place, part)
            self.lines.setdefault(place, line)
            if place in self.counts:
                place = (*place, self.counts[place] - 1)
        return place

    def pair(self, table: Place) -> None:
        """`key = value`."""
        line = self.line()
        place = table
        for part in self.key():
            place = (*place, part)
            self.lines.setdefault(place, line)
        self.skip(EQUALS)
        self.value(place)

    def value(self, place: Place) -> None:
        """Walk over one value, and into it if it is a list or an inline table."""
        opening = self.text[self.at]
        if opening not in "[{":
            self.skip(SCALAR)
            return
        self.at += 1
        self.skip(BETWEEN)
        index = 0
        while self.text[self.at] not in "]}":
            if opening == "{":
                self.pair(place)
            else:
                self.lines[(*place, index)] = self.line()
                self.value((*place, index))
            index += 1
            self.skip(BETWEEN)
        self.at += 1

    def key(self) -> tuple[str, ...]:
        """The parts of a dotted key."""
        parts = [self.part()]
        while self.skip(DOT):
            parts.append(self.part())
        return tuple(parts)

    def part(self) -> str:
        """One part of a key, without its quotes."""
        match = KEY.match(self.text, self.at)
        if match is None:
            raise ValueError("not a key")
        self.at = match.end()
        raw = match.group()
        return next(iter(tomllib.loads(f"{raw} = 0"))) if raw[0] in "\"'" else raw

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Step over what matches here; false if nothing does."""
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match is not None

    def line(self) -> int:
        """The line of the current position."""
        return bisect_left(self.ends, self.at) + 1
