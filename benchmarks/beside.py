"""Two ways of doing the same, in turns: the medians, and how they compare to the goal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
"""For the real servers that the tests start."""


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """What is started inside runs on this core, for all its life."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def show(title: str, unit: str, rates: Mapping[str, Sequence[float]]) -> None:
    """All rounds of everybody, so that nothing is hidden in a median."""
    print(f"\n{title}", f"| {unit} | median | rounds |", "|---|---:|---|", sep="\n")
    for name, each in rates.items():
        print(f"| {name} | {median(each):,.0f} | {', '.join(f'{rate:,.0f}' for rate in each)} |", flush=True)


def judge_share(ours: Sequence[float], bare: Sequence[float], goal: float, of: str) -> None:
    """What part of another's rate was reached."""
    share = median(ours) / median(bare)
    print(f"{share:.0%} of the rate of {of} (goal: {goal:.0%}): {verdict(share >= goal)}", flush=True)


def verdict(reached: bool) -> str:
    """In a word that is easy to find."""
    return "reached" if reached else "NOT reached"
