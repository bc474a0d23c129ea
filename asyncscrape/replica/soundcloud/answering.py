"""How each of SoundCloud's hosts answers."""

from __future__ import annotations

from collections.abc import Callable

from asyncscrape.replica.answers import Asked, Reply
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.soundcloud import faults, media_hosts, official_api, pages, web_api
from asyncscrape.replica.soundcloud.broken_lists import fault_of
from asyncscrape.replica.soundcloud.tokens import Tokens
from asyncscrape.replica.soundcloud.views import View, view

Source = Callable[[Asked, View], Reply | None]


class Answering:
    """One of the hosts. They tell of one scene, so that all tell the same story."""

    def __init__(self, switches: Switches, source: Source) -> None:
        self._switches = switches
        self._source = source

    def answer(self, asked: Asked) -> Reply:
        """The answer, or the fault that is due."""
        fault = self._switches.fault(asked) or fault_of(asked, self._switches.crowd)
        if fault is None:
            return self._right(asked)
        if fault.kind == "rotate":
            self._switches.change({"rotations": self._switches.now.rotations + 1})
        return faults.bent(fault, asked, faults.instead(fault, asked) or self._right(asked))

    def _right(self, asked: Asked) -> Reply:
        return self._source(asked, view(self._switches)) or pages.unknown()


def hosts(switches: Switches) -> dict[str, Answering]:
    """The hosts by name."""
    tokens = Tokens(switches)
    sources: dict[str, Source] = {
        "secure.soundcloud.com": lambda asked, _: tokens.answer(asked),
        official_api.HOST: official_api.answer,
        web_api.HOST: web_api.answer,
        "soundcloud.com": pages.answer,
        "a-v2.sndcdn.com": pages.script,
        "i1.sndcdn.com": media_hosts.picture,
        "a1.sndcdn.com": media_hosts.avatar,
        "wave.sndcdn.com": media_hosts.waveform,
        "w1.sndcdn.com": media_hosts.waveform,
        "cf-media.sndcdn.com": media_hosts.audio,
    }
    return {host: Answering(switches, source) for host, source in sources.items()}
