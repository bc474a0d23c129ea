"""What the user has said about hosts, as far as fetching must know: who may be asked, and who may see credentials."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from asyncscrape.addresses import Guard
from asyncscrape.urls import origin

NOBODY_NAMED = Guard.of(())


class Trust(msgspec.Struct, frozen=True):
    """The trust in hosts. Credentials are the headers and cookies of the config, and what `access` describes."""

    guard: Guard = NOBODY_NAMED
    """For addresses."""
    in_scope: Callable[[str], bool] = bool
    """Whether a URL belongs to the job's hosts. Default: each does."""
    plain_origins: frozenset[str] = frozenset()
    """Origins of http that the user named. Any other sees credentials over https only: a page of a site can link, and
    its server redirect, to the same host without TLS, where everybody on the way reads along."""
    cookie_domains: frozenset[str] = frozenset()
    """Hosts that the user named. Only for these may a site set cookies that further hosts see."""

    def confides(self, url: str) -> bool:
        """Whether the headers and cookies of the config may be sent to a canonical URL."""
        return self.in_scope(url) and self.keeps_secrets(url)

    def keeps_secrets(self, url: str) -> bool:
        """Whether nobody on the way reads along, or the user has said that this does not matter."""
        return url.startswith("https:") or origin(url) in self.plain_origins
