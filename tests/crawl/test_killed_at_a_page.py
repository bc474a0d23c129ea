"""A page that brings the whole run down, again and again, is parsed alone in the end, and nothing else is lost."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from support.command import lines, until
from support.forked_command import run, start
from support.hosts_server import Hosts, serving
from support.job_frontier import job_frontier, state_section
from support.parser_processes import busy, kill_all, parsers_of
from support.sites import links, site
from support.trap_pages import RULES, traps

from asyncscrape.model import Kind, State

TRAP = "/trap/digits"
GOOD = 20
BUSY = 0.5
"""Seconds of processor time: more than a worker takes to start."""


def config(folder: Path, hosts: Hosts) -> Path:
    seeds = [hosts.url("bad", TRAP), hosts.url("good", "/good/0")]
    file = folder / "killed.toml"
    file.write_text(
        f'name = "killed"\ndata = {json.dumps(str(folder))}\nseeds = {json.dumps(seeds)}\n'
        '[politeness]\ndelay = "0s"\nrobots = false\n[fetch]\nparse_workers = 1\nmax_failure_ratio = 1.0\n'
        f'[store]\nrecords = ["jsonl"]\n{RULES}{state_section(folder)}'
    )
    return file


def done(folder: Path) -> int:
    """Pages that are stored for good."""
    standing = asyncio.run(job_frontier(folder / "killed").standing())
    return standing.totals.of(Kind.PAGE, State.DONE) if standing else 0


def killed_in_the_page(file: Path, good: int) -> int:
    """Kill a run that is in the trap, once so many good pages are done; the number of its parser processes."""
    with start("run", file, "--quiet", "--set", "fetch.parse_timeout=60s") as process:
        assert until(lambda: busy(process.pid, BUSY) and done(file.parent) >= good, process)
        parsers = len(parsers_of(process.pid))
        kill_all(process.pid)
        process.communicate()
    return parsers


def parsers_to_the_end(file: Path) -> tuple[int, int]:
    """Let the job finish; the number of its parser processes while it is in the trap, and its exit code."""
    with start("run", file, "--quiet", "--set", "fetch.parse_timeout=1s") as process:
        assert until(lambda: busy(process.pid, BUSY), process)
        parsers = len(parsers_of(process.pid))
        process.communicate()
    return parsers, process.returncode


async def test_a_page_that_has_ended_three_runs_is_parsed_alone_and_fails_only_there(tmp_path: Path) -> None:
    good = {f"/good/{n}": links(*(f"/good/{m}" for m in range(GOOD)), title=f"{n}") for n in range(GOOD)}
    async with serving({"bad": site({TRAP: traps()[TRAP]}), "good": site(dict(good))}) as hosts:
        file = config(tmp_path, hosts)
        await asyncio.to_thread(killed_in_the_page, file, 0)
        await asyncio.to_thread(killed_in_the_page, file, GOOD)
        # Only the trap is left now, so a second worker would have nothing to do, unless this page has its own.
        assert 1 == await asyncio.to_thread(killed_in_the_page, file, GOOD)
        assert (2, 0) == await asyncio.to_thread(parsers_to_the_end, file)
        errors = await asyncio.to_thread(run, "errors", file, "--json")
    assert ["its parser ran for 1s"] == [group["detail"] for group in errors.summary["reasons"]]
    assert GOOD == lines(tmp_path / "killed/good.jsonl")
    assert 4 == len(hosts.paths("bad"))
