"""Who belongs together: the closest first, as long as no group grows too large to be tested apart from the others.

In a scene where everybody works with somebody, a group that took in everybody would leave nobody to test on. So ties
between groups remain; rows that have such a tie are kept from teaching when the other end is tested, see `splits`.
"""

from __future__ import annotations

from collections.abc import Mapping

from asyncscrape.analysis.models.splits import PARTS

LARGEST = 1 / (3 * PARTS)
"""The share of all rows that may be in one group of several."""


def joined(sizes: Mapping[int, int], ties: Mapping[tuple[int, int], int]) -> Mapping[int, int]:
    """The group of each: the smallest number in it. `sizes` has the rows of each, `ties` how often two are tied."""
    most = LARGEST * sum(sizes.values())
    group = {one: one for one in sizes}
    members = {one: [one] for one in sizes}
    rows = dict(sizes)
    for pair in sorted(ties, key=lambda pair: (-ties[pair], pair)):
        first, second = sorted(group[one] for one in pair)
        if first == second or rows[first] + rows[second] > most:
            continue
        rows[first] += rows.pop(second)
        for one in members[second]:
            group[one] = first
        members[first] += members.pop(second)
    return group
