"""Parsers that do what no parser should."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asyncscrape.errors import Gone, Retry
from asyncscrape.model import Page, Parser, Response

KILLED = Path(tempfile.gettempdir())


def endless(response: Response) -> Page:
    """Hold the interpreter, as a regular expression does."""
    re.fullmatch("(a+)+b", "a" * 60)
    return Page()


def asleep(response: Response) -> Page:
    time.sleep(600)
    return Page()


def slow(response: Response) -> Page:
    """Take a part of the time it may take."""
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
    return Page()


def greedy(response: Response) -> Page:
    return Page(uses=[str(len([bytearray(1_000_000) for _ in range(1_000)]))])


def crashing(response: Response) -> Page:
    ctypes.string_at(0)
    return Page()


def leaving(response: Response) -> Page:
    os._exit(7)


def faulty(response: Response) -> Page:
    raise KeyError("price")


def odd_uses(response: Response) -> Page:
    return Page(uses=[object()])  # type: ignore[list-item]


def odd_wait(response: Response) -> Page:
    raise Retry("busy", after="30")  # type: ignore[arg-type]


def process(response: Response) -> Page:
    return Page(uses=[str(os.getpid())])


def killed_once(response: Response) -> Page:
    """End like the victim of somebody who has seen too little memory; the second time, all is well."""
    mark = KILLED / f"asyncscrape-{os.getppid()}-{response.request.id}"
    if mark.exists():
        mark.unlink()
        return Page()
    mark.touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return Page()


def facts(response: Response) -> Page:
    """Tell everything about an answer."""
    request = response.request
    told = [response.url, request.asked, request.kind, request.id, response.status, response.headers["content-type"]]
    return Page(uses=[*map(str, told), str(response.fetched_at), str(response.elapsed), response.encoding])


class Unloadable:
    """A parser that ends the process that loads it."""

    def __call__(self, response: Response) -> Page:
        return Page()

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (7,)


HARMLESS = (slow, faulty, odd_uses, odd_wait, process, facts)
PARSERS: Mapping[str, Parser] = {
    parser.__name__: parser for parser in (*HARMLESS, endless, asleep, greedy, crashing, leaving, killed_once)
}


def gone(response: Response) -> Page:
    """The site says that there is no such page."""
    raise Gone("sold out")
