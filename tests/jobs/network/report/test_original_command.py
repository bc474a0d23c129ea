"""The command `report` on the original's three files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse import csc_matrix, load_npz, save_npz
from support.crypto_jobs import Replica
from support.network_jobs import NetworkJob, write_job

SIZE = 60
HEADERS = {"seeds.csv": "names,links,followers", "remaining_seeds.csv": "names,links,followers,emerge_date"}


def original(folder: Path) -> NetworkJob:
    """A job whose report draws the original's map: it needs neither accounts nor a run."""
    job = write_job(folder, Replica(1), network={"original": "sparse_matrix.npz"})
    chance = np.random.default_rng(3)
    save_npz(folder / "sparse_matrix.npz", csc_matrix((chance.random((SIZE, SIZE)) < 0.4) * 3))
    (folder / "seeds.csv").write_text(f"{HEADERS['seeds.csv']}\nfirst,u0,5\n", encoding="utf-8")
    rows = "".join(f"夜 {n} <b>,u{n},{n},{2010 + n % 12}-01-01 00:00:00\n" for n in range(SIZE))
    (folder / "remaining_seeds.csv").write_text(f"{HEADERS['remaining_seeds.csv']}\n{rows}", encoding="utf-8")
    return job


def test_the_map_of_2021_is_drawn_again(tmp_path: Path) -> None:
    job = original(tmp_path)
    ended = job.run(command="report", TEST_REPORT="1")
    assert 0 == ended.code, ended.err
    folder = job.directory / "report"
    expected = load_npz(tmp_path / "sparse_matrix.npz").toarray()
    assert np.array_equal(expected, load_npz(folder / "interactions.npz").toarray())
    assert "夜 7 <b>" in (folder / "rows.csv").read_text(encoding="utf-8")
    page = (folder / "map.html").read_text(encoding="utf-8")
    assert "the original project" in page
    assert (folder / "map.png").stat().st_size > 1000


def test_what_is_missing_is_said_in_plain_words(tmp_path: Path) -> None:
    job = original(tmp_path)
    (tmp_path / "seeds.csv").unlink()
    ended = job.run(command="report", TEST_REPORT="1")
    assert 2 == ended.code
    assert "has 1 CSV files; put the original's two beside its matrix" in " ".join((ended.out + ended.err).split())
    (tmp_path / "sparse_matrix.npz").unlink()  # told of first, while the list is missing, too
    ended = job.run(command="report", TEST_REPORT="1")
    assert 2 == ended.code
    said = " ".join((ended.out + ended.err).split())
    assert "there is no file" in said
    assert "sparse_matrix.npz, which [network] original names; put the original's" in said
    assert "Traceback" not in ended.out + ended.err
