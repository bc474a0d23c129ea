"""The changes between two generations of a table."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.storage_journal import SEEN, lines

from asyncscrape.facts import Changes
from asyncscrape.model import Column, Table
from asyncscrape.storage.files.compare import compare, differs_in_meaning
from asyncscrape.storage.files.parts import Part

COLUMNS = (Column("k", "int"), Column("price", "decimal"), Column("note"))
KEYED = Table("t", ("k",), COLUMNS)
ORIGIN = {"_url": "http://127.0.0.1/", "_fetched_at": SEEN}
LATER = {"_url": "http://127.0.0.1/moved", "_fetched_at": "2026-11-21T10:00:00.000Z"}

Parts = Sequence[Sequence[dict[str, Any]]]


def changes(table: Table, before: Parts, after: Parts) -> Changes:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for folder, parts in (("before", before), ("after", after)):
            (place / folder).mkdir()
            for seq, records in enumerate(parts, 1):
                (place / folder / Part(seq, seq).name).write_bytes(lines(records))
        (place / "scratch").mkdir()
        return compare(table, place / "before", place / "after", place / "scratch")


def record(k: int, origin: dict[str, str] = ORIGIN, **values: Any) -> dict[str, Any]:
    return {"k": k, **values, **origin}


contents = st.dictionaries(st.integers(-3, 12), st.sampled_from(["x", "y"]), max_size=9)


@settings(deadline=None, max_examples=30)
@given(contents, contents)
def test_each_key_is_new_or_gone_or_changed_or_the_same(old: dict[int, str], new: dict[int, str]) -> None:
    both = old.keys() & new.keys()
    expected = Changes(len(new) - len(both), len(old) - len(both), sum(old[k] != new[k] for k in both))
    before = [record(k, note=note) for k, note in old.items()]
    after = [record(k, LATER, note=note) for k, note in new.items()]
    assert expected == changes(KEYED, [before[:3], before[3:]], [after])


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ({}, {}),
        ({"note": "x", "price": "1.5"}, {"price": "1.50", "note": "x"}),
        ({"note": None}, {}),
        ({"more": [1, None]}, {"more": [1, None]}),
    ],
    ids=str,
)
def test_where_when_and_how_a_record_was_written_does_not_count(was: Any, is_now: Any) -> None:
    assert Changes() == changes(KEYED, [[record(1, **was)]], [[record(1, LATER, **is_now)]])


@pytest.mark.parametrize(
    ("was", "is_now"), [({"note": "x"}, {}), ({}, {"more": 1}), ({"price": "a"}, {"price": "b"})]
)
def test_everything_else_counts(was: Any, is_now: Any) -> None:
    assert Changes(changed=1) == changes(KEYED, [[record(1, **was)]], [[record(1, LATER, **is_now)]])


def test_a_withdrawn_key_is_gone() -> None:
    gone = {"k": 1, "_withdrawn": True}
    assert Changes(gone=1) == changes(KEYED, [[record(1), record(2)]], [[record(1), record(2)], [gone | LATER]])


def test_a_merged_row_is_compared_as_a_whole() -> None:
    merged = msgspec.structs.replace(KEYED, merge=True)
    before = [[record(1, price="1.5"), record(1, LATER, note="x")]]
    assert Changes() == changes(merged, before, [[record(1, price="1.5", note="x")]])


def test_without_a_key_a_changed_row_is_a_new_one() -> None:
    without = msgspec.structs.replace(KEYED, key=())
    before = [[record(1), record(1), record(2, note="x")]]
    assert Changes(new=1, gone=1) == changes(without, before, [[record(1, LATER), record(2, LATER, note="y")]])


def test_another_key_or_type_makes_another_table_and_another_column_does_not() -> None:
    replace = msgspec.structs.replace
    assert differs_in_meaning(KEYED, replace(KEYED, key=("note",)))
    assert differs_in_meaning(KEYED, replace(KEYED, columns=(Column("k", "str"),)))
    assert not differs_in_meaning(KEYED, replace(KEYED, columns=(*COLUMNS, Column("more"))))
