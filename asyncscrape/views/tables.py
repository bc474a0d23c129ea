"""The output of commands: the summary of a run, and the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from asyncscrape.errors import Exit
from asyncscrape.model import BLOBS
from asyncscrape.quality.page_warnings import NOT_FOLLOWED
from asyncscrape.quality.shown_values import counted, left_links, percent
from asyncscrape.stats import BundleProgress, NextBundle, ShownState, Snapshot, TableCoverage
from asyncscrape.views.figures import clock, count, rate, size
from asyncscrape.views.told_browser import browser
from asyncscrape.views.told_generation import generation

ENDING_STYLES = {Exit.FINISHED: "green", Exit.LIMIT: "yellow", Exit.INTERRUPTED: "yellow"}
"""The colour of a run's end; every other end is red."""

NOT_AS_EXPECTED = "finished, but not as expected: see below what to look at"


class Output(msgspec.Struct, frozen=True):
    """A finished table on disk."""

    table: str
    path: str
    rows: int
    bytes: int


def summary(snapshot: Snapshot, outputs: Sequence[Output], hints: Sequence[str]) -> RenderableType:
    """How a run ended, where its results are, and what to do next."""
    code = Exit(snapshot.exit or 0)
    meaning = NOT_AS_EXPECTED if code is Exit.FAILURES else code.meaning
    ending = (meaning, ENDING_STYLES.get(code, "red"))
    title = Text.assemble((snapshot.job, "bold"), f" · {clock(snapshot.seconds)} · ", ending)
    parts: list[RenderableType] = [title, Text(), facts(_totals(snapshot, outputs))]
    if outputs:
        parts += [Text(), _outputs(outputs)]
    return Group(*parts, *findings(snapshot), *advice(hints))


def advice(hints: Sequence[str]) -> list[RenderableType]:
    """What to do next, a line for each hint."""
    return [Text(), *map(Text, hints)] if hints else []


def bundles(progress: BundleProgress, called: str) -> RenderableType:
    """How far a job is with its bundles, and which come next and why."""
    far = f"{count(progress.done)} done, {count(progress.open)} under way, {count(progress.met)} met"
    following = [_next(one, called) for one in progress.next]
    return facts({called: [far], "next": following or ["none"]})


def _next(one: NextBundle, called: str) -> str:
    if one.score is None:
        return f"{one.name}, from your list"
    when = f"as of now; it may change with the {called} under way"
    if one.after is not None:
        when = f"chosen from what the first {count(one.after)} {called} did"
    return f"{one.name}, score {one.score:,.6g}, {when}"


def findings(snapshot: Snapshot) -> list[RenderableType]:
    """The columns that are not full, a line for each table, and what looks wrong."""
    own = {name: table for name, table in snapshot.coverage.items() if name != BLOBS.name}
    gaps = {f"{name}:": told for name, table in own.items() if (told := list(_gaps(table)))}
    parts: list[RenderableType] = [Text(), Text("filled in part", "bold"), facts(gaps)] if gaps else []
    if snapshot.warnings:
        parts += [
            Text(),
            Text("look at", "bold yellow"),
            facts({f"{n}.": [w] for n, w in enumerate(snapshot.warnings, 1)}),
        ]
    return parts


def _gaps(table: TableCoverage) -> Iterator[str]:
    """The columns that are not full, each with a page to look at: "price, stock 48 %, empty on https://…".

    A row that was merged comes from several pages, and its newest may not be the one that leaves a column empty.
    """
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name, column in table.columns.items() if table.rows else ():
        if isinstance(column.filled, float) and column.filled < 1:
            told = isinstance(column.empty_at, str) and table.merged is not True
            place = f", empty on {column.empty_at}" if told else ""
            alike[f"{percent(column.filled)}{place}"].append(name)
    return (f"{', '.join(names)} {told}" for told, names in alike.items())


def _totals(snapshot: Snapshot, outputs: Sequence[Output]) -> dict[str, Sequence[str]]:
    totals = {
        "pages": [_states(snapshot.pages)],
        "files": [_states(snapshot.files)] if any(snapshot.files.values()) else [],
        "requests": [f"{count(snapshot.requests)}, {count(snapshot.retries)} of them retries"],
        "speed": [f"{rate(snapshot.pages_per_second)} pages/s, {size(snapshot.bytes)} read"],
        "browser": list(browser(snapshot)),
        "links": [
            f"{left_links(number)} not followed: {why}"
            for why, number in snapshot.skipped.items()
            if number and why in NOT_FOLLOWED
        ],
        **_rows(snapshot, {output.table for output in outputs}),
        "generation": list(generation(snapshot)),
        "stores": [
            f"{name} still has to take {counted(store.lag, 'record')}"
            for name, store in snapshot.stores.items()
            if store.lag
        ],
    }
    return {label: lines for label, lines in totals.items() if lines}


def _rows(snapshot: Snapshot, shown: Collection[str]) -> dict[str, Sequence[str]]:
    """The rows of the tables that are not `shown` otherwise, and the records that are not among the rows."""
    tables = snapshot.coverage
    lost = {name: table for name, table in tables.items() if table.replaced}
    return {
        "rows": [
            f"{count(table.rows)} in {name}"
            for name, table in tables.items()
            if name not in shown and (name != BLOBS.name or table.rows)
        ],
        "left out": [
            f"{counted(number, 'row')} of {name}, because `{field}` was empty"
            for name, table in tables.items()
            for field, number in table.left_out.items()
        ],
        "replaced": [
            f"{counted(table.replaced, 'record')} of {name}, by newer ones with the same key or by a withdrawal"
            for name, table in lost.items()
            if table.merged is not True
        ],
        "merged": [
            f"{counted(table.replaced, 'record')} of {name}, with others of the same key"
            for name, table in lost.items()
            if table.merged is True
        ],
    }


def _states(pages: Mapping[ShownState, int]) -> str:
    names = {ShownState.PENDING: "still queued", ShownState.ACTIVE: "still open"}
    order = (ShownState.DONE, *(state for state in ShownState if state is not ShownState.DONE))
    told = [f"{count(pages[state])} {names.get(state, state)}" for state in order if pages.get(state)]
    return ", ".join(told) or "none"


def _outputs(outputs: Iterable[Output]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("table", style="bold")
    table.add_column("rows", justify="right")
    table.add_column("size", justify="right")
    table.add_column("file", overflow="fold")
    for output in outputs:
        table.add_row(output.table, count(output.rows), size(output.bytes), output.path)
    return table


def facts(lines_by_label: Mapping[str, Sequence[str]]) -> Table:
    """Labels on the left, the facts for each on the right, one a line."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, lines in lines_by_label.items():
        grid.add_row(label, Text("\n".join(lines)))
    return grid
