"""`asyncscrape sentiment`: a comment a line in, a JSON line out, whatever comes in."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.command import environment
from support.forked_command import run

from asyncscrape.commands.comment_lines import LONGEST_LINE, comment_lines, in_utf_8

COMMAND = [sys.executable, "-m", "asyncscrape", "sentiment", "-"]


def judged(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def piped(data: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(COMMAND, input=data, capture_output=True, env=environment(), check=False, timeout=60)


def test_every_line_of_a_file_is_judged_in_order(tmp_path: Path) -> None:
    file = tmp_path / "comments.txt"
    file.write_text("this slaps\n\nID?\r\nboring", encoding="utf-8")
    ended = run("sentiment", file)
    assert (0, "") == (ended.code, ended.err)
    lines = judged(ended.out)
    assert ["positive", "noise", "neutral", "negative"] == [line["label"] for line in lines]
    assert {"label", "probability", "sure", "language", "probabilities"} == set(lines[0])
    assert {"positive", "neutral", "negative", "noise"} == set(lines[0]["probabilities"])


def test_any_bytes_are_judged() -> None:
    ended = piped(
        b"\xef\xbb\xbfthis slaps\n\xff\xfe\x00\n" + "großartig".encode("latin-1") + b"\n\xe6\x9c\x80\xe9\xab"
    )
    assert (0, b"") == (ended.returncode, ended.stderr)
    lines = judged(ended.stdout.decode())
    assert 4 == len(lines)
    assert "positive" == lines[0]["label"]


def test_slow_input_is_answered_line_by_line() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for comment, label in ((b"this slaps\n", "positive"), (b"ID?\n", "neutral")):
            process.stdin.write(comment)
            process.stdin.flush()
            assert label == json.loads(process.stdout.readline())["label"]
        process.stdin.close()
        assert 0 == process.wait(30)


def test_a_reader_that_leaves_early_is_no_error() -> None:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"this slaps\n")
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(b"boring\n" * 5_000)
        process.stdin.close()
        assert b"" == process.stderr.read()
        assert 0 == process.wait(30)


@pytest.mark.parametrize(
    ("name", "why"),
    [("missing.txt", "there is no such file"), (".", "it is a folder"), ("round", "it is a link that leads back")],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "round").symlink_to("round")
    ended = run("sentiment", tmp_path / name)
    assert (2, "") == (ended.code, ended.out)
    assert 1 == len(ended.err.splitlines())
    assert f"{tmp_path / name} cannot be read: {why}" in ended.err
    assert "name a text file with a comment a line, or -" in ended.err


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark_is_read(tmp_path: Path, encoding: str) -> None:
    text = "this slaps\r\nboring\r\n\u4e0a\u0a0a \U0001f525\r\n"
    (tmp_path / "plain.txt").write_bytes(text.encode())
    (tmp_path / "wide.txt").write_bytes(f"\ufeff{text}".encode(encoding))
    plain, wide = (run("sentiment", tmp_path / name) for name in ("plain.txt", "wide.txt"))
    assert (0, "", 3) == (wide.code, wide.err, len(wide.out.splitlines()))
    assert plain.out == wide.out


def test_utf_16_in_single_bytes_is_put_together() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        whole = "\ufeffone\ntw\U0001f525".encode(encoding)
        for size in (1, 2, 3, 7):
            chunks = [whole[start : start + size] for start in range(0, len(whole), size)]
            assert "one\ntw\U0001f525" == b"".join(in_utf_8(chunks)).decode()
        assert "one\n\ufffd" == b"".join(in_utf_8([whole[:11]])).decode()
    for other in ([], [b"\xff"], [b"\xfe", b"x"], [b"on", b"e"]):
        assert b"".join(other) == b"".join(in_utf_8(other))


def test_a_line_without_an_end_takes_little_memory() -> None:
    """A hundred megabytes of one line, in a process that may not have them."""
    limit = 1_500 * 2**20
    script = "head -c 100000000 /dev/zero | tr '\\0' 'a' | " + " ".join(COMMAND)
    ended = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        env=environment(OPENBLAS_NUM_THREADS="1"),
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert (0, b"") == (ended.returncode, ended.stderr)
    assert 1 == len(ended.stdout.splitlines())


def test_lines_are_put_together_from_chunks_and_cut_when_they_are_too_long() -> None:
    long = b"a" * (LONGEST_LINE - 1)
    chunks = [b"one\ntw", b"o", b"\n\nthr", b"ee\n", long, b"bcd", b"e\nend"]
    found = [line for lines in comment_lines(chunks) for line in lines]
    assert ["one", "two", "", "three", long.decode() + "b", "end"] == found


def test_lines_that_have_ended_do_not_wait_for_more() -> None:
    stream = comment_lines(iter([b"one\ntwo\nthr", b"ee\n"]))
    assert ["one", "two"] == next(stream)
