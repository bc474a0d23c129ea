"""What a host wants to see with every request besides the URL: credentials, described but not yet fetched.

They are no part of a request's URL, because they are secret and change while the request stays the same. So nothing
that is stored or shown holds them: the queue, the records, the log. `fetchers/http` obtains and sends them.
"""

from __future__ import annotations

import msgspec


class TokenQuota(msgspec.Struct, frozen=True):
    """How many tokens may be asked for in a time."""

    most: int
    seconds: float


class AppToken(msgspec.Struct, frozen=True):
    """A token that an app gets for its own id and secret (OAuth client credentials), renewed before it ends."""

    host: str
    """The authority whose requests carry it."""
    client_id: str
    client_secret: str
    url: str
    """Where it is asked for."""
    scheme: str = "OAuth"
    """The first word of the header Authorization."""
    quotas: tuple[TokenQuota, ...] = ()


class PublicId(msgspec.Struct, frozen=True):
    """An id in the query that the site publishes on one of its own pages, for everybody; it changes now and then."""

    host: str
    parameter: str
    page: str
    """The page that publishes it."""
    pattern: str
    """A regular expression whose first group is the id on that page."""


class GivenId(msgspec.Struct, frozen=True):
    """An id in the query that the user has given."""

    host: str
    parameter: str
    value: str


class GivenToken(msgspec.Struct, frozen=True):
    """A token that the user has given; nobody but the user can renew it."""

    host: str
    token: str
    probe: str
    """A URL at the host that only a good token opens: asked once before the crawl begins."""
    scheme: str = "Bearer"


Access = AppToken | PublicId | GivenId | GivenToken
