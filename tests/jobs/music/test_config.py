"""The table [music]: its defaults, its mistakes, and the credentials it wants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.graph_config import toml_lines

from asyncscrape.access import Access, AppToken, GivenId, GivenToken, PublicId
from asyncscrape.commands.check import plan
from asyncscrape.config.loading import load
from asyncscrape.config.models import Config
from asyncscrape.errors import ConfigError
from asyncscrape.jobs.music.built_in import JOB
from asyncscrape.jobs.music.config import Music
from asyncscrape.jobs.registry import Registry
from asyncscrape.parsers.soundcloud.request_notes import Extent

KEYS = {"SOUNDCLOUD_CLIENT_ID": "an-id-1", "SOUNDCLOUD_CLIENT_SECRET": "a-secret-2"}
TOKEN = {"BEATPORT_TOKEN": "a-token-3"}


def loaded(folder: Path, environ: Mapping[str, str] = KEYS, **music: Any) -> Config:
    path = folder / "music.toml"
    path.write_text(f'name = "music"\nkind = "music"\n[music]\n{toml_lines({"artists": ["Nora Vale"], **music})}')
    return load(path, (), environ, Registry())


def access(config: Config) -> tuple[Access, ...]:
    return JOB.job(config, (), date(2026, 11, 21)).access


def test_the_defaults(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    assert Extent(100, None, True, "off", "pages", 900.0) == config.section(Music).wanted
    assert ("api.soundcloud.com", "www.beatport.com") == config.scope.hosts
    assert (8, 0.02) == (config.fetch.retries, config.fetch.max_failure_ratio)
    assert 604_800 == config.section(Music).refresh


def test_the_official_api_is_asked_with_the_credentials_of_the_user(tmp_path: Path) -> None:
    [token] = access(loaded(tmp_path))
    assert isinstance(token, AppToken)
    assert ("an-id-1", "a-secret-2", "https://secure.soundcloud.com/oauth/token") == (
        token.client_id,
        token.client_secret,
        token.url,
    )
    assert [(50, 43_200.0), (30, 3_600.0)] == [(quota.most, quota.seconds) for quota in token.quotas]


@pytest.mark.parametrize(
    ("environ", "keys", "kind"),
    [
        ({}, {}, PublicId),
        ({}, {"client_id": "auto"}, PublicId),
        ({}, {"client_id": "given-1"}, GivenId),
        (KEYS, {}, PublicId),
    ],
)
def test_the_web_api_is_asked_with_an_id(
    tmp_path: Path, environ: Mapping[str, str], keys: Mapping[str, str], kind: type[Access]
) -> None:
    [wanted] = access(loaded(tmp_path, environ, soundcloud="web", **keys))
    if isinstance(wanted, GivenId):
        assert ("music.client_id", "https://api-v2.soundcloud.com/search/users?q=a&limit=1") == (
            wanted.keys,
            wanted.probe,
        )
    assert (kind, "api-v2.soundcloud.com") == (type(wanted), wanted.host)


@pytest.mark.parametrize(
    ("environ", "keys", "shop", "host"),
    [
        ({}, {}, "pages", "www.beatport.com"),
        (TOKEN, {}, "api", "api.beatport.com"),
        ({}, {"beatport_token": "t"}, "api", "api.beatport.com"),
        (TOKEN, {"beatport": "pages"}, "pages", "www.beatport.com"),
        (TOKEN, {"beatport": "off"}, "off", None),
    ],
)
def test_the_shop_is_asked_with_a_token_if_there_is_one(
    tmp_path: Path, environ: Mapping[str, str], keys: Mapping[str, str], shop: str, host: str | None
) -> None:
    config = loaded(tmp_path, {**KEYS, **environ}, **keys)
    assert shop == config.section(Music).shop
    assert (host,) * bool(host) == config.scope.hosts[1:]
    tokens = [wanted for wanted in access(config) if isinstance(wanted, GivenToken)]
    assert (shop == "api") == bool(tokens)
    closed = {name for name, rules in config.politeness.hosts.items() if rules.robots is False}
    assert {"api.soundcloud.com"} | ({"api.beatport.com"} if shop == "api" else set()) == closed


@pytest.mark.parametrize(
    ("environ", "keys", "said"),
    [
        ({}, {}, "music.client_id: is missing"),
        ({"SOUNDCLOUD_CLIENT_ID": "x"}, {}, "set the environment variable SOUNDCLOUD_CLIENT_SECRET, or this key"),
        ({**KEYS, "SOUNDCLOUD_CLIENT_ID": ""}, {}, "music.client_id: is missing"),
        (KEYS, {"client_id": "auto"}, '"auto" is for soundcloud = "web"'),
        (KEYS, {"artists": []}, "music.artists: the job has no artists"),
        (KEYS, {"artists": [" "]}, "is not a name"),
        (KEYS, {"max_tracks": 0}, "music.max_tracks: 0 is out of range"),
        (KEYS, {"max_tracks": "many"}, 'write a whole number, or "all"'),
        (KEYS, {"max_tracks": True}, 'write a whole number, or "all"'),
        (KEYS, {"comments": -1}, "music.comments: -1 is out of range"),
        (KEYS, {"soundcloud": "both"}, "music.soundcloud"),
        (KEYS, {"beatport": "api"}, "music.beatport_token: is missing"),
        (KEYS, {"refresh": "a week"}, "is not a duration"),
        (KEYS, {"soundcloud": "web", "audio": "downloads"}, "music.audio"),
        ({}, {"soundcloud": "web", "client_id": "no id!"}, "is not the id of a client"),
    ],
)
def test_mistakes_are_told_before_anything_is_asked(
    tmp_path: Path, environ: Mapping[str, str], keys: Mapping[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, environ, **keys)
    assert said in str(raised.value)
    assert not any(secret in str(raised.value) for secret in KEYS.values())


def test_the_plan_says_why_robots_txt_is_not_asked_and_holds_no_secrets(tmp_path: Path) -> None:
    config = loaded(tmp_path, {**KEYS, **TOKEN})
    told = plan(config, JOB.job(config, (), date(2026, 11, 21)), JOB)
    assert 2 == sum(
        "is not obeyed: it closes the API to crawlers, but you ask with" in line for line in told["music"]
    )
    assert ["music.client_id from env:SOUNDCLOUD_CLIENT_ID: present"] == [
        line for line in told["credentials"] if "client_id" in line
    ]
    lines = "\n".join(line for topic in told.values() for line in topic)
    assert not any(secret in lines for secret in (*KEYS.values(), *TOKEN.values()))


@pytest.mark.parametrize("name", ["music.toml", "music-demo.toml"])
def test_the_configs_that_are_delivered_can_be_used(name: str) -> None:
    config = load(Path(__file__).parents[3] / "config" / name, (), KEYS, Registry())
    assert "official" == config.section(Music).soundcloud
    assert list(JOB.job(config, (), date(2026, 11, 21)).seeds())
