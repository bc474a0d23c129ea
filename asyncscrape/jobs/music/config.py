"""The table `[music]`: its keys, the checks between them, and the politeness that suits each host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema

from asyncscrape.access import Access, AppToken, GivenId, GivenToken, PublicId, TokenQuota
from asyncscrape.config.checks import Finding
from asyncscrape.config.models import Section
from asyncscrape.config.values import SECRET, Duration, FileBeside, InWords, Misfit, Switch
from asyncscrape.parsers.soundcloud import official_api, web_api
from asyncscrape.parsers.soundcloud.request_notes import Extent

ALL = "all"
AUTO = "auto"
CLIENT_ID, CLIENT_SECRET, TOKEN = "SOUNDCLOUD_CLIENT_ID", "SOUNDCLOUD_CLIENT_SECRET", "BEATPORT_TOKEN"
"""The variables that are read where the config gives no credentials."""
BEATPORT_API, BEATPORT_PAGES = "api.beatport.com", "www.beatport.com"
SHOP_HOSTS: Mapping[str, str] = {"api": BEATPORT_API, "pages": BEATPORT_PAGES}
BEATPORT_PROBE = f"https://{BEATPORT_API}/v4/catalog/genres/?per_page=1"
WEB_PROBE = f"https://{web_api.HOST}/search/users?q=a&limit=1"
SOUNDCLOUD_FILES = ("i1.sndcdn.com", "wave.sndcdn.com")
BEATPORT_FILES = ("geo-media.beatport.com", "geo-samples.beatport.com")

PACES: Mapping[str, Mapping[str, Any]] = {
    official_api.HOST: {"delay": "500ms", "per_host": 2},
    web_api.HOST: {"delay": "1s", "per_host": 1, "rate": "500/10min"},
    **{host: {"delay": "100ms", "per_host": 4} for host in SOUNDCLOUD_FILES},
    BEATPORT_API: {"delay": "1s", "per_host": 1},
    BEATPORT_PAGES: {"delay": "3s", "per_host": 1},
    **{host: {"delay": "300ms", "per_host": 2} for host in BEATPORT_FILES},
}
"""The pace at each host.

api.soundcloud.com       no limit is published for what is asked here; people report 429 where requests follow each
                         other at once, so there is half a second between them
api-v2.soundcloud.com    about 600 requests in ten minutes were let through elsewhere before a 429
sndcdn.com               servers that are made for delivering files to many
api.beatport.com         careful clients keep to one request a second
www.beatport.com         whole pages, which cost the site more
geo-….beatport.com       files of a shop
"""


def _number_or_all(value: object) -> object:
    if value == ALL:
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise Misfit(f'is not valid here; write a whole number, or "{ALL}"')
    return value


def _name(name: str) -> str:
    if not name.strip():
        raise Misfit("is not a name; write the name of an artist")
    return name


def _most(least: int, about: str) -> Any:
    """The kind of a number that may also be "all"."""
    number = Annotated[int, Strict(), Field(ge=least)]
    schema = {"anyOf": [{"const": ALL}, {"type": "integer", "minimum": least}, {"type": "string", "pattern": SECRET}]}
    return Annotated[number | Literal["all"], BeforeValidator(_number_or_all), WithJsonSchema(schema), InWords(about)]


ArtistName = Annotated[str, AfterValidator(_name), InWords("name")]
Followers = Annotated[int, Strict(), Field(ge=0), InWords("whole number")]


class Music(Section):
    """The built-in job "music": artists, their tracks, every comment, and what Beatport knows of each track."""

    artists: tuple[ArtistName, ...] = ()
    """Names of artists: ["Nora Vale", "Kai M"]. For each, people are searched, and the first of the five best hits
    with at least min_followers is taken."""
    artists_file: FileBeside | None = None
    """File of artists: a CSV with a column artist_name and, where a name is not enough, permalink, the last part of
    the profile's address; "-" for nobody. Any order, any of , ; tab."""
    soundcloud: Literal["official", "web"] = "official"
    """API of SoundCloud: "official", the public one, with your own client id and secret; or "web", the one behind the
    site's own pages."""
    client_id: str | None = None
    """Id of your app. Default: env:SOUNDCLOUD_CLIENT_ID if that is set. With soundcloud = "web", an id of the
    site's own pages; default "auto", the one that the public home page publishes."""
    client_secret: str | None = None
    """Secret of your app, for soundcloud = "official". Default: env:SOUNDCLOUD_CLIENT_SECRET if that is set."""
    min_followers: Followers = 1000
    """Least number of followers of somebody who is found by name; with a permalink it does not count."""
    max_tracks: _most(1, "whole number, or all") = 100  # type: ignore[valid-type]
    """Most tracks of each artist, the newest first; or "all"."""
    comments: _most(0, "whole number, or all") = ALL  # type: ignore[valid-type]
    """Most comments of each track; or "all"."""
    beatport: Literal["auto", "api", "pages", "off"] = "auto"
    """How tracks are looked up at Beatport: "api", with your own token; "pages", the public search and track pages;
    "off"; or "auto": "api" if there is a token, else "pages"."""
    beatport_token: str | None = None
    """Your token for the API of Beatport. Default: env:BEATPORT_TOKEN if that is set."""
    max_track_length: Duration = 900.0
    """Longest sound that is taken for a track; longer ones are sets, and are not looked up at Beatport."""
    images: Switch = True
    """Whether to download portraits, background pictures, artworks and waveforms."""
    audio: Literal["off", "previews", "downloads"] = "off"
    """Sound files to download: "previews", the samples of Beatport; or "downloads", the uploader's own file where
    that is offered to everybody, which only soundcloud = "official" tells."""
    refresh: Duration = 604_800.0
    """How old the counts of an artist's tracks may get before a later run asks for all of them again."""

    @property
    def shop(self) -> str:
        """How tracks are looked up: "api", "pages" or "off"."""
        return shop_for(self.beatport, has_token=bool(self.beatport_token))

    @property
    def wanted(self) -> Extent:
        """How much is wanted of each artist."""
        tracks, comments = (None if most == ALL else most for most in (self.max_tracks, self.comments))
        return Extent(tracks, comments, self.images, self.audio, self.shop, self.max_track_length)


