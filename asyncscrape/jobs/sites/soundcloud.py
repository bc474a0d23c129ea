"""What jobs at SoundCloud have in common in their configs: the API, its credentials, its pace, and its robots.txt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, Protocol

from asyncscrape.access import Access, AppToken, GivenId, PublicId, TokenQuota
from asyncscrape.config.checks import Finding
from asyncscrape.config.models import Config
from asyncscrape.config.values import Misfit
from asyncscrape.parsers.soundcloud import official_api, web_api
from asyncscrape.parsers.soundcloud.official_api import OfficialApi
from asyncscrape.parsers.soundcloud.web_api import WebApi

SoundCloudApi = OfficialApi | WebApi
APIS: Mapping[str, type[SoundCloudApi]] = {"official": OfficialApi, "web": WebApi}
"""The APIs by their name in the config."""
AUTO = "auto"
CLIENT_ID, CLIENT_SECRET = "SOUNDCLOUD_CLIENT_ID", "SOUNDCLOUD_CLIENT_SECRET"
"""The variables that are read where the config gives no credentials."""
SECRET_NAMES = ("client_id", "oauth_token", "access_token", "track_authorization", "secret_token")
"""What answers hold that no archive may: who asks, and who may hear what is private."""
WEB_PROBE = f"https://{web_api.HOST}/search/users?q=a&limit=1"
PACES: Mapping[str, Mapping[str, Any]] = {
    official_api.HOST: {"delay": "500ms", "per_host": 2},
    web_api.HOST: {"delay": "1s", "per_host": 1, "rate": "500/10min"},
}
"""The pace at each API.

api.soundcloud.com       no limit is published for what is asked here; people report 429 where requests follow each
                         other at once, so there is half a second between them
api-v2.soundcloud.com    about 600 requests in ten minutes were let through elsewhere before a 429
"""


class SoundCloudKeys(Protocol):
    """The keys of a config that say which API is asked, and with which credentials."""

    @property
    def soundcloud(self) -> Literal["official", "web"]:
        """The API."""

    @property
    def client_id(self) -> str | None:
        """The id of an app, or of a web client."""

    @property
    def client_secret(self) -> str | None:
        """The secret of an app."""


def api_host(table: Mapping[str, Any]) -> str:
    """The host of the API that is asked, given the table of the config as written."""
    return web_api.HOST if table.get("soundcloud") == "web" else official_api.HOST


def environment(table: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """The credentials that the environment has."""
    if table.get("soundcloud") == "web":  # an app's id is none of the site's own pages
        return {}
    named = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return {key: f"env:{variable}" for key, variable in named.items() if environ.get(variable)}


def pace(host: str) -> dict[str, Any]:
    """The politeness for an API's host. With the user's own credentials the terms rule that he has agreed to."""
    return {**PACES[host], **({"robots": False} if host == official_api.HOST else {})}


def findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    """Contradictions between the keys."""
    if table.get("soundcloud", "official") == "official":
        if table.get("client_id") == AUTO:
            yield ("client_id",), '"auto" is for soundcloud = "web"; the official API needs the id of your own app'
    elif not re.fullmatch(r"[A-Za-z0-9_-]+", str(table.get("client_id", AUTO))):
        yield ("client_id",), Misfit("is not the id of a client; it consists of letters and digits")


def needs(table: Mapping[str, Any]) -> Iterator[Finding]:
    """Credentials that are missing."""
    if table.get("soundcloud", "official") == "official":
        for key, variable in (("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)):
            if not table.get(key):
                yield (
                    (key,),
                    'is missing: soundcloud = "official" needs the client id and secret of your own app, from '
                    f"soundcloud.com/you/apps; set the environment variable {variable}, or this key",
                )


def access(options: SoundCloudKeys, place: str) -> tuple[Access, ...]:
    """The credentials that the API wants; `place` is the table with the keys."""
    if options.soundcloud == "official":
        # The published limits for tokens: for each app, and for each address of a machine.
        quotas = (TokenQuota(50, 12 * 3600.0), TokenQuota(30, 3600.0))
        app = (options.client_id or "", options.client_secret or "")
        keys = f"{place}.client_id and {place}.client_secret"
        return (AppToken(official_api.HOST, *app, url=official_api.TOKEN_URL, quotas=quotas, keys=keys),)
    if options.client_id in (None, AUTO):
        return (PublicId(web_api.HOST, web_api.PARAMETER, web_api.HOME_PAGE, web_api.PUBLISHED_ID),)
    advice = 'get a new one, or write client_id = "auto"'
    given = GivenId(web_api.HOST, web_api.PARAMETER, options.client_id, WEB_PROBE, f"{place}.client_id", advice)
    return (given,)


def source(options: SoundCloudKeys) -> str:
    """Which API is asked, for people."""
    if options.soundcloud == "official":
        return f"from {official_api.HOST}, the official API, with your own client id and secret"
    where = f"the one that {web_api.HOME_PAGE} publishes" if options.client_id in (None, AUTO) else "yours"
    return f"from {web_api.HOST}, the API behind the site's pages; the client id is {where}"


def without_robots(config: Config, hosts: Iterable[str]) -> Iterator[str]:
    """Why the robots.txt of these hosts is not obeyed, for those of which it is not."""
    for host in hosts:
        rules = config.politeness.hosts.get(host)
        if rules is not None and rules.robots is False:
            yield (
                f"robots.txt of {host} is not obeyed: it closes the API to crawlers, but you ask with your own "
                "credentials, so the terms you agreed to for them apply instead"
            )
