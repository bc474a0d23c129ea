"""A page on trial: what each rule makes of it, one field a line, as wide as the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from asyncscrape.model import Flaw, FlawKind, Page
from asyncscrape.parsers.rules import together
from asyncscrape.quality.shown_values import one_line
from asyncscrape.views.figures import count

SAMPLE_ROWS = 3
"""Records shown with all their fields."""
SAMPLE_LINKS = 40
"""Links shown."""
LONGEST_VALUE = 1000
"""Characters of a value that can matter for one line of a terminal."""

LEAST_SOURCE = 6
"""Cells of a text before `re` that say something; where there are fewer, the words around them give way."""
NARROW = 40
"""Cells of a terminal that has no room for the types of fields."""
FIRST, FURTHER = "  ", "    "
"""The indents of a sentence that takes several lines."""


Values = Mapping[str, Any]


class Trial(msgspec.Struct, frozen=True):
    """The result of one page rule on one page."""

    rule: str
    page: Page
    refused: Mapping[str, str]
    """The reasons why links would not be followed, by URL."""
    types: Mapping[str, str] = {}
    """The type of each field, in words; of a Python parser's fields none is known."""
    forms: Mapping[str, str] = {}
    """The form that values of a field must have, where its type does not say it."""
    cuts: Sequence[Mapping[str, str]] = ()
    """For each record, the whole texts of which `re` took a part, by field."""


def joined(trials: Sequence[Trial]) -> Trial:
    """The trial of one rule on all that became of a page, each record once."""
    if len(trials) == 1:
        return trials[0]
    records = [record for one in trials for record in one.page.records]
    cuts = [cut for one in trials for cut in one.cuts]
    first = {repr(record): number for number, record in reversed([*enumerate(records)])}
    kept = sorted(first.values())
    whole = together([one.page for one in trials])
    page = msgspec.structs.replace(whole, records=[records[number] for number in kept], flaws=summed(whole.flaws))
    refused = {url: why for one in trials for url, why in one.refused.items()}
    return msgspec.structs.replace(trials[-1], page=page, refused=refused, cuts=[cuts[number] for number in kept])


def summed(flaws: Sequence[Flaw]) -> list[Flaw]:
    """The flaws of all that became of a page, each kind of a column once."""
    found: dict[tuple[FlawKind, str], Flaw] = {}
    for flaw in flaws:
        place = flaw.kind, flaw.column
        before = found.get(place)
        found[place] = msgspec.structs.replace(before, count=before.count + flaw.count) if before else flaw
    return list(found.values())


def trial(trials: Sequence[Trial]) -> RenderableType:
    """The records that each matching rule extracts from a page, and where its links lead."""
    return Group(*(part for one in trials for part in _trial(one)))


def _trial(one: Trial) -> Iterator[RenderableType]:
    yield Text(one.rule, style="bold cyan")
    rows = [record.values for record in one.page.records]
    for table in dict.fromkeys(record.table for record in one.page.records):
        yield from _table(table, [n for n, record in enumerate(one.page.records) if record.table == table], rows, one)
    for flaw in one.page.flaws:
        yield Paragraph(_flaw(flaw, one), "yellow")
    for use in one.page.uses:
        if use.startswith("follow failed "):
            yield Paragraph(f"follow {use.rpartition(' ')[2]} failed on this page; the log says why", "yellow")
    yield from _links("would follow", [link.url for link in one.page.links if link.url not in one.refused])
    yield from _links("would not follow", [f"{url}  ({why})" for url, why in one.refused.items()])
    yield from _links("would download", [f"{blob.url} → {blob.path}" for blob in one.page.blobs])
    if not (rows or one.page.links or one.page.blobs or one.refused):
        yield Text("  finds nothing on this page", style="yellow")
    yield Text()


def _table(name: str, places: Sequence[int], rows: Sequence[Values], one: Trial) -> Iterator[RenderableType]:
    """The first rows of a table field by field; what is filled in all of them, if there are more."""
    total = len(places)
    yield Text.assemble("  table ", (name, "bold"), f": {count(total)} {'record' if total == 1 else 'records'}")
    for number, place in enumerate(places[:SAMPLE_ROWS], 1):
        if total > 1:
            yield Text(f"   row {number}", style="dim")
        yield Fields(rows[place], one.types, one.cuts[place] if one.cuts else {})
    if total > SAMPLE_ROWS:
        yield Text(f"   … and {_rows(total - SAMPLE_ROWS, 'more ')}", "dim")
        yield from _overview([rows[place] for place in places])


