"""Step 5 of the crawl: what a good answer says, as it came or as a browser has opened it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

import msgspec

from asyncscrape.browsing import PagePlan, Use
from asyncscrape.crawl.host_policies import HostPolicies
from asyncscrape.fetchers.base import Browser
from asyncscrape.model import UNMATCHED, Lines, Response
from asyncscrape.parsing.base import Parsed, Parsing, Unparsed
from asyncscrape.urls import authority

HTML = frozenset({"text/html", "application/xhtml+xml", ""})
"""Types of answers that a browser makes more of than they are."""


class AnswerReader:
    """Reads answers, in a browser where their rules want it."""

    def __init__(
        self,
        parsing: Parsing,
        browser: Browser | None,
        plans: Callable[[str], PagePlan | None] | None,
        policies: HostPolicies,
    ) -> None:
        self._parsing = parsing
        self._browser = browser
        self._plans = plans
        self._policies = policies

    def prepare(self) -> None:
        """An answer will come soon."""
        self._parsing.prepare()

    @property
    def apart(self) -> int:
        """Answers that only wait, perhaps for long, and hold up no others."""
        return self._parsing.apart

    async def read(self, response: Response, *, alone: bool = False) -> Parsed | Unparsed:
        """The contents of an answer. Raises FetchError if the browser does not get through with it."""
        plan = self._plans(response.url) if self._plans else None
        if plan is None or self._browser is None or response.content_type not in HTML:
            return await self._parsing.read(response, alone=alone)
        if plan.use is Use.AUTO:
            found = await self._parsing.read(response, alone=alone)
            if not lacking(found):
                return found
        agent = self._policies.user_agent(authority(response.url))
        opened = await self._browser.open(response, plan, agent)
        return together([await self._parsing.read(one, alone=alone) for one in opened])


def lacking(found: Parsed | Unparsed) -> bool:
    """Whether an answer may say more in a browser."""
    return isinstance(found, Unparsed) or not (found.records or found.links or found.outside)


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
