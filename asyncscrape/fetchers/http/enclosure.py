"""What a host wants to see besides the URL: put into one exchange, and kept out of everything that is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

NONE: Mapping[str, str] = MappingProxyType({})


class Enclosure(NamedTuple):
    """The additions to one request."""

    headers: Mapping[str, str] = NONE
    query: Mapping[str, str] = NONE
    """Parameters for the URL that is sent; they replace those of the same name."""
    form: Mapping[str, str] | None = None
    """The fields of a form: then the request is a POST."""

    def url(self, url: str) -> str:
        """The URL that is sent."""
        for name, value in self.query.items():
            bare = without_parameter(url, name)
            url = f"{bare}{'&' if '?' in bare else '?'}{name}={quote(value, safe='')}"
        return url


def without_parameter(url: str, name: str) -> str:
    """The URL without this parameter in its query; all else stays as it is, to the letter."""
    if f"{name}=" not in url:
        return url
    place, _, query = url.partition("?")
    query, hash_, fragment = query.partition("#")
    kept = [pair for pair in query.split("&") if not re.match(rf"{re.escape(name)}(=|$)", pair)]
    return place + ("?" + "&".join(kept) if kept else "") + hash_ + fragment
