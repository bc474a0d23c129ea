"""The matrices: equal to a plain count, and in files whose bytes depend on the data alone."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import load_npz
from support.network_tables import KINDS, Did, account, network

from asyncscrape.analysis.report_files import write
from asyncscrape.jobs.network.config import Weights
from asyncscrape.jobs.network.report.matrices import Matrices, matrices, matrix_files
from asyncscrape.jobs.network.report.stored_network import StoredNetwork

WEIGHTS = Weights().by_kind

ids = st.integers(1, 9)
deeds = st.lists(
    st.tuples(ids, st.sampled_from([*KINDS, "plays"]), st.integers(1, 14), st.integers(-1, 500)),
    unique_by=lambda done: done[:3],
)
positions = st.dictionaries(ids, st.integers(0, 30) | st.none())
weights = st.fixed_dictionaries(dict.fromkeys(KINDS, st.sampled_from([0, 1, 3, 0.5])))


@settings(max_examples=60)
@given(positions, deeds, weights)
def test_matrices_are_a_plain_count(
    scraped: dict[int, int | None], done: list[Did], weights: dict[str, float]
) -> None:
    made = matrices(stored(scraped, done), weights)
    rows = sorted(
        (who for who, position in scraped.items() if position is not None), key=lambda who: (scraped[who], who)
    )
    counted = [(who, kind, target, n) for who, kind, target, n in done if who in rows and kind in KINDS and n > 0]
    columns = sorted({target for _, _, target, _ in counted} | set(rows))
    assert (rows, columns) == (made.rows["id"].to_list(), made.columns["id"].to_list())
    total = Counter[tuple[int, int]]()
    for kind in KINDS:
        here = {(rows.index(who), columns.index(target)): n for who, one, target, n in counted if one == kind}
        assert here == entries(made, kind)
        for place, n in here.items():
            total[place] += n * weights[kind]  # type: ignore[assignment]  # floats add up as well
    assert {place: weight for place, weight in total.items() if weight} == entries(made, "interactions")


@settings(max_examples=25)
@given(positions, deeds)
def test_the_order_of_stored_rows_changes_no_byte(scraped: dict[int, int | None], done: list[Did]) -> None:
    shuffled, other_way = sorted(done, key=repr), dict(reversed(scraped.items()))
    assert contents(matrices(stored(scraped, done), WEIGHTS)) == contents(
        matrices(stored(other_way, shuffled), WEIGHTS)
    )


def stored(scraped: dict[int, int | None], done: Sequence[Did]) -> StoredNetwork:
    accounts = [account(who, position=position) for who, position in scraped.items()]
    return network(accounts or [account(99)], done)


def entries(made: Matrices, name: str) -> dict[tuple[int, int], float]:
    """What is stored in a matrix, which must be in canonical form."""
    matrix = made.interactions if name == "interactions" else made.kinds[name]
    assert (made.rows.height, made.columns.height) == matrix.shape
    assert matrix.has_canonical_format
    assert (np.float64 if name == "interactions" else np.int32, np.int32) == (matrix.dtype, matrix.indices.dtype)
    found = matrix.tocoo()
    return dict(zip(zip(found.row.tolist(), found.col.tolist(), strict=True), found.data.tolist(), strict=True))


def contents(made: Matrices) -> dict[str, bytes]:
    found = {}
    for name, content in matrix_files(made):
        file = io.BytesIO()
        assert not isinstance(content, bytes)
        content(file)
        found[name] = file.getvalue()
    return found


def test_files_are_read_back_and_name_everybody(tmp_path: Path) -> None:
    hard = ['<b>"quoted"</b>', "two\nlines", "夜行,列車", None]
    accounts = [account(5 - n, position=n, name=name) for n, name in enumerate(hard, 1)]
    made = matrices(network(accounts, [(1, "likes", 77, 2), (1, "follows", 77, 1), (4, "reposts", 1, 1)]), WEIGHTS)
    written = write(tmp_path, matrix_files(made))
    assert ["interactions.npz", *(f"{kind}.npz" for kind in KINDS), "rows.csv", "columns.csv"] == [
        path.name for path in written
    ]
    read = load_npz(tmp_path / "interactions.npz")
    assert [[3, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 5]] == read.toarray().tolist()
    assert listed(tmp_path / "rows.csv") == [
        ["index", "id", "permalink", "name"],
        *([str(n), str(4 - n), f"u{4 - n}", name or ""] for n, name in enumerate(hard)),
    ]
    assert ["4", "77", "u77", ""] == listed(tmp_path / "columns.csv")[-1]


def listed(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_no_file_knows_when_it_was_written(tmp_path: Path) -> None:
    made = matrices(network([account(1, position=0)], [(1, "likes", 2, 1)]), WEIGHTS)
    write(tmp_path, matrix_files(made))
    with ZipFile(tmp_path / "likes.npz") as archive:
        assert {(1980, 1, 1, 0, 0, 0)} == {member.date_time for member in archive.infolist()}


def test_of_several_permalinks_the_stored_account_has_the_right_one() -> None:
    stored = network(
        [account(1, position=0), account(2, permalink="today")], [(1, "likes", 2, 1), (1, "likes", 3, 1)]
    )
    renamed = stored.interactions.with_columns(target_permalink=pl.lit("before"))
    both = pl.concat([stored.interactions, renamed.with_columns(kind=pl.lit("follows"))])
    columns = matrices(StoredNetwork(stored.accounts, both), WEIGHTS).columns
    assert ["u1", "today", "before"] == columns["permalink"].to_list()
