"""Checks of `[expect]` against the tables and columns that the job fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from asyncscrape.config.checks import Finding, RawRule, raw_rules
from asyncscrape.config.key_lines import Place
from asyncscrape.config.values import Misfit, nearest
from asyncscrape.model import BLOBS, FieldType, Table

Columns = Mapping[str, FieldType | None]
"""The types of a table's columns; None for a type that is itself a mistake."""
MEASURED = ("int", "float", "decimal", "date", "datetime")
"""Types with a least and a greatest value."""


def expect_findings(data: Mapping[str, Any], of_kind: Iterable[Table]) -> Iterator[Finding]:
    """The expectations that cannot be met or judged; `of_kind` are the tables of the built-in job."""
    expected = data.get("expect")
    if not isinstance(expected, dict):
        return
    tables = _tables(raw_rules(data), of_kind)
    for name, table in expected.items():
        if name not in tables:
            about = "is not a table of this job" + (f"; its tables: {', '.join(tables)}" if tables else "")
            yield ("expect", name), Misfit(about, whole=_unknown("table", name, tables))
        elif isinstance(table, dict):
            yield from _rows(("expect", name, "rows"), table.get("rows"))
            yield from _columns(("expect", name, "columns"), table.get("columns"), tables[name])


def _tables(rules: Iterable[RawRule], of_kind: Iterable[Table]) -> dict[str, Columns | None]:
    """The columns of each table; None where a Python parser decides on them."""
    found: dict[str, Columns | None] = {table.name: _types(table) for table in of_kind}
    for rule in rules:
        if rule.table is None:
            continue
        before = found.get(rule.table, {})
        own = {name: field.type for name, field in rule.fields.items()}
        own |= {f"{name}_path": field.type for name, field in rule.fields.items() if "blob" in field.raw}
        found[rule.table] = None if "parser" in rule.raw or before is None else {**own, **before}
        if any("blob" in field.raw for field in rule.fields.values()):
            found[BLOBS.name] = _types(BLOBS)
    return found


def _types(table: Table) -> Columns:
    return {column.name: column.type for column in table.columns}


def _unknown(noun: str, name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    what = f'the job has no {noun} "{name}"'
    return f'{what}; did you mean "{near}"?' if near else f"{what}; possible here: {', '.join(known) or 'none'}"


def _rows(place: Place, rows: object) -> Iterator[Finding]:
    if isinstance(rows, dict) and _crossed(rows.get("min"), rows.get("max")):
        yield (*place, "min"), "is greater than max, so that no number of rows would do"


def _columns(place: Place, columns: object, known: Columns | None) -> Iterator[Finding]:
    for name, column in columns.items() if isinstance(columns, dict) else ():
        if known is not None and name not in known:
            yield (*place, name), Misfit("is not a column of this table", whole=_unknown("column", name, known))
        elif isinstance(column, dict):
            yield from _bounds((*place, name), column, known[name] if known else None)


def _bounds(place: Place, column: Mapping[str, Any], type_: FieldType | None) -> Iterator[Finding]:
    given = {key: column[key] for key in ("min", "max") if not isinstance(column.get(key), (bool, type(None)))}
    for key, bound in given.items():
        if type_ and type_ not in MEASURED:
            yield (*place, key), f'cannot be judged: the column is "{type_}"; bounds are for numbers, dates and times'
        elif type_ and (type_ in ("date", "datetime")) is isinstance(bound, (int, float)):
            yield (*place, key), Misfit(f'does not fit the column, which is "{type_}"')
    if _crossed(given.get("min"), given.get("max")):
        yield (*place, "min"), "is greater than max, so that no value would do"


def _crossed(least: object, greatest: object) -> bool:
    """Whether a lower bound lies above the upper one, as far as both are of one kind."""
    for kind in ((int, float), (str,), (datetime,), (date,)):
        if isinstance(least, kind) and isinstance(greatest, kind):
            try:
                return bool(least > greatest)  # type: ignore[operator]
            except TypeError:  # a time with a zone and one without
                return False
    return False
