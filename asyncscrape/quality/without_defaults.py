"""Facts about tables in which a default does not count as a value: it would hide a selector that finds nothing."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from asyncscrape.facts import ColumnFacts, TableFacts
from asyncscrape.model import FlawKind, FoundFlaw
from asyncscrape.stats import Totals


def without_defaults(facts: Mapping[str, TableFacts], totals: Totals) -> dict[str, TableFacts]:
    """The facts about finished tables, with the columns as far filled as the pages filled them."""
    defaulted = {(one.flaw.table, one.flaw.column): one for one in totals.flaws if _is_default(one)}
    return {name: _table(name, table, defaulted, totals) for name, table in facts.items()}


def _is_default(found: FoundFlaw) -> bool:
    return found.flaw.kind is FlawKind.DEFAULTED


def _table(
    name: str, table: TableFacts, defaulted: Mapping[tuple[str, str], FoundFlaw], totals: Totals
) -> TableFacts:
    records = totals.records.get(name, 0) + totals.replaced.get(name, 0)
    columns = {
        column: _column(one, defaulted[name, column], table.rows, records) if (name, column) in defaulted else one
        for column, one in table.columns.items()
    }
    return msgspec.structs.replace(table, columns=columns)


def _column(column: ColumnFacts, defaulted: FoundFlaw, rows: int, records: int) -> ColumnFacts:
    """The column without its defaults. Where records replaced others, its rows have them as often as all records."""
    share = defaulted.flaw.count / max(records, defaulted.flaw.count)
    filled = max(column.filled - round(share * rows), 0)
    return msgspec.structs.replace(column, filled=filled, empty_at=column.empty_at or defaulted.url)
