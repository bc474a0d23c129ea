"""The original's three files: read as they are, and what does not fit is told."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csc_matrix, save_npz

from asyncscrape.errors import UsageError
from asyncscrape.jobs.network.report.cartography import account_map, generations
from asyncscrape.jobs.network.report.original import original

SEEDS = "names,links,followers\n夜 🎛️,kggn,12\n#1 <b>,axxturel,\n"
REMAINING = (
    "emerge_date,followers,links,names\n"
    "2014-03-01 10:11:12.5,7,https://soundcloud.com/axxturel/,Two\n"
    ",1204.0,third,\n"
    "2021,x,,No link\n"
)


def put(folder: Path, matrix: object, seeds: str = SEEDS, remaining: str = REMAINING) -> tuple[Path, Path, Path]:
    save_npz(folder / "sparse_matrix.npz", matrix)
    (folder / "seeds.csv").write_bytes(b"\xef\xbb\xbf" + seeds.replace("\n", "\r\n").encode())
    (folder / "remaining_seeds.csv").write_text(remaining, encoding="utf-8")
    return folder / "sparse_matrix.npz", folder / "seeds.csv", folder / "remaining_seeds.csv"


@pytest.mark.parametrize("form", [csc_matrix, coo_matrix])
def test_rows_are_the_file_with_as_many_accounts_and_columns_the_other(tmp_path: Path, form: type) -> None:
    matrix, one, other = put(tmp_path, form([[0, 4], [5, 0], [0, 3]]))
    for files in ((one, other), (other, one)):
        found = original(matrix, *files)
        made = found.made
        assert [[0, 4], [5, 0], [0, 3]] == made.interactions.toarray().tolist()
        assert ["axxturel", "third", None] == made.rows["permalink"].to_list()
        assert ["Two", None, "No link"] == made.rows["name"].to_list()
        assert [7, 1204, None] == made.rows["followers"].to_list()
        assert [1, -1, 5] == generations(made.rows["emerge_date"]).tolist()
        assert ["夜 🎛️", "#1 <b>"] == made.columns["name"].to_list()
        assert [1, -1, -1] == made.own_columns().tolist()
        assert [
            "accounts without a link (1): account 3 (No link)",
            "numbers of followers that cannot be read (1): account 3 (No link): 'x'",
        ] == [problem.partition(": ")[2] for problem in found.problems]


def test_a_square_matrix_has_the_same_accounts_twice(tmp_path: Path) -> None:
    made = original(*put(tmp_path, csc_matrix([[0, 4, 0], [5, 0, 1], [0, 3, 0]]))).made
    assert [0, 1, 2] == made.own_columns().tolist()
    assert ["axxturel", "third", None] == made.columns["permalink"].to_list()


@pytest.mark.parametrize("met", [60, 70])
def test_the_map_can_be_drawn_again_with_ties_if_columns_have_names(tmp_path: Path, met: int) -> None:
    chance = np.random.default_rng(2)
    matrix = csc_matrix((chance.random((60, met)) < 0.4) * 3)
    lines = [f"user {n},u{n},{n},{2010 + n % 12}-01-01" for n in range(60)]
    drawn = account_map(
        original(*put(tmp_path, matrix, remaining="\n".join(["names,links,followers,emerge_date", *lines]))).made
    )
    assert [f"u{n}" for n in range(60)] == drawn.permalinks
    assert (met == 60) == bool((drawn.ties >= 0).any())
    assert set(range(6)) == set(drawn.generation.tolist())


def test_columns_without_a_file_have_no_names(tmp_path: Path) -> None:
    made = original(*put(tmp_path, csc_matrix(np.ones((2, 9))))).made
    assert [None] * 9 == made.columns["permalink"].to_list()
    assert [-1, -1] == made.own_columns().tolist()


def test_entries_that_are_no_sums_count_as_nothing(tmp_path: Path) -> None:
    found = original(*put(tmp_path, csc_matrix([[np.nan, 4.0], [-5, np.inf]])))
    assert [[0, 4], [0, 0]] == found.made.interactions.toarray().tolist()
    assert "3 entries are negative or no numbers" in found.problems[0]


def test_many_lines_with_one_fault_are_counted_and_few_of_them_named(tmp_path: Path) -> None:
    lines = "".join(f"User {n},,\n" for n in range(1, 41))
    found = original(*put(tmp_path, csc_matrix(np.ones((40, 2))), remaining=f"names,links,followers\n{lines}"))
    [problem] = found.problems
    assert problem.endswith(
        ": accounts without a link (40): account 1 (User 1); account 2 (User 2); account 3 (User 3) and 37 more"
    )


def test_an_account_that_is_listed_twice_is_one_node_and_another(tmp_path: Path) -> None:
    lines = "names,links\nA,axxturel\nB,axxturel\nC,kggn\n"
    made = original(*put(tmp_path, csc_matrix([[0, 9], [9, 0], [9, 9]]), remaining=lines)).made
    assert 3 == made.rows["id"].n_unique()
    assert [1, -1, 0] == made.own_columns().tolist()
    square = original(*put(tmp_path, csc_matrix(np.eye(3)), remaining=lines))
    assert [0, 1, 2] == square.made.own_columns().tolist()
    assert "listed before, to which no ties lead (1): account 2 (B)" in square.problems[0]


class Pickled:
    """What runs a program when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


