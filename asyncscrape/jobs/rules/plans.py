"""What the rules of a config want of a browser, page by page."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asyncscrape.browsing import PagePlan, Use
from asyncscrape.config.browser_keys import plan_of
from asyncscrape.config.models import Config
from asyncscrape.urls import glob, path_and_query


class Plans:
    """The plans of all rules that may open pages in a browser."""

    def __init__(self, config: Config) -> None:
        self._rules: Sequence[tuple[list[re.Pattern[str]], PagePlan]] = [
            ([glob(one) for one in rule.match], plan)
            for rule in config.page
            if (plan := plan_of(rule, config.fetch.browser.use, config.store.max_blob)).use is not Use.NEVER
        ]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __call__(self, url: str) -> PagePlan | None:
        """The plan for a page; None if no rule wants it opened. Several rules for one page add up."""
        path = path_and_query(url)
        plans = [plan for patterns, plan in self._rules if any(one.search(path) for one in patterns)]
        return together(plans) if plans else None


def together(plans: Sequence[PagePlan]) -> PagePlan:
    """One plan for a page that several rules read."""
    if len(plans) == 1:
        return plans[0]
    return PagePlan(
        Use.ALWAYS if any(plan.use is Use.ALWAYS for plan in plans) else Use.AUTO,
        tuple(dict.fromkeys(what for plan in plans for what in plan.wait)),
        tuple(dict.fromkeys(one for plan in plans for one in plan.dismiss)),
        tuple(step for plan in plans for step in plan.steps),
        tuple(dict.fromkeys(one for plan in plans for one in plan.capture)),
        tuple(dict.fromkeys(one for plan in plans for one in plan.shots)),
    )
