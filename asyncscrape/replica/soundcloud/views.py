"""How an API shows the scene: with which people, and with which links from page to page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from asyncscrape.replica.answers import Reply
from asyncscrape.replica.behaviour import Switches
from asyncscrape.replica.crowd.nouns import Crowd
from asyncscrape.replica.soundcloud.world import World

JSON_UTF8 = "application/json; charset=utf-8"
End = Literal["null", "absent"]
LastLink = Literal["usual", "null", "absent"]


@dataclass(frozen=True)
class View:
    """The switches on which answers depend. An answer is a function of the address and the view, and kept."""

    world: World
    rotations: int
    last_link: LastLink

    @property
    def client_id(self) -> str:
        """The public client id of today."""
        return blake2b(f"client {self.rotations}".encode(), digest_size=16).hexdigest()

    def page(self, items: Sequence[Any], next_href: str | None, usual_end: End, **more: Any) -> Reply:
        """One page of a list."""
        link = {"next_href": next_href}
        if next_href is None and (usual_end if self.last_link == "usual" else self.last_link) == "absent":
            link = {}
        return encoded({"collection": items, **link, **more})


def view(switches: Switches) -> View:
    """The view that the switches ask for."""
    return _view(switches.now.weeks, switches.crowd, switches.now.rotations, switches.now.last_link)


@lru_cache(maxsize=16)
def _view(weeks: int, crowd: Crowd, rotations: int, last_link: LastLink) -> View:
    return View(World(weeks, crowd), rotations, last_link)


def encoded(value: Any, status: int = 200) -> Reply:
    """A JSON answer. It is not packed: over loopback that costs more than it saves."""
    return Reply(msgspec.json.encode(value), JSON_UTF8, status, packable=False)


def limit_of(query: Mapping[str, str], usual: int, most: int = 200) -> int:
    """The size of a page."""
    wanted = query.get("limit") or query.get("page_size") or ""
    return min(max(int(wanted), 1), most) if wanted.isdecimal() else usual


def offset_of(query: Mapping[str, str]) -> int:
    """The place at which a page begins."""
    wanted = query.get("offset", "")
    return int(wanted) if wanted.isdecimal() else 0


def number_in(name: str) -> int | None:
    """The number in an id or a URN."""
    number = name.rpartition(":")[2]
    return int(number) if number.isdecimal() and len(number) < 19 else None
