"""A crawl among hosts that set every trap the project knows, for parsers and on the wire; one is an ordinary site."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from support.command import PATIENCE, lines, run, start, until
from support.hostile_server import PATHS, HostileServer
from support.hosts_server import Hosts, page, serving
from support.memory import together
from support.sites import links, site
from support.trap_pages import RULES, traps

GOOD = 400
MOST_MEMORY = 600_000_000
MOST_SECONDS = 30.0
TRAPS = traps()


def config(folder: Path, hosts: Hosts, paths: list[str], timeout: str, *more: str) -> Path:
    seeds = [*more, *(hosts.url("bad", path) for path in paths), hosts.url("good", "/good/0")]
    file = folder / "traps.toml"
    file.write_text(
        f'name = "traps"\ndata = {json.dumps(str(folder))}\nseeds = {json.dumps(seeds)}\n'
        '[politeness]\ndelay = "0s"\nper_host = 8\nuser_agent = "trapped (+https://example.org/bot)"\n'
        f'[fetch]\nparse_timeout = "{timeout}"\ntimeout = "3s"\nretries = 1\nmax_failure_ratio = 1.0\n'
        f'[store]\nrecords = ["jsonl"]\n{RULES}'
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
    assert {"its parser ran for 1s"} == {told[name] for name in ("digits", "siblings")}


@pytest.mark.parametrize("path", ["/trap/digits", "/trap/nested"])
async def test_a_signal_is_heard_in_a_trap(tmp_path: Path, path: str) -> None:
    async with serving({"bad": site(dict(TRAPS)), "good": site({"/good/0": page()})}) as hosts:
        file = config(tmp_path, hosts, [path], "60s")
        process = start("run", file, "--quiet", "--set", "fetch.drain_timeout=1s")
        await asyncio.to_thread(until, lambda: path in hosts.paths("bad"), process)
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, 15)
        took = time.monotonic() - begun
        process.kill()
    assert process.returncode in (0, 3, 11)
    assert took < 10
