"""SoundCloud's hosts as sites of the replica. How they answer is loaded when one is asked: starts stay quick."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from asyncscrape.replica.answers import READ_ONLY, Asked, Reply
from asyncscrape.replica.behaviour import Switches

if TYPE_CHECKING:
    from asyncscrape.replica.soundcloud.answering import Answering

TOKENS = "secure.soundcloud.com"
HOSTS = (
    "api.soundcloud.com",
    TOKENS,
    "api-v2.soundcloud.com",
    "soundcloud.com",
    "a-v2.sndcdn.com",
    "i1.sndcdn.com",
    "a1.sndcdn.com",
    "wave.sndcdn.com",
    "w1.sndcdn.com",
    "cf-media.sndcdn.com",
)


class Everything:
    """All hosts of one replica."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    @cached_property
    def hosts(self) -> dict[str, Answering]:
        """The hosts by name; they share their tokens."""
        from asyncscrape.replica.soundcloud.answering import hosts

        return hosts(self._switches)


class SoundCloud:
    """One of the hosts."""

    def __init__(self, everything: Everything, name: str) -> None:
        self.methods = (*READ_ONLY, "POST") if name == TOKENS else READ_ONLY
        self._everything = everything
        self._name = name

    def answer(self, asked: Asked) -> Reply:
        """The answer, or the fault that is due."""
        return self._everything.hosts[self._name].answer(asked)


def sites(switches: Switches) -> dict[str, SoundCloud]:
    """The hosts by name. They tell of one scene, so that all tell the same story."""
    everything = Everything(switches)
    return {name: SoundCloud(everything, name) for name in HOSTS}
