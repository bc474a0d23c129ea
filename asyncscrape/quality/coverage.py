"""What a job found, for each table and column; from the totals of the job alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from asyncscrape.model import UNMATCHED, FlawKind, Table
from asyncscrape.quality.warnings import warnings
from asyncscrape.quality.wishes import Wishes
from asyncscrape.stats import ColumnCoverage, Snapshot, TableCoverage, Totals


def covered(snapshot: Snapshot, totals: Totals, tables: Sequence[Table], wishes: Wishes) -> Snapshot:
    """The snapshot with what was found, and what looks wrong about it, after what the run complains of."""
    found = coverage(totals, tables)
    return msgspec.structs.replace(
        snapshot,
        coverage=found,
        unmatched=totals.uses.get(UNMATCHED, 0),
        skipped=totals.skipped,
        dropped=sum(sum(table.left_out.values()) for table in found.values()) or snapshot.dropped,
        warnings=(*snapshot.warnings, *warnings(totals, found, tables, wishes)),
    )


def coverage(totals: Totals, tables: Sequence[Table]) -> dict[str, TableCoverage]:
    """What was found for each table of the job, and for others that hold records."""
    names = dict.fromkeys((*(table.name for table in tables), *totals.facts, *totals.records))
    merged = {table.name for table in tables if table.merge}
    return {name: _table(name, totals, merged=name in merged) for name in names}


def _table(name: str, totals: Totals, *, merged: bool) -> TableCoverage:
    facts = totals.facts.get(name)
    return TableCoverage(
        facts.rows if facts else totals.records.get(name, 0),
        totals.replaced.get(name, 0),
        _flaws(name, FlawKind.LEFT_OUT, totals),
        _columns(name, totals),
        merged or msgspec.UNSET,
    )


def _flaws(table: str, kind: FlawKind, totals: Totals) -> dict[str, int]:
    """The number of flaws of one kind in each column of a table."""
    found: dict[str, int] = {}
    for flaw in (one.flaw for one in totals.flaws):
        if flaw.table == table and flaw.kind is kind:
            found[flaw.column] = found.get(flaw.column, 0) + flaw.count
    return found


def _columns(table: str, totals: Totals) -> Mapping[str, ColumnCoverage]:
    misfits, facts = _flaws(table, FlawKind.MISFIT, totals), totals.facts.get(table)
    known = {name: ColumnCoverage(misfit=count) for name, count in misfits.items()}
    if facts is None:
        return known
    told = {
        name: ColumnCoverage(
            round(column.filled / facts.rows, 4) if facts.rows else 0.0,
            misfits.get(name, 0),
            column.empty_at or msgspec.UNSET,
        )
        for name, column in facts.columns.items()
    }
    return {**told, **{name: one for name, one in known.items() if name not in told}}
