"""What `check` says of pages that need a browser, and of the browser that this machine has for them."""

from __future__ import annotations

from collections.abc import Iterator

from asyncscrape.browsing import Use
from asyncscrape.commands.needed_extras import BROWSER
from asyncscrape.config.browser_keys import plan_of
from asyncscrape.config.models import Config, PageRule
from asyncscrape.crawl.build import find_browser
from asyncscrape.errors import UsageError
from asyncscrape.extras import missing_modules
from asyncscrape.units import in_words
from asyncscrape.urls import glob

TOPIC = "browser"
WHEN = {
    Use.ALWAYS: "opened in a browser",
    Use.AUTO: "opened in a browser where plain HTTP brings too little",
}


def browser_plan(config: Config) -> Iterator[str]:
    """Which rules open pages, and how; nothing if none does."""
    settings = config.fetch.browser.settings
    uses = [plan_of(rule, config.fetch.browser.use).use for rule in config.page]
    for use, words in WHEN.items():
        if numbers := [str(number) for number, one in enumerate(uses, 1) if one is use]:
            yield f"{'rule' if len(numbers) == 1 else 'rules'} {', '.join(numbers)}: {words}"
    for login in config.fetch.browser.login:
        yield f"signs in at {login.url} before anything else of {', '.join(login.plan.hosts)}"
    if config.fetch.browser.login or any(one in WHEN for one in uses):
        block = f", without {', '.join(settings.block)}" if settings.block else ""
        tabs = "1 tab" if settings.tabs == 1 else f"{settings.tabs} tabs at once"
        yield f"{tabs}, {in_words(settings.timeout)} for a page with all its steps{block}"


def add_found_browser(plan: dict[str, list[str]], config: Config) -> UsageError | None:
    """Tell in the plan which browser a run would use; the error, with what to do, if there is none."""
    if TOPIC not in plan or missing_modules(BROWSER):
        return None
    try:
        found = find_browser(config)
    except UsageError as error:
        return error
    sandbox = "in its sandbox, if the system allows that" if found.sandbox else "without a sandbox, as it is for root"
    plan[TOPIC].append(f"{found.path}, version {found.version}, {sandbox}")
    return None


def capture_notes(config: Config) -> Iterator[str]:
    """Captures that no rule reads."""
    for number, rule in enumerate(config.page, 1):
        for pattern in rule.capture:
            if not any(_may_read(other, pattern) for other in config.page):
                yield f'rule {number} captures {pattern}, and no rule reads it; add a rule with match = "{pattern}"'


def _may_read(rule: PageRule, pattern: str) -> bool:
    """Whether a rule fits URLs of this pattern, as far as can be told."""
    if pattern.startswith("re:"):
        return True
    some = pattern.replace("*", "1")
    return any(one == pattern or glob(one).search(some) for one in rule.match)
