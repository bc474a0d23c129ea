"""What the rules of a config want of a browser, page by page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from asyncscrape.browsing import PagePlan, RuleNeeds, Use
from asyncscrape.config.browser_keys import plan_of
from asyncscrape.config.models import Config, PageRule
from asyncscrape.jobs.rules.rule_texts import remembered
from asyncscrape.urls import glob, path_and_query

LONGEST = 2_000
"""Characters of the longest path and query of a page that is opened: a regular expression may take minutes for more,
and this is asked where the whole run waits for the answer.
"""


class Plans:
    """The plans of all rules that may open pages in a browser."""

    def __init__(self, config: Config) -> None:
        self._rules: Sequence[tuple[list[re.Pattern[str]], PagePlan]] = [
            ([glob(one) for one in rule.match], with_needs(plan, rule, number))
            for number, rule in enumerate(config.page, 1)
            if (plan := plan_of(rule, config.fetch.browser.use, config.store.max_blob)).use is not Use.NEVER
        ]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __call__(self, url: str) -> PagePlan | None:
        """The plan for a page; None if no rule wants it opened. Several rules for one page add up."""
        path = path_and_query(url)
        if len(path) > LONGEST:
            return None
        plans = [plan for patterns, plan in self._rules if any(one.search(path) for one in patterns)]
        return together(plans) if plans else None


def with_needs(plan: PagePlan, rule: PageRule, number: int) -> PagePlan:
    """The plan of one rule, with what it wants of a page."""
    place = ", ".join(rule.match)
    needs = RuleNeeds(
        plan.use,
        number,
        f"{place} → {rule.table}" if rule.table else place,
        blake2b(remembered(rule).text.encode(), digest_size=8).hexdigest(),
        rule.table or "",
        bool(rule.follow),
        bool(rule.capture),
        rule.parser is not None,
    )
    return msgspec.structs.replace(plan, rules=(needs,))


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
        tuple(needs for plan in plans for needs in plan.rules),
        tuple(dict.fromkeys(one for plan in plans for one in plan.shots)),
        tuple(dict.fromkeys(one for plan in plans for one in plan.expects)),
    )
