"""What several workers show of their part, as one. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from asyncscrape.stats import HostView, Look, RunState

MOST_HOSTS = 12
"""Hosts that are shown, as of a single worker."""


def together(looks: Sequence[Look]) -> Look:
    """The details of all workers; there is one at least."""
    states = {look.state for look in looks}
    hosts = sorted((host for look in looks for host in look.hosts), key=_rank)
    opened: Counter[str] = Counter()
    for look in looks:
        opened.update(look.open)
    return Look(
        RunState.RUNNING if RunState.RUNNING in states else looks[0].state,
        open=dict(opened),
        hosts=tuple(hosts[:MOST_HOSTS]),
        note="; ".join(dict.fromkeys(look.note for look in looks if look.note)),
        seconds=max(look.seconds for look in looks),
        pages_per_second=sum(look.pages_per_second for look in looks),
        bytes_per_second=sum(look.bytes_per_second for look in looks),
        troubles={name: trouble for look in looks for name, trouble in look.troubles.items()},
        complaints=tuple(dict.fromkeys(told for look in looks for told in look.complaints)),
        most_pages=max((look.most_pages for look in looks if look.most_pages is not None), default=None),
    )


def _rank(host: HostView) -> tuple[bool, float, float, float]:
    """The parked and given up first, then the slowest."""
    return not host.why, -host.parked_for, -host.delay, -host.latency
