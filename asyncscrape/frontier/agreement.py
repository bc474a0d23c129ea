"""Whether a config still agrees with the stored records; the one rule for every frontier. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from asyncscrape.errors import JobChanged
from asyncscrape.frontier.changed_rules import changes, told
from asyncscrape.model import Rule, Table

FRESH = {"--fresh": "delete what is stored and start over"}
AGAIN = {"--again": "crawl everything anew; the present tables stay until that is done"}
MIX = {"--mix": "go on; pages that were read keep what the old rules made of them"}


class Remembered(msgspec.Struct, frozen=True):
    """What a frontier knows about the records of a job."""

    tables: Sequence[Table]
    rules: Sequence[Rule] | None
    """None in a job of an older version, which did not store them."""
    filled: Collection[str]
    """Tables that hold records."""
    urls: Callable[[], Iterable[str]]
    """The URLs of all pages that were read."""
    finished: bool
    """Whether `run --again` may begin a new generation."""


def check(
    known: Remembered, tables: Sequence[Table], rules: Sequence[Rule] | None = None, *, mix: bool = False
) -> set[str]:
    """Refuse tables and rules that would change the meaning of stored records (`JobChanged`).

    The tables that become mixed, because `mix` allows their rules to change.
    """
    lines = [line for table in known.tables if table.name in known.filled for line in differences(table, tables)]
    changed = changes(known.rules, rules, known.filled, known.urls) if known.rules and rules is not None else []
    if lines or (changed and not mix):
        ways = {**(AGAIN if known.finished else {}), **({} if lines else MIX), **FRESH}
        lines += [line for change in changed for line in told(change)]
        raise JobChanged(complaint(lines, known.finished), ways)
    return {table for change in changed for table in change.tables}


def complaint(lines: Sequence[str], finished: bool) -> str:
    """The changes, and what to do without any option of `run`."""
    again = "" if finished else "; once it is finished, --again crawls everything anew with the new config"
    return "\n".join(
        [
            "the config changes the meaning of records that are already stored:",
            *(f"  {line}" for line in lines),
            f"change it back to resume the job{again}, or choose:",
        ]
    )


def differences(before: Table, tables: Iterable[Table]) -> Iterator[str]:
    """The changes to the meaning of a table that holds records."""
    after = next((table for table in tables if table.name == before.name), None)
    if after is None:
        yield f"table {before.name} holds records but is no longer in the config"
        return
    if after.key != before.key:
        yield f"table {before.name}: the key was {list(before.key)} and is now {list(after.key)}"
    if after.merge != before.merge:
        was, is_now = ("true", "false") if before.merge else ("false", "true")
        yield f"table {before.name}: merge was {was} and is now {is_now}"
    types: Mapping[str, str] = {column.name: column.type for column in after.columns}
    for column in before.columns:
        if column.name in types and types[column.name] != column.type:
            yield f"table {before.name}: {column.name} was {column.type} and is now {types[column.name]}"
