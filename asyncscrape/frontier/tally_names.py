"""Totals under the names by which frontiers store them, and the changes of a transaction. Pure.

"page.done", "blob.pending", "page.merged", "record.item", "requests", "use.rule 1", "skipped.scope",
"browser.seconds", "opening.helped./item/* → item". Only this module makes and reads these names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from asyncscrape.frontier.states import COUNTED, Stage
from asyncscrape.model import ANSWERS, FoundFlaw, Kind, State
from asyncscrape.openings import BrowserTotals, Opening
from asyncscrape.stats import Spent, Totals

_NAMES: Mapping[str, Mapping[Stage, str]] = {
    kind: {stage: f"{kind}.{state}" for stage, state in COUNTED.items()} for kind in Kind
}
_PAGES = _NAMES[Kind.PAGE]
TAKEN_PAGES = tuple(_PAGES[stage] for stage in (Stage.LEASED, Stage.DONE, Stage.FAILED))
"""The names of pages that count towards a limit of the whole job."""
_READ = {f"{kind}.{state}": (kind, state) for kind in Kind for state in State}
_MERGED = {kind: f"{kind}.merged" for kind in Kind}
_RECORD, _REPLACED, _USE, _SKIPPED = "record.", "replaced.", "use.", "skipped."
_PAGES_OPENED, _SECONDS, _BY_HTTP, _OPENING = "browser.pages", "browser.seconds", "browser.by_http", "opening."
_SPENT = Spent.__struct_fields__


def totals_of(tallies: Mapping[str, float], flaws: Sequence[FoundFlaw] = ()) -> Totals:
    """The totals from their stored names."""
    requests: dict[Kind, dict[State, int]] = {}
    named: dict[str, dict[str, int]] = {_RECORD: {}, _REPLACED: {}, _USE: {}, _SKIPPED: {}}
    for name, n in tallies.items():
        if (key := _READ.get(name)) is not None:
            if n:
                requests.setdefault(key[0], {})[key[1]] = int(n)
            continue
        sort, dot, rest = name.partition(".")
        if (known := named.get(sort + dot)) is not None:
            known[rest] = int(n)
    return Totals(
        requests,
        int(tallies.get(_MERGED[Kind.PAGE], 0)),
        named[_RECORD],
        Spent(*[int(tallies.get(name, 0)) for name in _SPENT]),
        named[_REPLACED],
        flaws,
        {name: n for name, n in named[_USE].items() if n},
        {reason: n for reason, n in named[_SKIPPED].items() if n},
        browser=browser_totals(tallies),
    )


def browser_totals(tallies: Mapping[str, float]) -> BrowserTotals | None:
    """What the browser has done; None if there was nothing for it."""
    pages, by_http = int(tallies.get(_PAGES_OPENED, 0)), int(tallies.get(_BY_HTTP, 0))
    if not pages and not by_http:
        return None
    rules: dict[str, dict[str, int]] = {}
    for name, n in tallies.items():
        if name.startswith(_OPENING):
            brought, _, rule = name.removeprefix(_OPENING).partition(".")
            rules.setdefault(rule, {})[brought] = int(n)
    return BrowserTotals(pages, round(tallies.get(_SECONDS, 0.0), 3), by_http, rules)


def _names(kind: str) -> Mapping[Stage, str]:
    """The names under which a kind is counted; a job's own kinds count as pages."""
    return _NAMES.get(kind, _PAGES)


class Counting:
    """The totals as they are stored, and the changes of the current transaction."""

    def __init__(self, stored: Mapping[str, float]) -> None:
        self.stored = dict(stored)
        self.changes: Counter[str] = Counter()

    def came(self, kind: str, stage: Stage, n: int = 1) -> None:
        """Count new requests at a stage."""
        self.changes[_names(kind)[stage]] += n

    def moved(self, kind: str, before: Stage, after: Stage, n: int = 1) -> None:
        """Count requests that went from one stage to another."""
        names = _names(kind)
        self.changes[names[before]] -= n
        self.changes[names[after]] += n

    def moved_all(self, kinds: Sequence[str], before: Stage, after: Stage) -> None:
        """Count requests of these kinds that went from one stage to another."""
        for kind in set(kinds):
            self.moved(kind, before, after, kinds.count(kind))

    def merged(self, kind: str) -> None:
        """Count a request that was redirected to a known one."""
        self.changes[_MERGED[Kind.counted(kind)]] += 1

    def recorded(self, table: str, n: int) -> None:
        """Count records of a table that were written to the journal. Kept answers are none."""
        if table != ANSWERS:
            self.changes[_RECORD + table] += n

    def finished(self, rows: Mapping[str, int]) -> None:
        """Replace the counts of records by the rows of the finished tables; the rest was replaced.

        A table may hold more rows than this job has written; they do not count.
        """
        for table, n in rows.items():
            name = _RECORD + table
            known, replaced = (self._so_far(name) for name in (name, _REPLACED + table))
            more = min(n, known + replaced) - known
            self.changes[name] += more
            self.changes[_REPLACED + table] -= more

    def used(self, names: Sequence[str]) -> None:
        """Count a page by what was used on it."""
        for name in names:
            self.changes[_USE + name] += 1

    def opened(self, opening: Opening) -> None:
        """Count a page that a browser has opened, or could have."""
        if opening.opened:
            self.changes[_PAGES_OPENED] += 1
            self.changes[_SECONDS] += opening.seconds  # type: ignore[assignment]  # the column is a real number
        else:
            self.changes[_BY_HTTP] += 1
        for told in opening.rules:
            self.changes[f"{_OPENING}{told.brought}.{told.rule}"] += 1

    def set_uses(self, uses: Mapping[str, int]) -> None:
        """Replace the counts of what was used: the rules have other numbers now."""
        for name in totals_of(self.stored).uses.keys() | uses.keys():
            self.changes[_USE + name] += uses.get(name, 0) - self._so_far(_USE + name)

    def skipped(self, reason: str, n: int = 1) -> None:
        """Count URLs that were found and not fetched."""
        self.changes[_SKIPPED + reason] += n

    def skipped_for(self, reason: str) -> int:
        """The number of URLs that were found and not fetched for this reason, up to this moment."""
        return self._so_far(_SKIPPED + reason)

    def _so_far(self, name: str) -> int:
        return int(self.stored.get(name, 0)) + self.changes[name]

    def spent(self, more: Spent) -> None:
        """Add the cost of requests."""
        for name in _SPENT:
            if n := getattr(more, name):
                self.changes[name] += n
