"""What a host wants to see with every request besides the URL: credentials, described but not yet fetched.

They are no part of a request's URL, because they are secret and change while the request stays the same. So nothing
that is stored or shown holds them: the queue, the records, the log. `fetchers/http` obtains and sends them: see
`fetchers/http/with_access.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec


class TokenQuota(msgspec.Struct, frozen=True):
    """How many tokens may be asked for in a time."""

    most: int
    seconds: float


class Wanted(msgspec.Struct, frozen=True):
    """What one host wants to see; shown without its secrets, wherever it is shown."""

    host: str
    """The authority whose requests carry it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.host!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("host", self.host)]


class AppToken(Wanted, frozen=True):
    """A token that an app gets for its own id and secret (OAuth client credentials), renewed before it ends."""

    client_id: str
    client_secret: str
    url: str
    """Where it is asked for."""
    scheme: str = "OAuth"
    """The first word of the header Authorization."""
    quotas: tuple[TokenQuota, ...] = ()
    keys: str = "client_id and client_secret"
    """Their names for people, in a message that the host refuses them."""


class PublicId(Wanted, frozen=True):
    """An id in the query that the site publishes on one of its own pages, for everybody; it changes now and then."""

    parameter: str
    page: str
    """The page that publishes it."""
    pattern: str
    """A regular expression whose first group is the id on that page."""


class GivenId(Wanted, frozen=True):
    """An id in the query that the user has given."""

    parameter: str
    value: str
    probe: str
    """A URL at the host that only a good id opens: asked once before the crawl begins, and after a refusal."""
    keys: str = "the id"
    """Its name for people, in a message that the host refuses it."""
    advice: str = "get a new one"
    """What they can do then."""


class GivenToken(Wanted, frozen=True):
    """A token that the user has given; nobody but the user can renew it."""

    value: str
    probe: str
    """A URL at the host that only a good token opens: asked once before the crawl begins, and after a refusal."""
    scheme: str = "Bearer"
    keys: str = "the token"
    """Its name for people, in a message that the host refuses it."""
    advice: str = "get a new one"
    """What they can do then."""


Access = AppToken | PublicId | GivenId | GivenToken


def urls_of(wanted: Access) -> list[str]:
    """The URLs that it names."""
    places = (getattr(wanted, name, "") for name in ("url", "page", "probe"))
    return [place for place in places if place]


def secrets_of(wanted: Iterable[Access]) -> list[str]:
    """The credentials in it."""
    values = (getattr(one, name, "") for one in wanted for name in ("client_id", "client_secret", "value"))
    return [value for value in values if value]


OPEN_HEADERS = frozenset(
    {"accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "dnt", "pragma", "sec-gpc"}
)
"""The headers that say what we would like to get, and never who we are."""


def may_be_secret(header: str) -> bool:
    """Whether a header of the config may be a credential: any may that is not known to be none, whatever its name."""
    return header.lower() not in OPEN_HEADERS
