"""What `check` tells of the job."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.config.models import Config
from asyncscrape.jobs.crypto.config import Crypto
from asyncscrape.views.figures import count


def plan(config: Config) -> Iterator[str]:
    """Which coins, which days, and where they come from."""
    options = config.section(Crypto)
    coins = ", ".join(options.coins) or f"the {count(options.top)} largest coins"
    first, last = options.start or "as far back as there are any", options.end or "yesterday (UTC)"
    yield f'{coins}, from source = "{options.source}", in {options.convert}'
    yield f"days: {first} – {last}"
