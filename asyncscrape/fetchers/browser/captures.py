"""Answers that an open page gets for itself, and that rules read as pages of their own.

They are asked for by plain HTTP, which keeps what comes: a browser forgets large answers, and all of them once the
page has gone on to another document.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from asyncscrape.errors import FetchError, Reason
from asyncscrape.model import Response
from asyncscrape.urls import glob, path_and_query

log = logging.getLogger(__name__)

TOO_MANY, FAULTS = 429, 500
"""Too many requests; and from here on the server's own faults: they may be gone the next time."""


class Captures:
    """What one page after the other captures."""

    def __init__(self) -> None:
        self._wanted: Sequence[str] = ()
        self._kept: list[Response] = []
        self._missed: FetchError | None = None

    def begin(self, wanted: Sequence[str]) -> None:
        """A page is opened, and these globs say what it captures."""
        self._wanted, self._kept, self._missed = wanted, [], None

    def wants(self, url: str) -> bool:
        """Whether the page's plan wants what is at this URL."""
        return any(glob(one).search(path_and_query(url)) for one in self._wanted)

    def keep(self, url: str, answer: Response) -> None:
        """An answer has come."""
        status = answer.status
        if 200 <= status < 300:
            self._kept.append(answer)
        elif status == TOO_MANY or status >= FAULTS:
            self.miss(FetchError(Reason.BROWSER, f"{url} answered {status}", transient=True))
        else:
            log.info("%s answered %d, and is not captured", url, status)

    def miss(self, why: FetchError) -> None:
        """One could not be had."""
        self._missed = self._missed or why

    def kept(self) -> Sequence[Response]:
        """All of them. Raises FetchError if one is missing: its page would lack records, and nobody would know."""
        if self._missed is not None:
            raise self._missed
        return self._kept
