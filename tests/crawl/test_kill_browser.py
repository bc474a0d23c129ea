"""Runs whose pages are opened in a browser: killed at any moment, stopped, and what they leave behind."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from aiohttp import web
from support.command import Ended, start, until
from support.hosts_server import Hosts, serving
from support.job_frontier import state_section
from support.memory import tree
from support.opened_pages import started_by

PAGES = 20
FILLED = """<!doctype html><h1>%(n)d</h1><ul></ul><script>
setTimeout(async () => {
  const rows = await (await fetch("/rows/%(n)d")).json();
  document.querySelector("ul").innerHTML = rows.map((n) => `<li class=row>${n}</li>`).join("");
}, 20);
</script>%(links)s"""
HANGS = "<!doctype html><h1>0</h1><script>fetch('/never')</script>"
RULES = """
[[page]]
match = "/page/*"
browser = true
wait = "%s"
follow = ["a"]
table = "row"
each = "li.row"
key = ["n"]
[page.fields]
n = { css = ":scope", type = "int" }
"""
CAPTURED = """
[[page]]
match = "/rows/*"
table = "captured"
each = "json:[*]"
key = ["n"]
[page.fields]
n = { json = "@", type = "int" }
[[page]]
match = "/page/*"
browser = true
capture = "/rows/*"
table = "shot"
key = ["n"]
[page.fields]
n = { css = "h1", type = "int" }
shot = { screenshot = "h1", blob = "shots/{n}.png" }
"""
VICTIMS = (b"", b"", b"--type=renderer", b"--remote-debugging-pipe", b"run-driver")
"""What is killed: mostly the run itself, now and then first a part of its browser."""


async def answer(request: web.Request) -> web.StreamResponse:
    if request.path == "/never":
        await asyncio.sleep(3600)
    if request.path == "/page/999":
        return web.Response(text=HANGS, content_type="text/html")
    _, kind, number = request.path.split("/") if request.path.count("/") == 2 else ("", "", "")
    if not number.isdigit():
        return web.Response(status=404)
    n = int(number)
    if kind == "rows":
        return web.json_response([10 * n + one for one in range(3)])
    links = "".join(f'<a href="/page/{next_}">next</a>' for next_ in (2 * n + 1, 2 * n + 2) if next_ < PAGES)
    return web.Response(text=FILLED % {"n": n, "links": links}, content_type="text/html")


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    async with serving({"dynamic": answer}) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of the job, with one for temporary files, whose path must be short."""
    with TemporaryDirectory() as short:
        (tmp_path / "tmp").symlink_to(short)
        yield tmp_path


def job(folder: Path, seed: str, wait: str = "css:li.row", more: str = "") -> Path:
    """A config."""
    config = folder / "job.toml"
    config.write_text(
        f'name = "job"\ndata = {json.dumps(str(folder))}\nseeds = [{json.dumps(seed)}]\n'
        '[politeness]\ndelay = "0s"\nper_host = 8\n[fetch]\ndrain_timeout = "3s"\n'
        '[fetch.browser]\npages = 2\n[store]\nrecords = ["jsonl"]\n' + RULES % wait + more + state_section(folder)
    )
    return config


def begin(config: Path, **options: Any) -> Popen[str]:
    return start("run", config, "--quiet", environ={"TMPDIR": str((config.parent / "tmp").resolve())}, **options)


def rows(config: Path) -> list[int]:
    return sorted(json.loads(line)["n"] for line in (config.parent / "job/row.jsonl").read_text().splitlines())


def outcome(config: Path) -> dict[str, object]:
    """All tables, in order and without times, and all files byte for byte."""
    folder = config.parent / "job"
    tables = {path.name: sorted(map(timeless, path.read_text().splitlines())) for path in folder.glob("*.jsonl")}
    return {**tables, **{path.name: path.read_bytes() for path in (folder / "blobs").rglob("*.png")}}


def timeless(line: str) -> str:
    return json.dumps({**json.loads(line), "_fetched_at": ""})


