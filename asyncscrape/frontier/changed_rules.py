"""Page rules compared with those that read the stored pages. Pure.

A rule that read no page may change freely. One that did has changed if its text is no longer in the config. A rule
that is new counts as a change too if its table already holds records, which were made without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from asyncscrape.model import Rule
from asyncscrape.urls import glob, path_and_query

LONGEST = 60
"""Characters of a value in a message."""


class RuleChange(msgspec.Struct, frozen=True):
    """A rule that was replaced, removed or added."""

    before: Rule | None
    after: Rule | None
    read: int
    """Pages read by the rule before."""
    missed: int
    """Pages that the rule after would have read, for a table that holds records."""

    @property
    def tables(self) -> set[str]:
        """The tables whose records it concerns."""
        return {rule.table for rule in (self.before, self.after) if rule is not None and rule.table}


def changes(
    before: Sequence[Rule], after: Sequence[Rule], filled: Collection[str], urls: Callable[[], Iterable[str]]
) -> list[RuleChange]:
    """The changes that concern stored records: `filled` tables hold some, `urls` are those of the pages read."""
    pairs = pairs_of([rule for rule in before if rule not in after], [rule for rule in after if rule not in before])
    if not pairs:
        return []
    counts = read_by([rule for pair in pairs for rule in pair if rule is not None], urls())
    found = []
    for old, new in pairs:
        new_counts = new is not None and new.table in filled
        missed = counts[new] if new is not None and new_counts else 0
        change = RuleChange(old, new, counts[old] if old is not None else 0, missed)
        if change.read or change.missed or (old is None and new_counts):
            found.append(change)
    return found


def pairs_of(gone: Sequence[Rule], come: Sequence[Rule]) -> list[tuple[Rule | None, Rule | None]]:
    """Each rule that is gone with the one that most likely took its place."""
    left = list(come)
    pairs: list[tuple[Rule | None, Rule | None]] = []
    for old in gone:
        alike = [new for new in left if new.table == old.table or new.match == old.match]
        new = max(alike, key=lambda new: len(keys(old).items() & keys(new).items()), default=None)
        if new is not None:
            left.remove(new)
        pairs.append((old, new))
    return pairs + [(None, new) for new in left]


def read_by(rules: Collection[Rule], urls: Iterable[str]) -> dict[Rule, int]:
    """The number of pages that each rule matches."""
    counts = dict.fromkeys(rules, 0)
    patterns: list[tuple[Rule, list[re.Pattern[str]]]] = [(rule, list(map(glob, rule.match))) for rule in counts]
    for url in urls:
        path = path_and_query(url)
        for rule, some in patterns:
            counts[rule] += any(pattern.search(path) for pattern in some)
    return counts


# In words


def told(change: RuleChange) -> Iterator[str]:
    """A change in words: a line for the rule, and one for each of its keys that differs."""
    old, new = change.before, change.after
    if old is None:
        assert new is not None
        without = f"; {pages(change.missed)} read without it" if change.missed else ""
        yield f"{name(new)} for {place(new)} is new, but the table already holds records{without}"
        return
    by = f"{pages(change.read)} read by the old one" if change.read else f"{pages(change.missed)} read without it"
    if new is None:
        yield f"{name(old)} for {place(old)} is no longer in the config; {by}"
        return
    yield f"{name(old)} has changed; {by}"
    before, after = keys(old), keys(new)
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield f"  {key}: {short(before.get(key))} → {short(after.get(key))}"


def name(rule: Rule) -> str:
    """A rule as messages call it."""
    return f"the rule of table {rule.table}" if rule.table else f"the rule for {place(rule)}"


def place(rule: Rule) -> str:
    """The pages of a rule."""
    return ", ".join(rule.match)


def pages(number: int) -> str:
    """How many pages were …"""
    return f"{number:,} {'page was' if number == 1 else 'pages were'}"


def keys(rule: Rule) -> dict[str, str]:
    """The keys of a rule with their values as JSON; each field is a key of its own."""
    table: Mapping[str, Any] = msgspec.json.decode(rule.text)
    own = {key: value for key, value in table.items() if key != "fields"}
    fields = {f"fields.{key}": value for key, value in table.get("fields", {}).items()}
    return {key: msgspec.json.encode(value).decode() for key, value in (own | fields).items()}


def short(value: str | None) -> str:
    """A value as messages show it."""
    if value is None:
        return "(none)"
    return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
