"""A second generation that is killed again and again, wherever its job stores its records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from support.command import lines, run, until
from support.forked_command import start
from support.graph_config import Finished, Site, expected_harder, order
from support.killing import kill_at, moments
from support.table_reader import Look, Reader

FIRST = ("--set", 'scope.exclude=["/p/*7.html"]')
"""The pages that the first generation leaves out …"""
SECOND = ("--set", 'scope.exclude=["/p/*3.html"]')
"""… and those that the second does: so rows are new, and rows are gone."""
LATE = (0.05, 0.2, 0.4, 0.6, 0.8)
"""Seconds after the start at which a run is killed that has only tables to make and to put in place."""


@dataclass(frozen=True)
class Stores:
    """Stores under test."""

    write_job: Callable[[Path], Path]
    """Write the config of the job in a new folder."""
    read: Callable[[Path], Mapping[str, Finished]]
    """The tables of the job in a folder, by store."""
    looks: Callable[[Path], Mapping[str, Look]]
    """Everything that a reader polls."""


def check(tmp_path: Path, site: Site, stores: Stores, kills: int, seed: int) -> None:
    """Kill a generation at many moments: it ends like an undisturbed one, and readers see only whole generations."""
    whole = stores.write_job(tmp_path / "whole")
    assert 0 == run("run", whole, "--quiet", *FIRST).code
    first, begin = stores.read(whole.parent), lines(site.log_file)
    assert 0 == run("run", whole, "--quiet", "--again", *SECOND).code
    second, total = stores.read(whole.parent), lines(site.log_file) - begin
    assert all(first[name].tables["page"] != second[name].tables["page"] for name in first)
    check_harder(second)
    config = stores.write_job(tmp_path / "killed")
    assert 0 == run("run", config, "--quiet", *FIRST).code
    reader = Reader(stores.looks(config.parent))
    old = reader.now()
    with reader.reading():
        # The last tenth is left to the kills at the end: until then, the tables are those of before.
        kill_in_the_crawl(config, site, moments(kills, total * 9 // 10, seed), lambda: reader.now() == old)
        kill_at_the_end(config)
        ended = run("run", config, "--quiet", "--json", *SECOND)
    assert (0, 2, False) == (ended.code, ended.summary["generation"], ended.summary["beside"])
    assert second == stores.read(config.parent)
    new = reader.now()
    assert reader.looked > kills
    for name, seen in reader.seen.items():
        assert seen <= {old[name], new[name]}, f"a reader saw half a generation of {name}"


def check_harder(stored: Mapping[str, Finished]) -> None:
    """Rows of several pages are whole, and rows that were withdrawn are gone."""
    pages = stored["jsonl"].columns("page", "number")
    for table, rows in expected_harder({row["number"] for row in pages}).items():
        found = [
            {name: value for name, value in row.items() if name != "_url" and value is not None}
            for row in stored["jsonl"].tables[table]
        ]
        assert rows == sorted(found, key=order)


def kill_in_the_crawl(config: Path, site: Site, after: list[int], untouched: Callable[[], bool]) -> None:
    """Begin a generation, and kill its runs after so many requests each; tables stay untouched."""
    begin = lines(site.log_file)
    for number, moment in enumerate(after):
        flags = (*SECOND, "--again") if number == 0 else SECOND
        kill_at(config, site, max(begin + moment, lines(site.log_file) + 1), *flags)
        assert untouched()


def kill_at_the_end(config: Path) -> None:
    """Kill runs after a while, whatever they are at: making tables, or putting them in place."""
    for seconds in LATE:
        with start("run", config, "--quiet", *SECOND) as process:
            over = monotonic() + seconds
            until(lambda over=over: monotonic() > over, process)  # type: ignore[misc]
            process.kill()
            process.communicate()
