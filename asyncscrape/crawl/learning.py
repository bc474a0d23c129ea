"""What a crawl does with what was learned about the use of a browser.

Within a generation, a page is opened because of what is on it, not because of pages before it: so a run that was
killed and resumed opens the pages that an undisturbed one does, and none loses a record. What was learned decides
only who waits for a tab behind others.

The generations before have seen the pages. Where a browser was in vain on all of them that it opened, and they were
many, pages are passed over; where plain HTTP was never enough, they are opened at once. Of each twenty such pages one
is still tested. As soon as a test finds otherwise, all pages after it are treated as in a first generation. All of
this is about a host, and goes with it from worker to worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asyncscrape.browsing import RuleNeeds
from asyncscrape.openings import Experience, RuleOnPage
from asyncscrape.urls import authority, fingerprint

TEST_ONE_OF = 20


class Learning:
    """The experience of this job and what follows from it."""

    def __init__(self, known: Iterable[Experience], generation: int) -> None:
        self._known = {(one.key, one.host): one for one in known}
        self._generation = generation

    def hopeless(self, rules: Sequence[RuleNeeds], url: str) -> bool:
        """Whether a page that lacks something for these rules is not worth a browser."""
        return all(self._about(needs, url).hopeless for needs in rules) and not self._tests(url)

    def sure(self, rules: Sequence[RuleNeeds], url: str) -> bool:
        """Whether a page for these rules is opened without a look at what plain HTTP has brought."""
        return any(self._about(needs, url).sure for needs in rules) and not self._tests(url)

    def unlikely(self, rules: Sequence[RuleNeeds], url: str) -> bool:
        """Whether a page that lacks something for these rules lets others go first."""
        return all(self._about(needs, url).unlikely for needs in rules)

    def take_over(self, learned: Iterable[Experience]) -> None:
        """Know what another worker has learned about a host, which is this worker's from now on."""
        self._known |= {(one.key, one.host): one for one in learned}

    def note(self, url: str, told: Iterable[RuleOnPage]) -> None:
        """Learn from a page."""
        host = authority(url)
        for one in told:
            before = self._known.get((one.key, host)) or Experience(one.key, host)
            self._known[one.key, host] = before.after(one.brought)

    def _about(self, needs: RuleNeeds, url: str) -> Experience:
        host = authority(url)
        return self._known.get((needs.key, host)) or Experience(needs.key, host)

    def _tests(self, url: str) -> bool:
        """Whether this is one of the pages that test what was learned; others in each generation."""
        return int.from_bytes(fingerprint("test", url, str(self._generation))) % TEST_ONE_OF == 0
