"""`asyncscrape audio`: a line of JSON for each file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.audio_files import beats, wav

from asyncscrape.errors import Exit

COMMAND = [sys.executable, "-m", "asyncscrape", "audio"]
WITHOUT_LIBRARY = """
import sys
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "miniaudio" else found(name, package)
import asyncscrape.extras
from asyncscrape.cli import program
program(prog_name="asyncscrape")
"""


def audio(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, check=False, timeout=120)


def test_without_its_library_it_says_what_to_install(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_LIBRARY, "audio", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert Exit.USAGE == ended.returncode
    assert "this command needs libraries that are not installed (miniaudio)" in ended.stderr
    assert ended.stderr.rstrip().endswith("pip install 'asyncscrape[audio]'")


def test_it_wants_a_file() -> None:
    assert Exit.USAGE == audio().returncode


def test_each_file_has_a_line_in_the_order_of_the_arguments(tmp_path: Path) -> None:
    pytest.importorskip("miniaudio")
    (tmp_path / "a.wav").write_bytes(wav(beats(120, 8)))
    (tmp_path / "b.mp3").write_bytes(b"<html>")
    ended = audio(tmp_path / "a.wav", tmp_path / "none.mp3", tmp_path / "b.mp3")
    assert (Exit.FAILURES, "") == (ended.returncode, ended.stderr)
    music, *bad = map(json.loads, ended.stdout.splitlines())
    assert str(tmp_path / "a.wav") == music["file"]
    assert music["tempo"] == pytest.approx(120, abs=0.05)
    assert ("A minor", "8A", 8.0) == (music["key"], music["camelot"], music["duration_seconds"])
    assert -40 < music["loudness_lufs"] < -5
    assert 0 < music["tempo_confidence"] <= 1
    assert [
        {"file": str(tmp_path / "none.mp3"), "error": "there is no such file"},
        {"file": str(tmp_path / "b.mp3"), "error": "it is HTML or XML, not audio"},
    ] == bad


def test_the_exit_code_tells_whether_every_file_could_be_measured(tmp_path: Path) -> None:
    pytest.importorskip("miniaudio")
    (tmp_path / "a.wav").write_bytes(wav(beats(120, 4)))
    assert Exit.FINISHED == audio(tmp_path / "a.wav").returncode
    (tmp_path / "round").symlink_to("round")
    ended = audio(tmp_path, tmp_path / "round")
    assert Exit.FAILURES == ended.returncode
    folder, link = (json.loads(line)["error"] for line in ended.stdout.splitlines())
    assert folder.startswith("it is a folder; name the files in it")
    assert "it is a link that leads back to itself" == link


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    pytest.importorskip("miniaudio")
    words = [*COMMAND, *[str(tmp_path / f"{number}.mp3") for number in range(300)]]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["error"]
        process.stdout.close()
        assert "" == process.stderr.read()
