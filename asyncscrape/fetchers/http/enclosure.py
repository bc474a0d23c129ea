"""What a host wants to see besides the URL: put into one exchange, and kept out of everything that is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

NONE: Mapping[str, str] = MappingProxyType({})
JSON = "application/json; charset=utf-8"


class Enclosure(NamedTuple):
    """The additions to one request."""

    headers: Mapping[str, str] = NONE
    query: Mapping[str, str] = NONE
    """Parameters for the URL that is sent; they replace those of the same name."""
    form: Mapping[str, str] | None = None
    """The fields of a form: then the request is a POST."""
    method: str = ""
    """Another method than GET, or POST for a form."""
    body: bytes | None = None
    """What is sent instead of a form."""
    of_page: bool = False
    """Whether an open page asks for it, whose bytes are bounded together."""

    def url(self, url: str) -> str:
        """The URL that is sent."""
        for name, value in self.query.items():
            bare = without_parameter(url, name)
            url = f"{bare}{'&' if '?' in bare else '?'}{name}={quote(value, safe='')}"
        return url


class ShownAs(NamedTuple):
    """Where a host wants to see a credential."""

    scheme: str = ""
    """The first word of the header Authorization, if it is there."""
    parameter: str = ""
    """Its name in the query, if it is there."""

    def enclose(self, credential: str) -> Enclosure:
        """What to add to a request; hosts that want a header speak JSON."""
        if self.parameter:
            return Enclosure(query={self.parameter: credential})
        return Enclosure({"Authorization": f"{self.scheme} {credential}", "Accept": f"{JSON}, */*;q=0.5"})


def without_parameter(url: str, name: str) -> str:
    """The URL without this parameter in its query; all else stays as it is, to the letter."""
    if f"{name}=" not in url:
        return url
    place, _, query = url.partition("?")
    query, hash_, fragment = query.partition("#")
    kept = [pair for pair in query.split("&") if not re.match(rf"{re.escape(name)}(=|$)", pair)]
    return place + ("?" + "&".join(kept) if kept else "") + hash_ + fragment
