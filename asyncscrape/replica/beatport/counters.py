"""What answers at each of the shop's hosts: the right answer, or the fault that is due."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from asyncscrape.replica.answers import Asked, Reply
from asyncscrape.replica.beatport import faults, media_hosts, official_api, web_pages
from asyncscrape.replica.beatport.stock import Shelves
from asyncscrape.replica.beatport.tokens import BearerTokens
from asyncscrape.replica.behaviour import Switches

Source = Callable[[Asked, bool], Reply | None]
"""Answers a request; the second argument says whether track pages are of the old kind."""


def counters(switches: Switches) -> list[Callable[[Asked], Reply]]:
    """The API, the pages, the pictures and the previews; all sell the same stock."""
    shelves, tokens = Shelves(switches), BearerTokens()
    sources: tuple[Source, ...] = (
        lambda asked, _: official_api.answer(shelves.now_on_sale, tokens, asked),
        lambda asked, is_old: web_pages.answer(shelves.now_on_sale, asked, is_old),
        lambda asked, _: media_hosts.picture(asked),
        lambda asked, _: media_hosts.sample(shelves.now_on_sale, asked),
    )
    return [partial(_answer, switches, source) for source in sources]


def _answer(switches: Switches, source: Source, asked: Asked) -> Reply:
    fault = switches.fault(asked)
    if fault is None:
        return source(asked, False) or web_pages.unknown()
    right = faults.instead(fault, asked.host) or source(asked, fault.kind == "old-track-page")
    return faults.bent(fault, right or web_pages.unknown())
