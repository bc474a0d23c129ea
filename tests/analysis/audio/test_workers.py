"""Many files at once: in their order, and a process that ends takes one file along, not the others."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from support.audio_files import beats, silent_flac, wav

pytest.importorskip("miniaudio")

from asyncscrape.analysis.audio.build import measure_files
from asyncscrape.analysis.audio.measured import AudioProblem, Features, Measured
from asyncscrape.analysis.audio.workers import Workers


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audio") / "música \udcff.wav"  # a name that is no text
    path.write_bytes(wav(beats(120, 5, 22_050), 22_050))
    return path


def duration(found: Measured) -> float | str:
    return found.duration_seconds if isinstance(found, Features) else found.why


def test_files_come_back_in_their_order(music: Path, tmp_path: Path) -> None:
    paths = [music, tmp_path / "none.wav", music, tmp_path, music]
    found = [*measure_files(paths, count=2)]
    assert paths == [path for path, _ in found]
    length, none, again, folder, last = (duration(each) for _, each in found)
    assert (5.0, "there is no such file", 5.0, 5.0) == (length, none, again, last)
    assert str(folder).startswith("it is a folder")


def test_a_process_that_is_killed_costs_no_other_file(music: Path) -> None:
    with Workers(1) as workers:
        assert 5.0 == duration(workers.measure(music))
        (process,) = workers.idle
        os.kill(process.pid, signal.SIGKILL)
        assert 5.0 == duration(workers.measure(music))


def test_a_file_that_takes_too_long_has_that_as_its_reason(music: Path, tmp_path: Path) -> None:
    (tmp_path / "long.flac").write_bytes(silent_flac(600))
    with Workers(1, seconds=0.3) as hurried:
        found = hurried.measure(tmp_path / "long.flac")
    assert found in (
        AudioProblem("it takes more than 300ms of processor time"),
        AudioProblem("it takes longer than 900ms", passing=True),  # where the machine is busy with others
    )


def test_no_process_is_left_when_nobody_takes_more(music: Path) -> None:
    before = children()
    files = measure_files([music] * 20, count=2)
    assert 5.0 == duration(next(files)[1])
    assert children() > before
    files.close()
    assert before == children()


def children() -> set[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(child) for told in tasks for child in told.read_text().split()}
