"""`try` tells of a page what a run would: that it says too much, takes too much, or that its parser is at fault."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from asyncscrape.cli import program
from asyncscrape.commands.try_apart import apart
from asyncscrape.parsers.errors import ParseError

PARSERS = """
import sys
from asyncscrape.model import Page, Record

def wordy(response):
    return Page([Record("word", {"text": "x" * 3_000_000})])

def leaving(response):
    sys.exit()

def greedy(response):
    return Page(uses=[str(len([bytearray(1_000_000) for _ in range(1_000)]))])

def strange(response):
    return Page([Record("word", {"text": object()})])
"""


@pytest.mark.parametrize(
    ("parser", "told"),
    [
        ("wordy", "the page cannot be read: its values are over 2.0 MB, more than 32 times its own size"),
        ("leaving", "SystemExit"),
        ("greedy", "the page cannot be read: its parser took more than 100 MB of memory"),
        ("strange", "unsupported"),
    ],
)
def test_a_page_that_fails_in_a_run_fails_in_try(tmp_path: Path, parser: str, told: str) -> None:
    (tmp_path / "limited_pages.py").write_text(PARSERS)
    (tmp_path / "saved.html").write_text("<p>")
    (tmp_path / "words.toml").write_text(
        'name = "words"\nseeds = ["http://shop.test/"]\n[fetch]\nparse_memory = "100MB"\n'
        f'[[page]]\nmatch = "*"\ntable = "word"\nparser = "limited_pages:{parser}"\n'
    )
    words = ["try", str(tmp_path / "words.toml"), str(tmp_path / "saved.html"), "--as", "http://shop.test/"]
    ended = CliRunner().invoke(program, words, prog_name="asyncscrape")
    assert 3 == ended.exit_code, ended.output
    assert told in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize("place", ["scope", "rule"])
def test_a_url_that_keeps_a_pattern_busy_fails_in_try(tmp_path: Path, place: str) -> None:
    endless = "'re:^/(a|aa)+b$'"
    exclude, match = (endless, "'*'") if place == "scope" else ("", endless)
    (tmp_path / "saved.html").write_text("<h1>x</h1>")
    (tmp_path / "busy.toml").write_text(
        'name = "busy"\nseeds = ["http://shop.test/"]\n[fetch]\nparse_timeout = "1s"\n'
        f"[scope]\nexclude = [{exclude}]\n"
        f'[[page]]\nmatch = {match}\ntable = "t"\n[page.fields]\nx = "h1"\n'
    )
    url = "http://shop.test/" + "a" * 7_900
    words = ["try", str(tmp_path / "busy.toml"), str(tmp_path / "saved.html"), "--as", url]
    ended = CliRunner().invoke(program, words, prog_name="asyncscrape")
    assert 3 == ended.exit_code, ended.output
    assert "the page cannot be read: its parser ran for 1s" == ended.stderr.splitlines()[-1]


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def endless() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("work", "seconds", "told"),
    [
        (killed, 60.0, r"its parser crashed \(SIGKILL\)"),
        (lambda: os._exit(7), 60.0, r"its parser crashed \(exit code 7\)"),
        (lambda: signal.pause(), 0.1, "its parser ran for 100ms"),
        (endless, 0.1, "its parser ran for 100ms"),
    ],
)
def test_how_a_process_ended_is_told(work: Callable[[], None], seconds: float, told: str) -> None:
    with pytest.raises(ParseError, match=told):
        apart(work, seconds, 10_000_000)


def limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_CPU)


def test_a_hard_limit_below_ours_is_kept() -> None:
    def further() -> tuple[int, int]:
        resource.setrlimit(resource.RLIMIT_CPU, (50, 50))
        return apart(limits, 100.0, 100_000_000)

    assert (50, 50) == apart(further, 60.0, 200_000_000)
