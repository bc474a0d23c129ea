"""The plan of the job, as `check` prints it."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.config.models import Config
from asyncscrape.jobs.crypto.config import Crypto
from asyncscrape.views.figures import count


def plan(config: Config) -> Iterator[str]:
    """The coins, the days, and where they come from."""
    options = config.section(Crypto)
    coins = ", ".join(options.coins) or f"the {count(options.top)} largest coins"
    first, last = options.start or "as far back as the source goes", options.end or "yesterday (UTC)"
    yield f'{coins}, from source = "{options.source}", in {options.convert}'
    yield f"days: {first} – {last}"
