"""The table `[music]`: its keys, the checks between them, and the politeness that suits each host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema

from asyncscrape.access import Access, GivenToken
from asyncscrape.config.checks import Finding
from asyncscrape.config.section import Section
from asyncscrape.config.values import SECRET, Duration, FileBeside, InWords, Misfit, Switch
from asyncscrape.jobs.sites import soundcloud
from asyncscrape.jobs.sites.soundcloud import AUTO
from asyncscrape.parsers.soundcloud.request_notes import Extent

ALL = "all"
TOKEN = "BEATPORT_TOKEN"
"""The variable that is read where the config gives no token."""
BEATPORT_API, BEATPORT_PAGES = "api.beatport.com", "www.beatport.com"
SHOP_HOSTS: Mapping[str, str] = {"api": BEATPORT_API, "pages": BEATPORT_PAGES}
BEATPORT_PROBE = f"https://{BEATPORT_API}/v4/catalog/genres/?per_page=1"
SOUNDCLOUD_FILES = ("i1.sndcdn.com", "wave.sndcdn.com")
BEATPORT_FILES = ("geo-media.beatport.com", "geo-samples.beatport.com")

PACES: Mapping[str, Mapping[str, Any]] = {
    **{host: {"delay": "100ms", "per_host": 4} for host in SOUNDCLOUD_FILES},
    BEATPORT_API: {"delay": "1s", "per_host": 1},
    BEATPORT_PAGES: {"delay": "3s", "per_host": 1},
    **{host: {"delay": "300ms", "per_host": 2} for host in BEATPORT_FILES},
}
"""The pace at each host beside that of SoundCloud's API.

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
    secrets = soundcloud.environment(table, environ)
    if environ.get(TOKEN):
        secrets["beatport_token"] = f"env:{TOKEN}"
    api = soundcloud.api_host(table)
    has_token = bool({**secrets, **table}.get("beatport_token"))
    at = SHOP_HOSTS.get(shop_for(str(table.get("beatport", AUTO)), has_token=has_token))
    hosts = {api: soundcloud.pace(api)}
    hosts |= {host: dict(PACES[host]) for host in (*([at] if at else []), *SOUNDCLOUD_FILES)}
    hosts |= {host: dict(PACES[host]) for host in BEATPORT_FILES if at}
    if at == BEATPORT_API:
        hosts[at]["robots"] = False  # the user's own token is shown there, whose terms rule
    return {
        "music": secrets,
        "scope": {"hosts": [api, at] if at else [api]},
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
    yield from soundcloud.findings(table)
    if table.get("soundcloud") == "web" and table.get("audio") == "downloads":
        yield ("audio",), Misfit('has no effect with soundcloud = "web", which does not tell where the files are')
    if table.get("audio") == "previews" and table.get("beatport") == "off":
        yield ("audio",), Misfit('has no effect with beatport = "off", which has the previews')


def needs(table: Mapping[str, Any]) -> Iterator[Finding]:
    """Credentials that are missing."""
    yield from soundcloud.needs(table)
    if table.get("beatport") == "api" and not table.get("beatport_token"):
        yield ("beatport_token",), f'is missing: beatport = "api" needs your token; set it here, or {TOKEN}'


def access(options: Music) -> tuple[Access, ...]:
    """The credentials that the hosts want."""
    of_soundcloud = soundcloud.access(options, "music")
    if options.shop != "api":
        return of_soundcloud
    token = GivenToken(BEATPORT_API, options.beatport_token or "", probe=BEATPORT_PROBE, keys="music.beatport_token")
    return (*of_soundcloud, token)
