"""A crawl among hosts that set every trap the project knows, for parsers and on the wire; one is an ordinary site."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.command import PATIENCE, lines, run, start, until
from support.hostile_server import PATHS, HostileServer
from support.hosts_server import Hosts, page, serving
from support.job_frontier import state_section
from support.memory import together
from support.parser_processes import busy, kill_all
from support.sites import links, site
from support.trap_pages import RULES, traps

GOOD = 400
MOST_MEMORY = 600_000_000
MOST_SECONDS = 60.0
DRAIN = 1
MOST_TO_END = 20.0
"""Seconds from a signal to the end of a run: its drain, and what it stores then on a machine that is busy. Traps last
a minute."""
BUSY = 0.5
"""Seconds of processor time after which a parser is in a trap, if the page is one for it."""
TRAPS = traps()


def config(folder: Path, hosts: Hosts, paths: list[str], timeout: str, *more: str) -> Path:
    seeds = [*more, *(hosts.url("bad", path) for path in paths), hosts.url("good", "/good/0")]
    file = folder / "traps.toml"
    file.write_text(
        f'name = "traps"\ndata = {json.dumps(str(folder))}\nseeds = {json.dumps(seeds)}\n'
        '[politeness]\ndelay = "0s"\nper_host = 8\nuser_agent = "trapped (+https://example.org/bot)"\n'
        f'[fetch]\nparse_timeout = "{timeout}"\ntimeout = "5s"\nretries = 1\nmax_failure_ratio = 1.0\n'
        f'[store]\nrecords = ["jsonl"]\n{RULES}{state_section(folder)}'
    )
    return file


def good_pages() -> dict[str, str]:
    return {f"/good/{n}": links(*(f"/good/{m}" for m in range(1, GOOD)), title=f"{n}") for n in range(GOOD)}


class Watched:
    """A run to its end: how long the good pages took, and the most memory it had."""

    def __init__(self, file: Path) -> None:
        self.memory, self.seconds, begun = 0, 0.0, time.monotonic()
        process = start("run", file, "--quiet", stdout=None, stderr=None)
        state = file.parent / "traps"
        while process.poll() is None:
            self.memory = max(self.memory, together(process.pid))
            if not self.seconds and stored(state) >= GOOD:
                self.seconds = time.monotonic() - begun
            assert time.monotonic() - begun < PATIENCE
            time.sleep(0.1)
        self.seconds = self.seconds or time.monotonic() - begun
        self.code = process.returncode


def stored(folder: Path) -> int:
    """Rows of the good host in the parts that are written so far."""
    return sum(lines(part) for part in folder.glob("parts/good/*.jsonl"))


async def test_traps_hold_up_nobody_and_stay_small(tmp_path: Path) -> None:
    async with serving({"bad": site(dict(TRAPS)), "good": site(good_pages())}) as hosts, HostileServer() as hostile:
        file = config(tmp_path, hosts, list(TRAPS), "1s", *map(hostile.url, PATHS))
        watched = await asyncio.to_thread(Watched, file)
        errors = await asyncio.to_thread(run, "errors", file, "--json")
    assert watched.code in (0, 3)
    assert GOOD == lines(tmp_path / "traps/good.jsonl")
    assert watched.seconds < MOST_SECONDS
    assert watched.memory < MOST_MEMORY
    told = {url.rpartition("/")[2]: group["detail"] for group in errors.summary["reasons"] for url in group["urls"]}
    assert "its parser ran for 1s" == told["digits"]
    assert told["siblings"] in ("its parser ran for 1s", "its parser took more than 256 MB of memory")


def answered(process: subprocess.Popen[str]) -> float:
    """The seconds from a SIGTERM to the end of a run, which is killed if it does not end."""
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    with suppress(subprocess.TimeoutExpired):
        process.wait(2 * MOST_TO_END)
    took = time.monotonic() - begun
    kill_all(process.pid)
    process.communicate()
    return took


def each(paths: Iterable[str], *shown: str) -> list[Any]:
    """Each of these paths; only some are tried every time."""
    return [pytest.param(path, marks=() if path in shown else pytest.mark.torture) for path in paths]


@pytest.mark.parametrize("path", each(TRAPS, "/trap/digits", "/trap/nested"))
async def test_a_signal_is_heard_in_a_trap_for_parsers(tmp_path: Path, path: str) -> None:
    async with serving({"bad": site(dict(TRAPS)), "good": site({"/good/0": page()})}) as hosts:
        file = config(tmp_path, hosts, [path], "60s")
        process = start("run", file, "--quiet", "--set", f"fetch.drain_timeout={DRAIN}s")
        await asyncio.to_thread(until, lambda: path in hosts.paths("bad") and busy(process.pid, BUSY), process)
        took = await asyncio.to_thread(answered, process)
    assert process.returncode in (0, 3, 11)
    assert took < MOST_TO_END


@pytest.mark.parametrize("path", each(PATHS))
async def test_a_signal_is_heard_in_a_trap_on_the_wire(tmp_path: Path, path: str) -> None:
    async with HostileServer() as hostile, serving({"good": site({"/good/0": page()})}) as hosts:
        file = config(tmp_path, hosts, [], "60s", hostile.url(path))
        process = start(
            "run", file, "--quiet", "--set", f"fetch.drain_timeout={DRAIN}s", "--set", "fetch.timeout=60s"
        )
        await asyncio.to_thread(until, lambda: path in {asked.path for asked in hostile.requests}, process)
        took = await asyncio.to_thread(answered, process)
    assert process.returncode in (0, 3, 11)
    assert took < MOST_TO_END
