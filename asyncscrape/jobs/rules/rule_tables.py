"""The record tables that the rules of a config fill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from asyncscrape.config.checks import column_type, short_type
from asyncscrape.config.models import Config, FieldSpec, PageRule
from asyncscrape.model import Column, Table


def tables(config: Config) -> tuple[Table, ...]:
    """The tables that the rules fill. A Python parser's table has no columns here, because they are unknown."""
    rules: dict[str, list[PageRule]] = {}
    for rule in config.page:
        if rule.table is not None:
            rules.setdefault(rule.table, []).append(rule)
    return tuple(
        Table(name, filling[0].key, tuple(_columns(filling)), merge=filling[0].merge)
        for name, filling in rules.items()
    )


def _columns(rules: Sequence[PageRule]) -> Iterable[Column]:
    if any(rule.parser for rule in rules):
        return ()
    columns: dict[str, Column] = {}
    for rule in rules:
        for name, field in rule.fields.items():
            for column in _field_columns(name, field):
                columns.setdefault(column.name, column)
    return columns.values()


def _field_columns(name: str, field: str | FieldSpec) -> Iterator[Column]:
    """The column of a field, followed by the column for the path of its file, if it has one."""
    if isinstance(field, str):
        yield Column(name, short_type(field))
        return
    type_ = column_type(field.type, field.many)
    yield Column(name, type_)
    if field.blob is not None:
        yield Column(f"{name}_path", type_)