def _overview(rows: Sequence[Values]) -> Iterator[RenderableType]:
    """The columns by how often they are filled."""
    filled = {column: sum(row.get(column) not in (None, "", []) for row in rows) for column in rows[0]}
    everywhere = [column for column, times in filled.items() if times == len(rows)]
    sometimes = [f"{column} {count(times)}" for column, times in filled.items() if 0 < times < len(rows)]
    nowhere = [column for column, times in filled.items() if times == 0]
    if everywhere:
        yield Paragraph(f"filled in all {count(len(rows))} rows: {', '.join(everywhere)}")
    if sometimes:
        yield Paragraph(f"filled in some: {', '.join(sometimes)}")
    if nowhere:
        yield Paragraph(f"filled in none: {', '.join(nowhere)}", "yellow")


def _flaw(flaw: Flaw, one: Trial) -> str:
    if flaw.kind is FlawKind.LEFT_OUT:
        had = f' or does not fit, e.g. "{flaw.example}"' if flaw.example else ""
        return f"left out: {_rows(flaw.count)}, because {flaw.column} was empty{had}"
    if flaw.kind is FlawKind.DEFAULTED:
        return f"{flaw.column}: not found in {_rows(flaw.count)}, which {_have(flaw.count)} the default"
    if flaw.kind is FlawKind.FAILED:
        return f"{flaw.column}: the selector failed for {_rows(flaw.count)}: {flaw.example}"
    form = one.forms.get(flaw.column) or one.types.get(flaw.column, "its type")
    values = "value does" if flaw.count == 1 else "values do"
    return f'{flaw.column}: {count(flaw.count)} {values} not fit {form}, e.g. "{flaw.example}"'


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _rows(number: int, which: str = "") -> str:
    return f"{count(number)} {which}{'row' if number == 1 else 'rows'}"


def _links(title: str, lines: Sequence[str]) -> Iterable[Text]:
    if not lines:
        return
    yield Text(f"  {title} {count(len(lines))}:")
    for text in lines[:SAMPLE_LINKS]:
        yield Text(f"    {text}", style="dim")
    if len(lines) > SAMPLE_LINKS:
        yield Text(f"    … and {count(len(lines) - SAMPLE_LINKS)} more", style="dim")


class Fields:
    """A record, one field a line: its name, its type, and as much of its value as there is room for."""

    def __init__(self, values: Values, types: Mapping[str, str], cuts: Mapping[str, str]) -> None:
        self._values = values
        self._types = types
        self._cuts = cuts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines for a terminal of this width."""
        width = options.max_width
        names = min(max(map(cell_len, self._values), default=0), max(8, width // 4))
        types = max((cell_len(self._types.get(name, "")) for name in self._values), default=0)
        types = min(types, max(5, width // 7)) if width >= NARROW else 0
        for name, value in self._values.items():
            line = Text("    ")
            line.append(_padded(name, names), "bold")
            if types:
                line.append("  " + _padded(self._types.get(name, ""), types), "dim")
            room = max(width - line.cell_len - 2, 1)
            line.append("  ")
            line.append_text(_with_source(shown(value), self._cuts.get(name), room))
            line.truncate(width, overflow="ellipsis")
            yield line


def _with_source(value: str, source: str | None, room: int) -> Text:
    """The value, and as much of the text that `re` took it from as there is room for after it."""
    told = Text(_shortened(value, room))
    if source is None:
        return told
    whole = _on_one_line(source)
    for before, after in (('  from "', '" by re'), (' of "', '"')):
        left = room - told.cell_len - len(before + after)
        if left >= min(LEAST_SOURCE, cell_len(whole)):
            return Text.assemble(told, (f"{before}{_shortened(whole, left)}{after}", "yellow"))
    return told


class Paragraph:
    """A sentence, wrapped and indented."""

    def __init__(self, text: str, style: str = "") -> None:
        self._text = text
        self._style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines for a terminal of this width."""
        lines = Text(self._text, self._style).wrap(console, max(options.max_width - len(FURTHER), 1), overflow="fold")
        for number, line in enumerate(lines):
            line.rstrip()
            yield Text(FURTHER if number else FIRST) + line


def shown(value: object) -> str:
    """A value on one line: text as it is, anything else as JSON, a dash for nothing."""
    if value is None:
        return "–"
    return _on_one_line(value if isinstance(value, str) else msgspec.json.encode(value).decode().strip('"'))


def _on_one_line(text: str) -> str:
    return one_line(text[:LONGEST_VALUE])


def _shortened(text: str, cells: int) -> str:
    """The text, cut to this many cells of the terminal."""
    cut = Text(text)
    cut.truncate(max(cells, 1), overflow="ellipsis")
    return cut.plain


def _padded(text: str, cells: int) -> str:
    cut = _shortened(text, cells)
    return cut + " " * (cells - cell_len(cut))