def presets(table: Mapping[str, Any], environ: Mapping[str, str]) -> Mapping[str, Any]:
    """Credentials from the environment, the hosts with their paces, and how failures count."""
    named = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "beatport_token": TOKEN}
    if table.get("soundcloud") == "web":  # an app's id is none of the site's own pages
        del named["client_id"], named["client_secret"]
    secrets = {key: f"env:{variable}" for key, variable in named.items() if environ.get(variable)}
    api = web_api.HOST if table.get("soundcloud") == "web" else official_api.HOST
    has_token = bool({**secrets, **table}.get("beatport_token"))
    at = SHOP_HOSTS.get(shop_for(str(table.get("beatport", AUTO)), has_token=has_token))
    pages = [api, at] if at else [api]
    asked = [*pages, *SOUNDCLOUD_FILES, *(BEATPORT_FILES if at else ())]
    hosts = {host: dict(PACES[host]) for host in asked}
    for host in {official_api.HOST, BEATPORT_API} & hosts.keys():
        hosts[host]["robots"] = False  # the user's own credentials are shown there, whose terms rule
    return {
        "music": secrets,
        "scope": {"hosts": pages},
        "politeness": {"delay": "500ms", "hosts": hosts},
        # Some tracks and pictures go while the crawl runs.
        "fetch": {"retries": 8, "max_failure_ratio": 0.02},
    }


def shop_for(backend: str, *, has_token: bool) -> str:
    """How tracks are looked up: "auto" is "api" with a token, and else "pages"."""
    return ("api" if has_token else "pages") if backend == AUTO else backend


def findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    """Contradictions between the keys."""
    if not table.get("artists") and not table.get("artists_file"):
        yield ("artists",), "the job has no artists; name some here, or in a file with artists_file"
    if table.get("soundcloud", "official") == "official":
        if table.get("client_id") == AUTO:
            yield ("client_id",), '"auto" is for soundcloud = "web"; the official API needs the id of your own app'
    elif table.get("audio") == "downloads":
        yield ("audio",), Misfit('has no effect with soundcloud = "web", which does not tell where the files are')
    elif not re.fullmatch(r"[A-Za-z0-9_-]+", str(table.get("client_id", AUTO))):
        yield ("client_id",), Misfit("is not the id of a client; it consists of letters and digits")
    if table.get("audio") == "previews" and table.get("beatport") == "off":
        yield ("audio",), Misfit('has no effect with beatport = "off", which has the previews')


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
    if table.get("beatport") == "api" and not table.get("beatport_token"):
        yield ("beatport_token",), f'is missing: beatport = "api" needs your token; set it here, or {TOKEN}'


def access(options: Music) -> tuple[Access, ...]:
    """The credentials that the hosts want."""
    return (*_soundcloud(options), *_beatport(options))


def _soundcloud(options: Music) -> Iterator[Access]:
    if options.soundcloud == "official":
        # The published limits for tokens: for each app, and for each address of a machine.
        quotas = (TokenQuota(50, 12 * 3600.0), TokenQuota(30, 3600.0))
        app = (options.client_id or "", options.client_secret or "")
        keys = "music.client_id and music.client_secret"
        yield AppToken(official_api.HOST, *app, url=official_api.TOKEN_URL, quotas=quotas, keys=keys)
    elif options.client_id in (None, AUTO):
        yield PublicId(web_api.HOST, web_api.PARAMETER, web_api.HOME_PAGE, web_api.PUBLISHED_ID)
    else:
        advice = 'get a new one, or write client_id = "auto"'
        yield GivenId(web_api.HOST, web_api.PARAMETER, options.client_id, WEB_PROBE, "music.client_id", advice)


def _beatport(options: Music) -> Iterator[Access]:
    if options.shop == "api":
        yield GivenToken(
            BEATPORT_API, options.beatport_token or "", probe=BEATPORT_PROBE, keys="music.beatport_token"
        )
