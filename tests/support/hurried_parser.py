"""A parser in a hurry, in a module from which the processes that parse can load it."""

from __future__ import annotations

from asyncscrape.errors import Retry
from asyncscrape.model import Page, Parser, Response


class Hurried:
    """A parser that has its answers asked for again soon."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser

    def __call__(self, response: Response) -> Page:
        try:
            return self._parser(response)
        except Retry as retry:
            raise Retry(str(retry), retry.after and 0.05) from None
