"""The plan of the job, as `check` prints it."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.config.models import Config
from asyncscrape.jobs.network.accounts_file import given
from asyncscrape.jobs.network.config import Network, report_only
from asyncscrape.jobs.sites.soundcloud import source, without_robots
from asyncscrape.parsers.soundcloud import official_api
from asyncscrape.views.figures import count

NEXT = {
    "popular": "then the one that the others interacted with most",
    "balanced": "then the one that the others interacted with most, with popularity divided out",
    False: "no others",
}


def plan(config: Config) -> Iterator[str]:
    """The accounts, what is read of each, where it comes from, and why a robots.txt is not asked."""
    if only := report_only(config):
        yield only
        return
    options = config.section(Network)
    named, most = len(given(options.accounts, options.accounts_file)), options.max_accounts
    yield f"{count(named)} accounts by name, {NEXT[options.grow]}; at most {count(most)} in all"
    if named > most:
        yield f"the last {count(named - most)} of them are left out; raise network.max_accounts to read them too"
    elif options.grow and named < options.look_ahead:
        yield (
            f"look_ahead ({options.look_ahead}) is larger than the number of accounts by name, so some accounts are "
            "chosen from what the first one did alone"
        )
    weights = ", ".join(f"{kind} × {options.weights.of(kind):g}" for kind in options.kinds)
    yield f"of each account the latest {count(options.latest)} of each kind: {weights}"
    yield source(options)
    asked = [official_api.HOST] if options.soundcloud == "official" else []
    yield from without_robots(config, asked)
