"""The benchmark for people who have the GiantSteps sets finds annotations and audio wherever the sets keep them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.audio_files import beats, wav

from asyncscrape.replica.media.previews import preview

ROOT = Path(__file__).parents[3]


def measured(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks/giantsteps.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_it_measures_made_pieces_in_the_folders_of_both_sets(tmp_path: Path) -> None:
    pytest.importorskip("miniaudio")
    files = {
        "tempo/audio/1.LOFI.mp3": preview("1", 140, 9, is_minor=True),
        "tempo/annotations/tempo/1.LOFI.bpm": b"70.0\n",
        "tempo/annotations_v2/tempo/1.LOFI.bpm": b"140.0\n",
        "tempo/audio/2.LOFI.mp3": b"<html>",
        "tempo/annotations/tempo/2.LOFI.bpm": b"120",
        "key/audio/3.LOFI.wav": wav(beats(120, 8)),
        "key/audio/3.LOFI.key": b"A minor\n",
        "key/audio/4.LOFI.wav": wav(beats(120, 8)),
        "key/annotations/key/4.LOFI.key": b"C major",
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    ended = measured(tmp_path)
    assert 0 == ended.returncode, ended.stderr
    assert "2.LOFI.mp3: it is HTML or XML, not audio" in ended.stderr
    first, *goals = ended.stdout.splitlines()
    assert first.startswith("2 tempos and 2 keys")
    assert ["0.5000", "0.5000"] == [line.rsplit(">=")[0].split()[-1] for line in goals[:2]]
    assert ["0.6500", "0.5000"] == [line.rsplit(">=")[0].split()[-1] for line in goals[3:]]


def test_it_says_when_there_is_nothing_to_compare(tmp_path: Path) -> None:
    assert 2 == measured(tmp_path).returncode
    assert 2 == measured(tmp_path / "none").returncode
