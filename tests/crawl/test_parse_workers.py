"""The number of processes that parse changes nothing of what is found, and none of them starts without need."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.crawling import configured, crawl
from support.hosts_server import serving
from support.parser_processes import PROGRAM
from support.sites import links, site

from asyncscrape.cli import program

PAGES = {"/": links("/b", title="Home"), "/b": links("/", title="B")}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The commands of the parser processes that were started; a database of the test starts others."""
    commands: list[Any] = []

    class Noted(subprocess.Popen[Any]):
        def __init__(self, command: Any, *more: Any, **options: Any) -> None:
            if PROGRAM.decode() in " ".join(map(str, command)):
                commands.append(command)
            super().__init__(command, *more, **options)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return commands


async def test_in_place_the_same_is_found_and_no_process_starts(tmp_path: Path, started: list[Any]) -> None:
    found = []
    async with serving({"shop": site(dict(PAGES))}) as hosts:
        for workers in (0, 1):
            folder = tmp_path / f"{workers}"
            folder.mkdir()
            crawled = await crawl(folder, [hosts.url("shop", "/")], fetch={"parse_workers": workers})
            found.append([(row["title"], row["_url"]) for row in crawled.rows()])
            assert workers == len(started)
    assert found[0] == found[1]
    assert 2 == len(found[0])


@pytest.mark.parametrize("command", ["--help", "check"])
def test_what_reads_no_page_starts_no_process(tmp_path: Path, started: list[Any], command: str) -> None:
    configured(tmp_path, ["http://127.0.0.1:1/"])
    words = [command, str(tmp_path / "job.toml")] if command == "check" else [command]
    ended = CliRunner().invoke(program, words, prog_name="asyncscrape")
    assert (0, []) == (ended.exit_code, started), ended.output
