"""The page `quality.html`: what each table and column holds, and what looks wrong.

One file that needs nothing else: no program, no network. Values come from strangers, so every text is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from asyncscrape.analysis.offline_page import filled, template
from asyncscrape.expectations import Bound
from asyncscrape.facts import Changes, ColumnFacts, TableFacts
from asyncscrape.quality.shown_values import counted, percent
from asyncscrape.stats import ColumnCoverage, ShownState, Snapshot, TableCoverage, Totals

PACKAGE = "asyncscrape.analysis"
NO_COVERAGE = TableCoverage(0)
HEADINGS = ("column", "filled", "different values", "examples", "from – to", "spread")
NAMED = re.compile("`([^`]*)`")
"""A name within a sentence."""
BAR, GAP, HIGH = 10, 2, 32
"""The width of a bar of a histogram, the gap between two, and the height of the highest."""


def page(snapshot: Snapshot, totals: Totals) -> bytes:
    """The whole page about the finished tables of a job."""
    parts = {
        "style": template(PACKAGE, "quality.css"),
        "job": escape(snapshot.job),
        "summary": escape(
            f"{counted(snapshot.pages[ShownState.DONE], 'page')} read; the tables as they are finished"
        ),
        "warnings": _warnings(snapshot),
        "tables": "\n".join(
            _table(name, facts, totals.facts_before.get(name), snapshot.coverage.get(name, NO_COVERAGE))
            for name, facts in totals.facts.items()
        ),
    }
    return filled(template(PACKAGE, "quality.html"), parts)


def _warnings(snapshot: Snapshot) -> str:
    """What looks wrong; "nothing" only if no column has a gap."""
    if not snapshot.warnings:
        gaps = any(
            isinstance(column.empty_at, str)
            for table in snapshot.coverage.values()
            for column in table.columns.values()
        )
        told = "No warning, but some columns are filled only in part." if gaps else "Nothing looks wrong."
        return f'<section><p class="good">{told}</p></section>'
    sentences = (NAMED.sub(r"<b>\1</b>", escape(text)) for text in snapshot.warnings)
    items = "".join(f"<li>{text}</li>" for text in sentences)
    return f'<section class="look"><h2>Look at</h2><ol>{items}</ol></section>'


def _table(name: str, now: TableFacts, before: TableFacts | None, found: TableCoverage) -> str:
    columns = before.columns if before else {}
    rows = "\n".join(
        _column(column, facts, now.rows, _share(columns.get(column), before), found.columns.get(column))
        for column, facts in now.columns.items()
    )
    head = "".join(f"<th>{heading}</th>" for heading in HEADINGS)
    about = escape(" · ".join(_about(now, before, found)))
    return (
        f"<section><h2>{escape(name)}</h2><p>{about}</p>\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></section>"
    )


def _share(column: ColumnFacts | None, table: TableFacts | None) -> float | None:
    return column.filled / table.rows if column and table and table.rows else None


def _about(now: TableFacts, before: TableFacts | None, found: TableCoverage) -> Iterator[str]:
    """The rows of a table, those it lacks, and what changed."""
    yield counted(now.rows, "row") + (f" ({before.rows:,} before)" if before else "")
    if found.replaced:
        yield f"{found.replaced:,} replaced by a newer record with the same key"
    for field, count in found.left_out.items():
        yield f"{count:,} left out because {field} was empty"
    if now.changes:
        yield _changes(now.changes)


def _changes(changes: Changes) -> str:
    told = ((changes.new, "new"), (changes.gone, "gone"), (changes.changed, "changed"))
    return ", ".join(f"{number:,} {word}" for number, word in told) + " since the last generation"


def _column(name: str, facts: ColumnFacts, rows: int, before: float | None, found: ColumnCoverage | None) -> str:
    distinct = "many" if facts.distinct is None else f"{facts.distinct:,}"
    cells: Mapping[str, str] = {
        "": escape(name),
        "filled": _filled(facts.filled / rows if rows else 0.0, before, found.misfit if found else 0, facts.empty_at),
        "different values": f'<span class="number">{distinct}</span>',
        "examples": "".join(f"<code>{escape(text)}</code>" for text in facts.examples),
        "from – to": "" if facts.least is None else f"<span>{_bound(facts.least)} – {_bound(facts.greatest)}</span>",
        "spread": _histogram(facts.bars),
    }
    return f"<tr>{''.join(_cell(label, content) for label, content in cells.items())}</tr>"


def _cell(label: str, content: str) -> str:
    named = f' data-name="{label}"' if label else ""
    return f"<td{named}>{content}</td>" if content else "<td></td>"


def _filled(share: float, before: float | None, misfits: int, empty_at: str) -> str:
    was = f" ({percent(before)} before)" if before is not None and percent(before) != percent(share) else ""
    bar = f'<i><b style="width:{100 * share:.4g}%"></b></i><span>{percent(share)}{was}</span>'
    misfit = f'<small class="misfit">{misfits:,} found that {"does" if misfits == 1 else "do"} not fit</small>'
    empty = f"<small>empty on <code>{escape(empty_at)}</code></small>"
    notes = (misfit if misfits else "") + (empty if empty_at else "")
    return f'<div class="share{"" if share else " none"}">{bar}{notes}</div>'


def _bound(value: Bound | None) -> str:
    text = f"{value:,.10g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    return f'<span class="number">{escape(text)}</span>'


def _histogram(bars: Sequence[int]) -> str:
    """The bars as a small picture; one that is not empty is seen."""
    if not bars:
        return ""
    most = max(bars)
    drawn = "".join(_bar(place, max(1, round(HIGH * bar / most))) for place, bar in enumerate(bars) if bar)
    wide = len(bars) * (BAR + GAP) - GAP
    return f'<svg viewBox="0 0 {wide} {HIGH}" preserveAspectRatio="none" role="img">{drawn}</svg>'


def _bar(place: int, height: int) -> str:
    return f'<rect x="{place * (BAR + GAP)}" y="{HIGH - height}" width="{BAR}" height="{height}"/>'