def archive(path: Path, **arrays: object) -> None:
    """A file as scipy saves it, with other arrays in place of its own."""
    whole = csc_matrix(np.ones((3, 2)))
    own = {"indices": whole.indices, "indptr": whole.indptr, "data": whole.data, "shape": [3, 2], "format": b"csc"}
    np.savez(path, **{name: np.array(value) for name, value in {**own, **arrays}.items()})


def claimed(path: Path) -> None:
    """A small file that claims to unpack to four gigabytes."""
    archive(path)
    with ZipFile(path, "a") as file:
        file.writestr("more", b"")
        file.infolist()[0].file_size = 2**32 - 2


BAD = {
    "nothing": (lambda path: path.write_bytes(b""), "not a zip"),
    "half": (lambda path: (archive(path), path.write_bytes(path.read_bytes()[:300])), "not a zip"),
    "dense": (lambda path: np.savez(path, np.ones((3, 2))), "does not contain a sparse"),
    "objects": (lambda path: archive(path, data=np.array([Pickled(path.with_name("ran"))])), "Object arrays cannot"),
    "bomb": (claimed, "it unpacks to 4,294,9"),
    "claims": (lambda path: archive(path, shape=[2**40, 2]), r"its shape is \(1099511627776, 2\)"),
    "outside": (lambda path: archive(path, indices=np.arange(6) + 100), "indices must be < 3"),
    "before": (lambda path: archive(path, indices=np.arange(6) - 100), "indices must be >= 0"),
    "pointers": (lambda path: archive(path, indptr=[0, 10**9, 6]), "indptr must be"),
    "texts": (lambda path: archive(path, data=["a"] * 6), "of the type <U1"),
    "complex": (lambda path: archive(path, data=np.ones(6) * 1j), "of the type complex128"),
    "form": (lambda path: archive(path, format=5), "no attribute"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_such_matrix_is_refused_in_plain_words(tmp_path: Path, name: str) -> None:
    matrix, one, other = put(tmp_path, csc_matrix(np.ones((3, 2))))
    make, why = BAD[name]
    make(matrix)
    with pytest.raises(
        UsageError, match=rf"is no sparse matrix that scipy has saved \(.*{why}.*; take the original's"
    ):
        original(matrix, one, other)
    assert not (tmp_path / "ran").exists()


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    matrix, one, other = put(tmp_path, csc_matrix(np.ones((4, 2))))
    with pytest.raises(UsageError, match=r"has 4 rows, but seeds.csv has 2 and remaining_seeds.csv has 3 accounts"):
        original(matrix, one, other)
    for shape in ((0, 2), (3, 0)):
        with pytest.raises(UsageError, match="has no rows or no columns"):
            original(*put(tmp_path, csc_matrix(shape)))
    put(tmp_path, csc_matrix(np.ones((3, 2))))
    other.write_bytes(b"names,links\n\xff,a\n")
    with pytest.raises(UsageError, match="is not UTF-8"):
        original(matrix, one, other)
    other.write_text("names,permalinks\n")
    with pytest.raises(UsageError, match='no column "links"'):
        original(matrix, one, other)
    with pytest.raises(UsageError, match="cannot be read"):
        original(matrix, one, tmp_path / "missing.csv")
