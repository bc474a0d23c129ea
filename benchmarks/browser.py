"""Measures pages in a browser, on the site of `dynamic_shop.py`.

speed   200 pages whose tables come late, with four tabs: pages a second, from the first table to the last
auto    200 pages, one in ten late: "auto" beside opening every page in the browser, seconds of the whole crawl
memory  1,000 late pages: memory of the program, its parsers and the browser together, after 200 pages and at the end
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.request import urlopen

from beside import judge_share, show, verdict
from crawl import BENCH, LOUD, WrongResultError, machine
from dynamic_shop import truth
from support.memory import together

from asyncscrape.fetchers.browser.executable import executable

HERE = Path(__file__).resolve().parent
PEERS = BENCH / "venv/bin/python"
GOAL_SHARE, GOAL_AUTO, GOAL_MEMORY = 0.9, 0.25, 1.1
OURS, BARE, SCRAPY, CRAWLEE = "asyncscrape", "bare Playwright", "scrapy-playwright", "Crawlee"
SCRIPTS = {BARE: "bare_browser.py", SCRAPY: "scrapy_browser.py", CRAWLEE: "crawlee_browser.py"}


class BrowserRun(NamedTuple):
    """One crawl."""

    rate: float
    """Pages a second."""
    seconds: float
    """From the start of the program to its end."""


@contextmanager
def dynamic_site(items: int) -> Iterator[str]:
    """The origin of the site."""
    process = subprocess.Popen(
        [sys.executable, HERE / "dynamic_shop.py", str(items)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


def ours(origin: str, folder: Path, seed: str, use: object = True) -> list[str]:
    """The command of our crawl."""
    sets = {
        "seeds": json.dumps([f"{origin}/{seed}"]),
        "scope.hosts": json.dumps([origin.removeprefix("http://")]),
        "fetch.browser.use": json.dumps(use),
        "fetch.browser.executable": json.dumps(program()),
    }
    told = [part for name, value in sets.items() for part in ("--set", f"{name}={value}")]
    return [
        sys.executable,
        "-m",
        "asyncscrape",
        "run",
        str(HERE / "browser.toml"),
        "--data",
        str(folder),
        "--quiet",
        *told,
    ]


def theirs(name: str, origin: str, folder: Path) -> list[str]:
    """The command of another crawler."""
    python = sys.executable if name == BARE else str(PEERS)
    return [python, str(HERE / SCRIPTS[name]), origin, str(folder), program()]


def program() -> str:
    """The Chromium that all use."""
    return str(Path(executable("", "")).resolve())


def asked(origin: str, path: str) -> str:
    """What the site tells of itself."""
    with urlopen(origin + path, timeout=10) as told:
        return str(told.read().decode())


def crawled(
    command: Callable[[Path], list[str]], origin: str, items: int, watch: Callable[[int], None] = lambda process: None
) -> BrowserRun:
    """Crawl once and compare what was found."""
    BENCH.mkdir(exist_ok=True)
    asked(origin, "/served")
    with TemporaryDirectory(dir=BENCH) as name:
        folder, begun = Path(name), time.monotonic()
        log = (folder / "log").open("w+")
        process = subprocess.Popen(command(folder), stdout=log, stderr=subprocess.STDOUT)
        while process.poll() is None:
            watch(process.pid)
            time.sleep(0.2)
        took = time.monotonic() - begun
        if process.returncode:
            raise WrongResultError((folder / "log").read_text()[-3000:])
        check(folder, items)
    tables, seconds = asked(origin, "/served").split()
    return BrowserRun((int(tables) - 1) / float(seconds) if float(seconds) else 0.0, took)


def check(folder: Path, items: int) -> None:
    """Every page was read to its last row."""
    [file] = [*folder.glob("items.jsonl"), *folder.glob("dynamic/items.jsonl")]
    rows = map(json.loads, file.read_text().splitlines())
    found = sorted((row["name"], row["rows"]) for row in rows)
    if found != truth(items):
        raise WrongResultError(f"{len(found)} items of {items}, or not all of their rows")


def speed(options: argparse.Namespace) -> None:
    """Rounds of all contenders, in turns."""
    rates: dict[str, list[float]] = {}
    names = [OURS, BARE, *([SCRAPY, CRAWLEE] if has_peers() else [])]
    with dynamic_site(options.pages) as origin:
        for _ in range(options.runs):
            for name in names:
                if name == OURS:
                    run = crawled(lambda folder: ours(origin, folder, "late"), origin, options.pages)
                else:
                    run = crawled(lambda folder, name=name: theirs(name, origin, folder), origin, options.pages)  # type: ignore[misc]
                print(f"  {name}: {run.rate:.1f} pages/s, {run.seconds:.1f} s in all", flush=True)
                rates.setdefault(name, []).append(run.rate)
    show(f"{options.pages} pages whose tables come late, 4 tabs", "pages a second", rates)
    judge_share(rates[OURS], rates[BARE], GOAL_SHARE, BARE)


def has_peers() -> bool:
    """Whether the other crawlers are installed; says so if not."""
    imports = [PEERS, "-c", "import scrapy_playwright, crawlee.crawlers, playwright"]
    there = PEERS.exists() and not subprocess.run(imports, stderr=subprocess.DEVNULL, check=False).returncode
    if not there:
        print(f"{SCRAPY} and {CRAWLEE} are not installed: make bench installs them from peers.txt")
    return there


def auto(options: argparse.Namespace) -> None:
    """One page in ten needs the browser."""
    took: dict[object, list[float]] = {"auto": [], True: []}
    with dynamic_site(options.pages) as origin:
        for _ in range(options.runs):
            for use, seconds in took.items():
                run = crawled(lambda folder, use=use: ours(origin, folder, "list", use), origin, options.pages)  # type: ignore[misc]
                seconds.append(run.seconds)
                print(f"  use = {json.dumps(use)}: {run.seconds:.1f} s", flush=True)
    share = median(took["auto"]) / median(took[True])
    print(f'"auto" takes {share:.0%} of the time of the browser for all (goal: under {GOAL_AUTO:.0%}): ', end="")
    print(verdict(share < GOAL_AUTO))


def memory(options: argparse.Namespace) -> None:
    """What a long crawl takes."""
    sizes: list[tuple[int, int]] = []
    with dynamic_site(options.many) as origin:

        def watch(process: int) -> None:
            sizes.append((int(asked(origin, "/count")), together(process)))

        crawled(lambda folder: ours(origin, folder, "late"), origin, options.many, watch)
    early, late = options.many // 5, options.many * 9 // 10
    first = [size for pages, size in sizes if early <= pages < 2 * early]
    last = [size for pages, size in sizes if pages >= late]
    print(f"after {early} pages {median(first) / 1e6:.0f} MB, at the end {median(last) / 1e6:.0f} MB, ", end="")
    print(f"at most {max(size for _, size in sizes) / 1e6:.0f} MB in all")
    print(f"flat over {options.many:,} pages: {verdict(median(last) <= GOAL_MEMORY * median(first))}")


SECTIONS: dict[str, Callable[[argparse.Namespace], None]] = {"speed": speed, "auto": auto, "memory": memory}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=[*SECTIONS])
    parser.add_argument("--runs", type=int, default=3, help="rounds; the medians count (default: %(default)s)")
    parser.add_argument("--pages", type=int, default=200, help="pages of a round (default: %(default)s)")
    parser.add_argument("--many", type=int, default=1_000, help="pages for memory (default: %(default)s)")
    options = parser.parse_args(arguments)
    print(machine())
    if (load := os.getloadavg()[0]) > LOUD:
        print(f"The machine is not quiet (load {load:.1f}): take these figures with care.")
    try:
        for name in options.only:
            print(f"\n{name}:", flush=True)
            SECTIONS[name](options)
    except WrongResultError as error:
        print(f"WRONG: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