def left(processes: Iterator[int] | list[int]) -> list[int]:
    """Those that still run."""
    return [one for one in processes if _state(one) not in ("", "Z")]


def _state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def opened(hosts: Hosts, least: int) -> int:
    """Whether so many pages have asked for their rows."""
    return sum("rows" in path for path in hosts.paths("dynamic")) >= least


def kill(config: Path, hosts: Hosts, more: int, pause: float, victim: bytes = b"") -> list[int]:
    """Run until more pages have been opened, and a moment longer; the processes that there were."""
    before = len([path for path in hosts.paths("dynamic") if "rows" in path])
    with begin(config) as process:
        until(lambda: opened(hosts, before + more), process)
        if victim:
            for one in [*started_by(process.pid, victim)][:1]:
                os.kill(one, signal.SIGKILL)
        time.sleep(pause)
        family = [*tree(process.pid)]
        process.kill()
        process.communicate()
    return family


async def check(folder: Path, hosts: Hosts, kills: int, more: str = "") -> Path:
    """Kill a job so often, and let it end; its config."""
    config = job(folder, hosts.url("dynamic", "/page/0"), more=more)
    chance = random.Random(kills)
    for turn in range(kills):
        pages, pause, victim = chance.randrange(0, 6), chance.random() / 5, VICTIMS[turn % len(VICTIMS)]
        family = await asyncio.to_thread(kill, config, hosts, pages, pause, victim)
        await asyncio.to_thread(until, lambda family=family: not left(family))
    ended = await asyncio.to_thread(lambda: Ended(begin(config)))
    assert (0, "") == (ended.code, ended.out)
    assert [10 * n + one for n in range(PAGES) for one in range(3)] == rows(config)
    assert not [*(folder / "tmp").iterdir()]
    return config


async def test_kills_change_nothing_and_leave_no_process_and_no_profile(folder: Path, hosts: Hosts) -> None:
    await check(folder, hosts, 1)


@pytest.mark.torture
async def test_forty_kills_of_runs_and_of_their_browsers_change_no_byte(folder: Path, hosts: Hosts) -> None:
    killed = await check(folder, hosts, 40, CAPTURED)
    found = outcome(killed)
    shutil.rmtree(folder / "job")
    assert 0 == (await asyncio.to_thread(lambda: Ended(begin(killed)))).code
    assert outcome(killed) == found
    assert {"row.jsonl", "captured.jsonl", "shot.jsonl", "blobs.jsonl", "0.png", "19.png"} <= found.keys()


def interrupted(config: Path, hosts: Hosts, number: signal.Signals) -> tuple[Ended, list[int]]:
    """Run until a page is open, then signal everything that the terminal would."""
    with begin(config, start_new_session=True) as process:
        until(lambda: any("never" in path or "rows" in path for path in hosts.paths("dynamic")), process)
        family = [*tree(process.pid)]
        os.killpg(process.pid, number)
        return Ended(process), family


async def test_ctrl_c_lets_open_pages_end_and_leaves_nothing(folder: Path, hosts: Hosts) -> None:
    config = job(folder, hosts.url("dynamic", "/page/0"))
    ended, family = await asyncio.to_thread(interrupted, config, hosts, signal.SIGINT)
    assert 11 == ended.code, ended.err
    await asyncio.to_thread(until, lambda: not left(family))
    assert not [*(folder / "tmp").iterdir()]
    assert 0 == (await asyncio.to_thread(lambda: Ended(begin(config)))).code
    assert [10 * n + one for n in range(PAGES) for one in range(3)] == rows(config)


@pytest.mark.torture
async def test_a_page_that_hangs_is_given_up_within_the_drain_timeout(folder: Path, hosts: Hosts) -> None:
    config = job(folder, hosts.url("dynamic", "/page/999"), "idle")
    ended, family = await asyncio.to_thread(interrupted, config, hosts, signal.SIGTERM)
    assert 11 == ended.code, ended.err
    await asyncio.to_thread(until, lambda: not left(family))
