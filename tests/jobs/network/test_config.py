"""The table [network]: its defaults, its mistakes, the credentials it wants, and what `check` and `run` say of it."""

from __future__ import annotations

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
        ({"accounts_file": "none.csv"}, "none.csv: network.accounts_file: cannot be read"),
        ({"original": "none.npz"}, "none.npz: network.original: does not exist"),
        ({"kinds": ["likes", "likes"]}, 'network.kinds: a list names "likes" twice'),
        ({"grow": True}, 'write "popular" or "balanced", or false'),
        ({"grow": 0}, 'write "popular" or "balanced", or false'),
        ({"grow": "fast"}, 'network.grow: "fast" is not valid here; write "popular" or "balanced", or false'),
        ({"grow": "Popular"}, 'or false; did you mean "popular"?'),
        ({"grow": "false"}, "or false, without quotes"),
        ({"weights": {"likes": True}}, "network.weights.likes: true is not valid here"),
        ({"weights": dict.fromkeys(ALL, 0)}, "network.weights: all kinds weigh 0"),
        ({"weights": {"plays": 1}}, "plays"),
        ({"weights": {"likes": -1}}, "network.weights.likes: -1 is out of range"),
        ({"weights": {"likes": "much"}}, "network.weights.likes"),
        ({"weights": {"likes": 1001}}, "network.weights.likes: 1001 is out of range"),
        ({"latest": 0}, "network.latest: 0 is out of range"),
        ({"latest": -5}, "network.latest: -5 is out of range"),
        ({"latest": True}, "network.latest"),
        ({"latest": 2.5}, "network.latest"),
        ({"max_accounts": 0}, "network.max_accounts: 0 is out of range"),
        ({"latest": 10**20}, "is out of range: it must be at most"),
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


def test_all_mistakes_are_told_in_one_answer(tmp_path: Path) -> None:
    wrong = {
        "accounts": 3,
        "accounts_file": ["x"],
        "latest": "a",
        "kinds": 3,
        "weights": {"likes": "x", "plays": 2},
        "grow": "Popular",
        "max_accounts": 1.5,
        "look_ahead": 0,
        "soundcloud": 3,
        "client_id": 4,
        "client_secret": [],
        "original": {},
    }
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, **wrong)
    places = {problem.key for problem in raised.value.problems}
    assert {f"network.{key}" for key in wrong if key != "weights"} <= places
    assert {"network.weights.likes", "network.weights.plays"} <= places
    assert "something else" not in str(raised.value)


@pytest.mark.parametrize("number", ["inf", "nan"])
def test_weights_are_numbers_to_count_with(tmp_path: Path, number: str) -> None:
    with pytest.raises(ConfigError, match=f"network.weights.likes: {number} is not a weight"):
        load(written(tmp_path), (f"network.weights.likes={number}",), KEYS, Registry())


def test_weights_of_nothing_are_no_matter_without_growth(tmp_path: Path) -> None:
    assert loaded(tmp_path, weights=dict.fromkeys(ALL, 0), grow=False).section(Network).grow is False
    (tmp_path / "m.npz").write_bytes(b"")
    only = loaded(tmp_path, {}, accounts=None, original="m.npz", weights=dict.fromkeys(ALL, 0))
    assert "for the command report alone" in JOB.report_only(only)


def test_a_config_with_the_original_alone_is_good_for_report_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "matrix.npz").write_bytes(b"")
    config = written(tmp_path, accounts=None, original="matrix.npz")
    out, err = (process := command("check", config)).communicate()
    assert (0, "") == (process.returncode, err)
    assert "for the command report alone" in out
    assert "soundcloud.com" not in out
    out, err = (process := command("run", config)).communicate()
    assert 2 == process.returncode
    assert f"what works is:  asyncscrape report {config}" in out + err
    assert not (tmp_path / "network").exists()


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
        process = command(name, config)
        out, err = process.communicate()
        assert 2 == process.returncode
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
