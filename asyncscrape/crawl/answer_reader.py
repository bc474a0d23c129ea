"""Step 5 of the crawl: what a good answer says, as it came or as a browser has opened it.

1. A page of a rule with `browser = true` is opened; so is one for which plain HTTP was never enough.
2. Any other is read as it came. If its rules have all they want, or a browser cannot show more, that is all.
3. Otherwise it is opened, unless that was always in vain.
4. Everything that the open page shows is read: after each turn, and the answers it captures.
5. What this was good for is told along with the contents, and stored in the same transaction.

The document itself is fetched once in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import msgspec

from asyncscrape.browsing import PagePlan, RuleNeeds, Use
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.crawl.lacking import brought, can_change, lacking, may_be_opened
from asyncscrape.crawl.learning import Learning
from asyncscrape.crawl.page_files import parted, with_files
from asyncscrape.crawl.tab_queue import TabQueue
from asyncscrape.errors import FetchError
from asyncscrape.fetchers.base import Browser, Leave
from asyncscrape.model import UNMATCHED, Lines, Response
from asyncscrape.openings import Brought, Opening, RuleOnPage
from asyncscrape.parsing.base import Parsed, Parsing, Unparsed
from asyncscrape.urls import authority

Now = Callable[[], float]


class Tabs(NamedTuple):
    """The browser of a crawl, and how it is used."""

    browser: Browser
    plans: Callable[[str], PagePlan | None]
    queue: TabQueue
    learning: Learning
    leave: Leave | None = None
    """Where pages may go on to."""

    @classmethod
    def alone(cls, browser: Browser, plans: Callable[[str], PagePlan | None], leave: Leave) -> Tabs:
        """A browser that nothing is known of yet, for single pages."""
        return cls(browser, plans, TabQueue(1), Learning((), 1), leave)


class AnswerReader:
    """Reads answers, in a browser where their rules want it."""

    def __init__(self, parsing: Parsing, tabs: Tabs | None, policies: HostPolicies, now: Now) -> None:
        self._parsing = parsing
        self._tabs = tabs
        self._policies = policies
        self._now = now

    def prepare(self) -> None:
        """An answer will come soon."""
        self._parsing.prepare()

    @property
    def apart(self) -> int:
        """Answers that only wait, perhaps for long, and hold up no others."""
        if self._tabs is None:
            return self._parsing.apart
        return self._parsing.apart + self._tabs.queue.apart + (self._tabs.leave.waiting if self._tabs.leave else 0)

    async def read(self, response: Response, *, alone: bool = False) -> Parsed | Unparsed:
        """The contents of an answer. Raises FetchError if the browser does not get through with it."""
        plan = self._tabs.plans(response.url) if self._tabs and may_be_opened(response) else None
        if self._tabs is None or plan is None:
            return await self._parsing.read(response, alone=alone)
        found = await OnePlan(self._parsing, self._tabs, self._policies, self._now, plan, alone).read(response)
        if found.opening:
            self._tabs.learning.note(response.url, found.opening.rules)
        return found


class OnePlan:
    """Reads one answer by what its rules want of a browser."""

    def __init__(
        self, parsing: Parsing, tabs: Tabs, policies: HostPolicies, now: Now, plan: PagePlan, alone: bool
    ) -> None:
        self._parsing = parsing
        self._tabs = tabs
        self._policies = policies
        self._now = now
        self._plan = plan
        self._alone = alone

    async def read(self, response: Response) -> Parsed | Unparsed:
        """Its contents."""
        if self._plan.use is Use.ALWAYS:
            return await self._at_once(response)
        if self._tabs.learning.sure(self._plan.rules, response.url):
            return await self._at_once_if_possible(response)
        return await self._if_needed(response, await self._as_it_came(response))

    async def _at_once(self, response: Response) -> Parsed | Unparsed:
        """Opened without a look at what plain HTTP has brought."""
        found, seconds = await self._opened(response)
        return with_opening(found, Opening(True, seconds, told(self._plan.rules, lambda needs: Brought.AT_ONCE)))

    async def _at_once_if_possible(self, response: Response) -> Parsed | Unparsed:
        """The same for a page that may not need it: if the browser fails, plain HTTP may have brought everything."""
        try:
            return await self._at_once(response)
        except FetchError:
            found = await self._as_it_came(response)
            if lacking(self._plan, found):
                raise
            enough = told(self._plan.rules, lambda needs: Brought.BY_HTTP)
            return with_opening(found, Opening(False, rules=enough))

    async def _if_needed(self, response: Response, found: Parsed | Unparsed) -> Parsed | Unparsed:
        """Opened if it misses something that a browser may bring."""
        missing = lacking(self._plan, found)
        content = [needs for needs in self._plan.rules if isinstance(found, Parsed) and needs not in missing]
        others = told(content, lambda needs: Brought.BY_HTTP)
        if not missing or not can_change(response, self._plan):
            return with_opening(found, Opening(False, rules=others))
        if self._tabs.learning.hopeless(missing, response.url):
            passed = told(missing, lambda needs: Brought.PASSED_OVER)
            return with_opening(found, Opening(False, rules=(*others, *passed)))
        last = self._tabs.learning.unlikely(missing, response.url)
        after, seconds = await self._opened(response, last=last)
        for_them = told(missing, lambda needs: brought(needs, found, after))
        return with_opening(after, Opening(True, seconds, (*others, *for_them)))

    async def _as_it_came(self, response: Response) -> Parsed | Unparsed:
        return await self._parsing.read(response, alone=self._alone)

    async def _opened(self, response: Response, *, last: bool = False) -> tuple[Parsed | Unparsed, float]:
        """Everything that the open page shows, and the seconds for which it was open; `last` behind other pages."""
        agent = self._policies.user_agent(authority(response.url))
        async with self._tabs.queue.tab(len(response.body), last=last):
            begun = self._now()
            answers = await self._tabs.browser.open(response, self._plan, agent, self._tabs.leave)
            seconds = max(0.0, self._now() - begun)
        pages, files = parted(answers)
        parts = [pages[0], *(replace(one, page=response.url) for one in pages[1:])]
        read = [named(await self._as_it_came(one), one.url, response.url) for one in parts]
        return with_files(together(read), files), seconds


def told(rules: Iterable[RuleNeeds], what: Callable[[RuleNeeds], Brought]) -> tuple[RuleOnPage, ...]:
    """What was found out about each of these rules."""
    return tuple(RuleOnPage(needs.name, needs.key, what(needs)) for needs in rules)


def with_opening(found: Parsed | Unparsed, opening: Opening) -> Parsed | Unparsed:
    """The contents of a page, or why it has none, with what the browser was good for."""
    return msgspec.structs.replace(found, opening=opening)


def named(found: Parsed | Unparsed, url: str, page: str) -> Parsed | Unparsed:
    """The contents of an answer that an open page has captured; if it has none, the reason names it."""
    if isinstance(found, Parsed) or url == page:
        return found
    return msgspec.structs.replace(found, why=f"{url}: {found.why}")


def together(found: Sequence[Parsed | Unparsed]) -> Parsed | Unparsed:
    """Everything that an open page says: after each turn, and in the answers it captures. It fails as a whole."""
    for one in found:
        if isinstance(one, Unparsed):
            return one
    pages = [one for one in found if isinstance(one, Parsed)]
    if len(pages) == 1:
        return pages[0]
    matched = [use for page in pages for use in page.uses if use != UNMATCHED]
    return Parsed(
        records=_joined(pages),
        links=list(dict.fromkeys(chain.from_iterable(page.links for page in pages))),
        blobs=list(dict.fromkeys(chain.from_iterable(page.blobs for page in pages))),
        flaws=[flaw for page in pages for flaw in page.flaws],
        nofollow=list(dict.fromkeys(chain.from_iterable(page.nofollow for page in pages))),
        uses=list(dict.fromkeys(matched)) or [UNMATCHED],
        finding=pages[0].finding,
        outside=list(dict.fromkeys(chain.from_iterable(page.outside for page in pages))),
    )


def _joined(pages: Sequence[Parsed]) -> dict[str, Lines]:
    """The records of all pages. The lines of each begin with one that says its origin, so they follow one another."""
    joined: dict[str, Lines] = {}
    for page in pages:
        for table, lines in page.records.items():
            before = joined.get(table, Lines(0, b""))
            joined[table] = msgspec.structs.replace(
                before, count=before.count + lines.count, text=before.text + lines.text
            )
    return joined
