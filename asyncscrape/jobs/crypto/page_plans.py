"""How a browser opens the historical-data pages: it lets them show all days, and captures the data of these."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from asyncscrape.browsing import PagePlan, PageStep, RuleNeeds, StepKind, Use
from asyncscrape.config.browser_keys import USES
from asyncscrape.config.models import Config
from asyncscrape.jobs.crypto.config import Crypto
from asyncscrape.parsers.coinmarketcap.history_pages import Pages

MORE = 'button:has-text("Load More")'
MOST = 40
"""Clicks on it; each brings up to 400 days."""
DATA = "/data-api/*/cryptocurrency/historical*"


def page_plans(config: Config) -> Callable[[str], PagePlan | None] | None:
    """What a browser does with each page; None if the job opens none."""
    use = USES[config.fetch.browser.use]
    if use is Use.NEVER or config.section(Crypto).source != "pages":
        return None
    more = PageStep(StepKind.CLICK, MORE, if_present=True, repeat=MOST)
    needs = RuleNeeds(use, name="historical data", key="history", table="candles", captures=True)
    plan = PagePlan(use, steps=(more,), capture=(DATA,), rules=(needs,))
    return lambda url: plan if is_history(url) else None


def is_history(url: str) -> bool:
    """Whether this is the historical-data page of a coin."""
    place = urlsplit(url)
    return place.netloc == Pages.host and place.path.rstrip("/").endswith("/historical-data")


def opens_pages(config: Config) -> bool:
    """Whether the job needs a browser."""
    return page_plans(config) is not None
