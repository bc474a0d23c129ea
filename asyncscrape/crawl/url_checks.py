"""URLs that regular expressions of the scope must be asked about again, right before they are fetched.

A hostile URL can keep an expression busy for hours. So this is asked where pages are parsed, under their limits:
there a URL is an empty page with a parser of its own. It counts as a page of the host that has named it.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from asyncscrape.errors import Reason
from asyncscrape.model import Outcome, Page, Request, Response, State
from asyncscrape.parsers.errors import ParseError
from asyncscrape.parsing.base import Mishap, Parsed, Unparsed
from asyncscrape.urls import PathScope

URL_CHECK = "[scope]"
"""The kind of request that stands for this question; no job has a kind of this name."""

NO_HTML = {"Content-Type": "text/uri-list"}
"""No browser opens it."""


class UrlCheck(msgspec.Struct, frozen=True):
    """The parser that answers it."""

    paths: PathScope

    def __call__(self, response: Response) -> Page:
        """An empty page if the URL is in scope. Raises ParseError, with the reason, if it is not."""
        if why := self.paths.why_not(response.request.note):
            raise ParseError(why)
        return Page()


def question(request: Request) -> Response:
    """Whether the URL of a request is in scope, as an answer that can be parsed."""
    named_by = request.hops[-1] if request.hops else request.parent or request.url
    return Response(Request(named_by, URL_CHECK, note=request.url), 200, NO_HTML, b"", datetime.now(UTC))


def left_out(request: Request, answer: Parsed | Unparsed) -> Outcome | None:
    """The end of a request that is out of scope, or too hard to tell; None if it is in scope."""
    if isinstance(answer, Parsed):
        return None
    if answer.mishap is Mishap.PARSE:
        return Outcome(request, State.SKIPPED, Reason.SCOPE, answer.why)
    return Outcome.failed(request, Reason.PARSER_OVERRUN, f"the patterns of [scope] on its URL: {answer.why}")
