"""Answers that have been given, to be given again: the last ones asked for, up to a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from asyncscrape.replica.answers import Reply
from asyncscrape.replica.soundcloud.views import View


class KeptAnswers:
    """A function that answers, and remembers. Pages of the crowd are large: counting answers would bound nothing."""

    def __init__(self, make: Callable[[str, str, View], Reply], most_bytes: int) -> None:
        self._make = make
        self._room = most_bytes
        self._kept: OrderedDict[tuple[str, str, View], Reply] = OrderedDict()

    def __call__(self, path: str, text: str, view: View) -> Reply:
        """The answer to a path and a query."""
        key = path, text, view
        reply = self._kept.pop(key, None)
        if reply is None:
            reply = self._make(path, text, view)
            self._room -= len(reply.body)
        self._kept[key] = reply
        while self._room < 0:
            _, oldest = self._kept.popitem(last=False)
            self._room += len(oldest.body)
        return reply
