"""Compares the CPU time a page of this working tree with that of another commit: `against.py REV`.

1. both are copied into a temporary folder, REV as git has it and the working tree as it is now
2. each crawls the shop once, so that everything is compiled
3. pair by pair each crawls it again, the other one first each time, pinned to a core that the server does not use
4. the ratio of each pair and their median are printed

Both run on this interpreter with the packages that are installed for it. Exits with 1 when the median is above the
limit, and with 2 when the comparison could not be made.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from beside import verdict
from crawl import (
    HERE,
    LOUD,
    OURS,
    PAGES_PER_LIST,
    WrongResultError,
    command,
    cores,
    machine,
    one_run,
    shop_open,
)

ROOT = HERE.parent
COPIED = ("asyncscrape", "pyproject.toml", "constraints.txt")
LIMIT = 1.03
NOT_MADE = 2


class Side(NamedTuple):
    """One of the two that are compared."""

    name: str
    tree: Path
    compiled: Path

    def command(self, _: str, origin: str, folder: Path) -> list[str]:
        """How its code is started: found before what is installed, and compiled code kept beside it."""
        python, *rest = command(OURS, origin, folder)
        places = [f"PYTHONPATH={self.tree}", f"PYTHONPYCACHEPREFIX={self.compiled}"]
        return ["env", "-u", "PYTHONDONTWRITEBYTECODE", *places, python, "-P", *rest]


class Pair(NamedTuple):
    """CPU seconds of one crawl by each."""

    theirs: float
    ours: float

    @property
    def ratio(self) -> float:
        """How much more the working tree takes."""
        return self.ours / self.theirs


# The two sides


def sides(revision: str, folder: Path) -> tuple[Side, Side]:
    """The commit and the working tree, as copies that nobody changes meanwhile."""
    short = git("rev-parse", "--short", "--verify", f"{revision}^{{commit}}").decode().strip()
    theirs, ours = (Side(name, folder / name, folder / "compiled") for name in (short, "working-tree"))
    with tarfile.open(fileobj=io.BytesIO(git("archive", "--format=tar", short, "--", *COPIED))) as archive:
        archive.extractall(theirs.tree, filter="data")
    shutil.copytree(ROOT / COPIED[0], ours.tree / COPIED[0], ignore=shutil.ignore_patterns("__pycache__"))
    for file in COPIED[1:]:
        shutil.copy(ROOT / file, ours.tree)
    return theirs, ours


def git(*arguments: str) -> bytes:
    """What git answers."""
    asked = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)
    if asked.returncode:
        raise WrongResultError(f"git {' '.join(arguments)}: {asked.stderr.decode(errors='replace').strip()}")
    return asked.stdout


def differences(theirs: Side, ours: Side) -> Iterator[str]:
    """The packages that one of the two asks for and the other does not."""
    before, now = packages(theirs.tree), packages(ours.tree)
    yield from (f"  only {theirs.name}: {line}" for line in sorted(before - now))
    yield from (f"  only {ours.name}: {line}" for line in sorted(now - before))


def packages(tree: Path) -> set[str]:
    """The dependencies of the project, and the versions they are held to."""
    project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {*project["dependencies"], *(tree / "constraints.txt").read_text(encoding="utf-8").split()}


# The crawls


def compare(options: argparse.Namespace, theirs: Side, ours: Side) -> list[Pair]:
    """All pairs, told as they come."""
    for_server, for_crawlers = cores()
    with shop_open(options.lists, for_server) as origin:

        def cpu(side: Side) -> float:
            return one_run(side.name, origin, options.lists, for_crawlers, side.command).cpu

        print("Once each, to compile:", flush=True)
        for side in (theirs, ours):
            cpu(side)
        return [one_pair(cpu, theirs, ours, number) for number in range(options.pairs)]


def one_pair(cpu: Callable[[Side], float], theirs: Side, ours: Side, number: int) -> Pair:
    """One crawl by each; whoever came second begins."""
    print(f"Pair {number + 1}:", flush=True)
    order = (theirs, ours) if number % 2 == 0 else (ours, theirs)
    taken = {side: cpu(side) for side in order}
    pair = Pair(taken[theirs], taken[ours])
    print(f"  ratio {pair.ratio:.3f}", flush=True)
    return pair


def tell(pairs: Sequence[Pair], pages: int, theirs: Side, ours: Side) -> float:
    """Print what each took for a page, all ratios, and the median ratio, which is returned."""
    for side, taken in zip((theirs, ours), zip(*pairs, strict=True), strict=True):
        each = ", ".join(f"{1000 * seconds / pages:.3f}" for seconds in taken)
        print(f"{side.name:13} {1000 * median(taken) / pages:.3f} ms CPU a page ({each})")
    ratio = median(pair.ratio for pair in pairs)
    print(f"ratios: {', '.join(f'{pair.ratio:.3f}' for pair in pairs)}")
    print(f"median ratio {ratio:.3f} (goal: at most {LIMIT}): {verdict(ratio <= LIMIT)}")
    return ratio


def main() -> int:
    """Compare, tell, judge."""
    options = arguments()
    print(machine())
    if (load := os.getloadavg()[0]) > LOUD:
        print(f"The machine is not quiet (load {load:.1f}): take these figures with care.")
    try:
        with tempfile.TemporaryDirectory(prefix="against-") as folder:
            theirs, ours = sides(options.revision, Path(folder))
            if differing := list(differences(theirs, ours)):
                print(
                    "They ask for different packages; both run with those that are installed:", *differing, sep="\n"
                )
            pairs = compare(options, theirs, ours)
    except WrongResultError as error:
        print(f"NOT COMPARED: {error}", file=sys.stderr)
        return NOT_MADE
    print()
    return int(tell(pairs, options.lists * PAGES_PER_LIST, theirs, ours) > LIMIT)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("revision", metavar="REV", help="the commit to compare with, as git knows it")
    parser.add_argument("--pairs", type=int, default=9, help="pairs; their median counts (default: %(default)s)")
    parser.add_argument("--lists", type=int, default=100, help="list pages, of 40 items each (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
