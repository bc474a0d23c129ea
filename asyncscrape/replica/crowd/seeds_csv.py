"""Twenty accounts of the crowd as the file that the job "network" reads: how `config/network-demo.csv` was made.

python -m asyncscrape.replica.crowd.seeds_csv > config/network-demo.csv
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence

from asyncscrape.replica.crowd import truth
from asyncscrape.replica.crowd.nouns import Crowd, Member, MemberState

NUMBER = 20


def chosen(crowd: Crowd) -> Sequence[Member]:
    """The best-known of each community who are no stars, every second with a name in other letters than Latin."""
    usual = [one for one in truth.accounts(crowd) if one.state is MemberState.USUAL and not one.is_star]
    known = sorted(
        (one for one in usual if truth.emerged(crowd, one.profile.id)), key=lambda one: -one.profile.followers
    )
    found: dict[int, Member] = {}
    for place in range(NUMBER):
        fitting = (one for one in known if one.community == place % crowd.communities and one.profile.id not in found)
        one = next(one for one in fitting if place % 2 != _is_foreign(one.profile.username))
        found[one.profile.id] = one
    return list(found.values())


def _is_foreign(name: str) -> bool:
    return any(letter.isalpha() and letter > "\u0370" for letter in name)


def rows(crowd: Crowd) -> Iterator[tuple[object, ...]]:
    """The lines of the file."""
    yield "names", "links", "followers", "emerge_date"
    for one in chosen(crowd):
        emerged = truth.emerged(crowd, one.profile.id)
        yield one.profile.username, one.profile.permalink, one.profile.followers, emerged and emerged.date()


if __name__ == "__main__":
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows(Crowd()))
