"""Withdrawals by other columns than the key, in files: values that are equal, runs on the disk, and generations."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.storage_journal import lines
from support.sweeping import COMMENT, TRACK, at, gone

from asyncscrape.facts import Changes
from asyncscrape.model import Column, FieldType, Table
from asyncscrape.storage.files.compare import compare
from asyncscrape.storage.files.external_sort import BUDGET, sort_parts
from asyncscrape.storage.files.parts import Part
from asyncscrape.storage.files.row_lines import row_lines


def ids(table: Table, *parts: Sequence[dict[str, Any]], budget: int = BUDGET) -> list[int]:
    """The keys of the rows, whose parts are sorted twice: first the early ones, then their result and the last."""
    with tempfile.TemporaryDirectory() as name:
        early, late, scratch = Path(name, "early"), Path(name, "late"), Path(name, "scratch")
        scratch.mkdir()
        sources = [Path(name, str(number)) for number in range(len(parts))]
        for source, records in zip(sources, parts, strict=True):
            source.write_bytes(lines(records))
        for out, some in ((early, sources[:-1]), (late, [early, sources[-1]])):
            with out.open("wb") as file:
                sort_parts(table, some, file, scratch, budget)
        rows = row_lines(table, late, Path(name, "rows")).read_bytes().splitlines()
    return [msgspec.json.decode(row)["id"] for row in rows]


@pytest.mark.parametrize("table", [TRACK, COMMENT])
@pytest.mark.parametrize("budget", [1, BUDGET])
def test_a_sweep_acts_on_every_run_and_on_what_comes_later(table: Table, budget: int) -> None:
    blocks = [[at(1, id=n, artist_id=n % 3) for n in range(start, start + 20)] for start in (0, 20, 40)]
    sweeps = [gone(3, artist_id=1), gone(2, artist_id=1), gone(2, artist_id=9)]
    late = [at(2, id=100, artist_id=1), at(4, id=101, artist_id=1), at(1, id=102, artist_id=9), at(1, id=103)]
    expected = [n for n in range(60) if n % 3 != 1] + [101, 103]
    assert expected == ids(table, blocks[0], sweeps, *blocks[1:], late, budget=budget)


def test_a_record_without_the_column_goes_along_with_its_row() -> None:
    track, looked_up = at(1, id=1, artist_id=7, title="a"), at(2, id=1, bpm=128)
    sweep, newer = gone(3, artist_id=7), at(4, id=1, bpm=130)
    assert [] == ids(TRACK, [track, looked_up], [sweep])
    assert [] == ids(TRACK, [looked_up], [sweep], [track])
    assert [1] == ids(TRACK, [newer, looked_up], [sweep], [track])


@pytest.mark.parametrize("table", [TRACK, COMMENT])
def test_a_row_that_went_to_another_artist_stays(table: Table) -> None:
    parts = [[at(1, id=1, artist_id=7)], [gone(3, artist_id=7)], [at(2, id=1, artist_id=8)]]
    assert [1] == ids(table, *parts)
    assert [1] == ids(table, *reversed(parts))


@pytest.mark.parametrize(
    ("kind", "value", "same", "other"),
    [
        ("int", 4711, 4711.0, "4711"),
        ("decimal", "1.50", 1.5, "1.51"),
        ("bool", True, True, 1),
        ("str", "é", "\u00e9", "e"),
        ("json", {"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1}),
        ("int", 0, 0, None),
    ],
)
def test_values_are_compared_as_those_of_keys_are(kind: FieldType, value: Any, same: Any, other: Any) -> None:
    table = Table("t", ("id",), (Column("id", "int"), Column("x", kind)))
    assert [2] == ids(table, [at(1, id=1, x=value), at(1, id=2, x=other)], [gone(2, x=same)])


@pytest.mark.parametrize("nothing", [{"artist_id": None}, {}, {"artist_id": 7, "bpm": None}])
def test_a_sweep_that_names_no_value_reaches_no_row(nothing: dict[str, Any]) -> None:
    assert [1, 2] == ids(COMMENT, [at(1, id=1), at(1, id=2, artist_id=7)], [gone(2, **nothing)])


def test_a_part_of_the_key_may_be_swept_by() -> None:
    columns = (Column("id", "int"), Column("day", "date"), Column("plays", "int"))
    records = [at(1, id=n, day=f"2026-11-{day}", plays=1) for n in (1, 2) for day in (20, 21)]
    assert [2, 2] == ids(Table("day", ("id", "day"), columns, merge=True), records, [gone(2, id=1)])


def test_swept_rows_are_gone_between_generations() -> None:
    records = [at(1, id=n, artist_id=n % 2) for n in range(6)]
    with tempfile.TemporaryDirectory() as name:
        for folder, parts in (("before", [records]), ("after", [records, [gone(2, artist_id=1)]])):
            Path(name, folder).mkdir()
            for seq, some in enumerate(parts, 1):
                Path(name, folder, Part(seq, seq).name).write_bytes(lines(some))
        Path(name, "scratch").mkdir()
        found = compare(COMMENT, Path(name, "before"), Path(name, "after"), Path(name, "scratch"))
    assert Changes(gone=3) == found
