"""Whether a config still agrees with the stored records; the one rule for every frontier. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from asyncscrape.bundles import Fixed, Setting
from asyncscrape.errors import JobChanged
from asyncscrape.frontier import kept_settings
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
    settings: Mapping[str, str] = {}
    """With which bundles were made; none in a job of an older version, which did not store them."""
    fixed: Collection[Fixed] = ()
    """The settings that may not change any more."""


def check(
    known: Remembered,
    tables: Sequence[Table],
    rules: Sequence[Rule] | None = None,
    settings: Sequence[Setting] = (),
    *,
    mix: bool = False,
) -> set[str]:
    """Refuse tables, rules and settings that would change the meaning of what is stored (`JobChanged`).

    The tables that become mixed, because `mix` allows their rules to change.
    """
    lines = [line for table in known.tables if table.name in known.filled for line in differences(table, tables)]
    other = kept_settings.changed(known.settings, settings, known.fixed)
    changed = changes(known.rules, rules, known.filled, known.urls) if known.rules and rules is not None else []
    lines += other
    if lines or (changed and not mix):
        ways = {**(AGAIN if known.finished else {}), **({} if lines else MIX), **FRESH}
        lines += [line for change in changed for line in told(change)]
        raise JobChanged(complaint(lines, known.finished, named=bool(other)), ways)
    return {table for change in changed for table in change.tables}


def to_tell(known: Remembered, settings: Sequence[Setting]) -> list[str]:
    """The changes of settings that are allowed and concern bundles that were closed, in words."""
    return kept_settings.changed(known.settings, settings, {Fixed.NEVER} if Fixed.CLOSED in known.fixed else ())


def complaint(lines: Sequence[str], finished: bool, *, named: bool = False) -> str:
    """The changes, and what to do without any option of `run`; also another name, if `named`."""
    name = ", give the config another name to have both" if named else ""
    again = "" if finished else "; once it is finished, --again crawls everything anew with the new config"
    return "\n".join(
        [
            "the config changes the meaning of records that are already stored:",
            *(f"  {line}" for line in lines),
            f"change it back to resume the job{name}{again}, or choose:",
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
