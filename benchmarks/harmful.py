"""Parsers that end, hang or bloat their process, in a module that it can load."""

from __future__ import annotations

import os

from asyncscrape.model import Response


def ending(response: Response) -> None:
    """A parser that ends its process."""
    os._exit(1)


def hanging(response: Response) -> None:
    """A parser that never ends."""
    while True:
        pass


def bloating(response: Response) -> None:
    """A parser that fills the memory."""
    held = []
    while True:
        held.append(bytearray(1_000_000))
