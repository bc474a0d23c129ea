"""What was used on pages is counted by the numbers of rules: when rules move in the config, counts follow. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from asyncscrape.frontier.changed_rules import pairs_of, read_by
from asyncscrape.model import Rule

NUMBERED = re.compile(r"(rule|follow|follow failed) (\d+)(.*)")


def renumbered(
    uses: Mapping[str, int], before: Sequence[Rule], after: Sequence[Rule], urls: Callable[[], Iterable[str]]
) -> dict[str, int]:
    """The counts under the numbers that the rules have now; of a rule that is new, the pages read that it matches."""
    come = [rule for rule in after if rule not in before]
    pairs = pairs_of([rule for rule in before if rule not in after], come)
    pairs += [(rule, rule) for rule in before if rule in after]
    numbers = {before.index(old) + 1: after.index(new) + 1 for old, new in pairs if old and new}
    moved: dict[str, int] = {}
    for name, n in uses.items():
        numbered = NUMBERED.fullmatch(name)
        if numbered is None:
            moved[name] = n
        elif number := numbers.get(int(numbered[2])):
            moved[f"{numbered[1]} {number}{numbered[3]}"] = n
    return moved | {f"rule {after.index(rule) + 1}": n for rule, n in read_by(come, urls()).items()}
