"""The table [network]: its defaults, its mistakes, the credentials it wants, and what `check` and `run` say of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.command import environment
from support.forked import Forked
from support.graph_config import toml_lines

from asyncscrape.access import AppToken, GivenId, PublicId
from asyncscrape.commands.check import plan
from asyncscrape.config.loading import load
from asyncscrape.config.models import Config
from asyncscrape.errors import ConfigError
from asyncscrape.jobs.network.built_in import JOB
from asyncscrape.jobs.network.config import Network, Weights
from asyncscrape.jobs.registry import Registry

KEYS = {"SOUNDCLOUD_CLIENT_ID": "an-id-1", "SOUNDCLOUD_CLIENT_SECRET": "a-secret-2"}
OFFICIAL = ("likes", "reposts", "follows")
ALL = ("likes", "comments", "reposts", "follows")


def written(folder: Path, **network: Any) -> Path:
    path = folder / "network.toml"
    table = {name: value for name, value in {"accounts": ["kggn"], **network}.items() if value is not None}
    path.write_text(f'name = "network"\nkind = "network"\ndata = "{folder}"\n[network]\n{toml_lines(table)}')
    return path


def loaded(folder: Path, environ: Mapping[str, str] = KEYS, **network: Any) -> Config:
    return load(written(folder, **network), (), environ, Registry())


def told(folder: Path, **network: Any) -> str:
    config = loaded(folder, **network)
    return "\n".join(plan(config, JOB.job(config, (), date(2026, 11, 21)), JOB)["network"])


def test_the_defaults(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    options = config.section(Network)
    assert (500, "popular", 1000, 16) == (options.latest, options.grow, options.max_accounts, options.look_ahead)
    assert Weights(likes=1, comments=3, reposts=3, follows=3) == options.weights
    assert OFFICIAL == options.kinds
    assert ("api.soundcloud.com",) == config.scope.hosts
    assert (4, 0.05) == (config.fetch.retries, config.fetch.max_failure_ratio)
    assert ALL == loaded(tmp_path, soundcloud="web").section(Network).kinds


@pytest.mark.parametrize("grow", ["popular", "balanced", False])
def test_all_keys(tmp_path: Path, grow: object) -> None:
    (tmp_path / "list.csv").write_text("links\nkggn\n")
    keys = {
        "accounts": ["https://soundcloud.com/KGGN", "@axxturel"],
        "accounts_file": "list.csv",
        "latest": 20,
        "kinds": ["comments", "likes"],
        "weights": {"likes": 0, "comments": 2.5},
        "grow": grow,
        "max_accounts": 100_000,
        "look_ahead": 1,
        "soundcloud": "web",
    }
    options = loaded(tmp_path, **keys).section(Network)
    assert (("kggn", "axxturel"), tmp_path / "list.csv", 20) == (
        options.accounts,
        options.accounts_file,
        options.latest,
    )
    assert (("comments", "likes"), grow, 100_000, 1) == (
        options.kinds,
        options.grow,
        options.max_accounts,
        options.look_ahead,
    )
    assert {"likes": 0, "comments": 2.5, "reposts": 3, "follows": 3} == options.weights.by_kind


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"kinds": list(ALL)}, "network.kinds: the official API does not tell the comments of a user; write kinds ="),
        ({"kinds": ["comments"]}, 'or choose soundcloud = "web"'),
        ({"kinds": []}, "network.kinds"),
        ({"kinds": ["plays"]}, "network.kinds"),
        ({"accounts": []}, "network.accounts: the job has no accounts"),
        ({"accounts": None}, "network.accounts: the job has no accounts"),
        ({"accounts": ["kggn", "Nora Vale"]}, "is not a permalink"),
        ({"accounts": ["https://example.org/kggn"]}, "is not a permalink"),
        ({"accounts": "kggn"}, "network.accounts"),
        ({"accounts_file": "none.csv"}, "none.csv"),
        ({"grow": True}, 'write "popular" or "balanced", or false'),
        ({"grow": 0}, 'write "popular" or "balanced", or false'),
        ({"grow": "fast"}, "network.grow"),
        ({"weights": {"plays": 1}}, "plays"),
        ({"weights": {"likes": -1}}, "network.weights.likes: -1 is out of range"),
        ({"weights": {"likes": "much"}}, "network.weights.likes"),
        ({"weights": {"likes": 1001}}, "network.weights.likes: 1001 is out of range"),
        ({"latest": 0}, "network.latest: 0 is out of range"),
        ({"latest": -5}, "network.latest: -5 is out of range"),
        ({"latest": True}, "network.latest"),
        ({"latest": 2.5}, "network.latest"),
        ({"max_accounts": 0}, "network.max_accounts: 0 is out of range"),
        ({"look_ahead": 0}, "network.look_ahead: 0 is out of range"),
        ({"soundcloud": "both"}, "network.soundcloud"),
        ({"client_id": "auto"}, '"auto" is for soundcloud = "web"'),
        ({"soundcloud": "web", "client_id": "no id!"}, "is not the id of a client"),
        ({"seeds": ["kggn"]}, "network.seeds"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, keys: Mapping[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        JOB.job(loaded(tmp_path, **keys), (), date(2026, 11, 21))
    assert said in str(raised.value)
    assert not any(secret in str(raised.value) for secret in KEYS.values())


def test_the_api_decides_on_credentials_pace_and_robots(tmp_path: Path) -> None:
    official = loaded(tmp_path)
    [token] = JOB.job(official, (), date(2026, 11, 21)).access
    assert isinstance(token, AppToken)
    assert ("an-id-1", "a-secret-2") == (token.client_id, token.client_secret)
    assert official.politeness.hosts["api.soundcloud.com"].robots is False
    for keys, kind in (({}, PublicId), ({"client_id": "auto"}, PublicId), ({"client_id": "given1"}, GivenId)):
        web = loaded(tmp_path, soundcloud="web", **keys)
        assert [kind] == [type(wanted) for wanted in JOB.job(web, (), date(2026, 11, 21)).access]
        assert ("api-v2.soundcloud.com",) == web.scope.hosts
        assert all(rules.robots is not False for rules in web.politeness.hosts.values())


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        (
            {"look_ahead": 1},
            [
                "1 accounts by name, then the one that the others interacted with most; at most 1,000 in all",
                "of each account the latest 500 of each kind: likes × 1, reposts × 3, follows × 3",
                "from api.soundcloud.com, the official API, with your own client id and secret",
                "robots.txt of api.soundcloud.com is not obeyed: it closes the API to crawlers",
            ],
        ),
        (
            {"grow": "balanced", "soundcloud": "web", "weights": {"likes": 0.5}},
            [
                "with popularity divided out",
                "look_ahead (16) is larger than the number of accounts by name",
                "likes × 0.5, comments × 3",
                "from api-v2.soundcloud.com, the API behind the site's pages",
            ],
        ),
        (
            {"grow": False, "accounts": ["a", "b", "c"], "max_accounts": 2},
            ["3 accounts by name, no others; at most 2 in all", "the last 1 of them are left out"],
        ),
    ],
)
def test_the_plan(tmp_path: Path, keys: Mapping[str, Any], lines: list[str]) -> None:
    shown = told(tmp_path, **keys)
    assert [] == [line for line in lines if line not in shown]
    assert ("robots.txt" in shown) == ("soundcloud" not in keys)


def command(name: str, config: Path) -> Forked:
    hurried = str(Path(__file__).parents[2] / "support" / "hurried.py")
    missing = dict.fromkeys(KEYS)
    variables = environment(TEST_TODAY="2026-11-21", TEST_KIND="network", NO_COLOR="1", COLUMNS="250", **missing)
    return Forked([hurried, name, str(config)], variables)


def test_missing_credentials_are_told_by_check_and_by_run_at_once(tmp_path: Path) -> None:
    config = written(tmp_path)
    for name in ("check", "run"):
        begun = time.monotonic()
        process = command(name, config)
        out, err = process.communicate()
        assert 2 == process.returncode
        assert time.monotonic() - begun < 5
        for key, variable in zip(("client_id", "client_secret"), KEYS, strict=True):
            assert f"network.{key}" in out + err
            assert variable in out + err
    assert not (tmp_path / "network" / "state.db").exists()


def test_check_says_why_it_refuses_comments(tmp_path: Path) -> None:
    process = command("check", written(tmp_path, kinds=["likes", "comments"]))
    out, err = process.communicate()
    assert 2 == process.returncode
    assert "the official API does not tell the comments of a user" in out + err
    assert "network.toml:" in out + err


@pytest.mark.parametrize("name", ["network.toml", "network-demo.toml"])
def test_the_configs_that_are_delivered_can_be_used(name: str) -> None:
    config = load(Path(__file__).parents[3] / "config" / name, (), KEYS, Registry())
    assert list(JOB.job(config, (), date(2026, 11, 21)).seeds())
