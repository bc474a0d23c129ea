"""The overrides of the file, and its secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.config_files import MINIMAL, complaints, loaded

from asyncscrape.config.source import SecretUse

# Overrides


def test_the_environment_overrides_the_file_and_options_override_both(tmp_path: Path) -> None:
    text = MINIMAL + "[politeness]\ndelay = '1s'\nper_host = 1\nconcurrency = 1\n"
    environ = {"ASYNCSCRAPE__POLITENESS__PER_HOST": "2", "ASYNCSCRAPE__POLITENESS__CONCURRENCY": "2", "OTHER": "x"}
    found = loaded(tmp_path, text, ["politeness.concurrency=3"], environ).politeness
    assert (1.0, 2, 3) == (found.delay, found.per_host, found.concurrency)


def test_an_override_is_toml_or_else_text(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        MINIMAL,
        [
            "politeness.delay=1s",
            "politeness.robots=false",
            'scope.hosts=["a.b"]',
            'name="2026"',
            'fetch.headers={ X-A = "b=c" }',
            "fetch.headers.X-B = d = e",
        ],
    )
    assert (1.0, False, ("a.b",), "2026") == (
        found.politeness.delay,
        found.politeness.robots,
        found.scope.hosts,
        found.name,
    )
    assert {"X-A": "b=c", "X-B": " d = e"} == found.fetch.headers


def test_an_override_reaches_quoted_parts_and_items_of_lists(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        MINIMAL,
        [
            'politeness.hosts."api.example.org".delay=0s',
            "page.0.match=/list/*",
            "seeds.1=https://example.org/2",
            'page.1={ match = "/x", follow = ["b"] }',
        ],
    )
    assert 0.0 == found.politeness.hosts["api.example.org"].delay
    assert [("/list/*",), ("/x",)] == [rule.match for rule in found.page]
    assert ("https://example.org/", "https://example.org/2") == found.seeds


def test_parts_of_an_environment_name_not_in_capitals_stay_as_they_are(tmp_path: Path) -> None:
    found = loaded(tmp_path, MINIMAL, (), {"ASYNCSCRAPE__FETCH__HEADERS__Accept-Language": "en"})
    assert {"Accept-Language": "en"} == found.fetch.headers


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("politeness.dealy=1", '--set politeness.dealy: unknown key; did you mean "delay"?'),
        ("politenes.delay=1", '--set politenes.delay: politenes: unknown key; did you mean "politeness"?'),
        ("politeness.delay=x", '--set politeness.delay: "x" is not a duration'),
        ("page.0.match=x", '--set page.0.match: "x" cannot match any URL'),
        ("politeness={ dealy = 1 }", "--set politeness: politeness.dealy: unknown key"),
        ("page.5.match=x", "--set page.5.match: page is a list of length 1; count its items from 0"),
        ("page.x=1", "--set page.x: page is a list of length 1"),
        ("name.x=1", "--set name.x: name is a single value"),
        ("delay", "--set delay: write it like politeness.delay=1s"),
        ("a b=1", "--set a b: write it like politeness.delay=1s"),
        ("=1", "--set : write it like politeness.delay=1s"),
    ],
)
def test_a_mistake_in_an_option_names_the_option(tmp_path: Path, override: str, expected: str) -> None:
    (found,) = complaints(tmp_path, MINIMAL, [override])
    assert found.startswith(expected)


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    environ = {"ASYNCSCRAPE__LOG__LEVEL": "warn", "ASYNCSCRAPE__": "x"}
    first, second = complaints(tmp_path, MINIMAL, (), environ)
    assert first.startswith('environment ASYNCSCRAPE__LOG__LEVEL: "warn" is not valid here')
    assert second.startswith("environment ASYNCSCRAPE__: does not name a key")


def test_a_mistake_beside_an_override_keeps_its_line(tmp_path: Path) -> None:
    text = MINIMAL + "[politeness]\nrate = 'x'\n"
    (found,) = complaints(tmp_path, text, ["politeness.delay=1s"])
    assert found.startswith("catalog.toml:7: politeness.rate")


# Secrets


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text("t0ken\n")
    text = (
        MINIMAL + "[fetch]\nproxy = 'env:PROXY'\ntimeout = 'env:T'\nheaders = { Authorization = 'file:token.txt' }\n"
    )
    config = loaded(tmp_path, text, (), {"PROXY": "http://me:pw@127.0.0.1:1", "T": "5s"})
    assert "http://me:pw@127.0.0.1:1" == config.fetch.proxy
    assert 5.0 == config.fetch.timeout
    assert {"Authorization": "t0ken"} == config.fetch.headers
    assert (
        SecretUse("fetch.proxy", "env:PROXY", True),
        SecretUse("fetch.timeout", "env:T", True),
        SecretUse("fetch.headers.Authorization", "file:token.txt", True),
    ) == config.secrets
    shown = f"{config!r} {config} {config.fetch!r} {config.fetch} {config.secrets}"
    assert not [secret for secret in ("pw", "t0ken") if secret in shown]


def test_a_secret_that_is_missing_is_reported_once(tmp_path: Path) -> None:
    text = MINIMAL + "[fetch]\nproxy = 'env:PROXY'\nheaders = { A = 'file:no.txt' }\n[politeness]\ndelay = 'env:'\n"
    assert [
        "catalog.toml:7: fetch.proxy: the environment variable PROXY is not set; set it before you start",
        "catalog.toml:8: fetch.headers.A: the file no.txt cannot be read: No such file or directory",
        'catalog.toml:10: politeness.delay: "env:" needs the name of a variable, as in "env:NAME"',
    ] == complaints(tmp_path, text)


EVERYWHERE = """\
name = "env:S"
data = "env:S"
kind = "env:S"
seeds = ["env:S"]
seeds_file = "env:S"
sitemaps = ["env:S"]
sitemaps_since = "env:S"
[scope]
hosts = ["env:S"]
include = ["env:S"]
max_pages = "env:S"
[politeness]
user_agent = "env:S"
robots = "env:S"
delay = "env:S"
rate = "env:S"
[fetch]
proxy = "env:S"
max_body = "env:S"
headers = { a = "env:S" }
cookies = { a = "env:S" }
origins = { "https://a.b" = "env:S" }
retries = "env:S"
unknown = "env:S"
[[page]]
match = "env:S"
table = "env:S"
each = "env:S"
key = ["env:S", "env:S"]
follow = ["env:S"]
fields = { a = "env:S", b = { css = "env:S", type = "env:S", format = "env:S", default = "env:S", blob = "env:S" } }
[[page]]
match = "/x"
table = "env:S"
fields = { a = { xpath = "env:S", json = "env:S", re = "env:S", type = "date", default = "env:S", blob = "env:S" } }
[[page]]
match = "/x"
parser = "env:S"
[[page]]
match = "/x"
table = "a"
each = "env:EACH"
key = ["a"]
fields = { a = "json:x" }
[store]
records = ["env:S", "env:S"]
blobs = "env:S"
[log]
level = "env:S"
file = "env:S"
"""


@pytest.mark.parametrize(
    "secret", ["s3cr3t[(\n", "s3cr3t:{x}", "s3cr3t:f", "http://s3cr3t:s3cr3t@s3cr3t/", "@s3cr3t"]
)
def test_no_message_quotes_a_secret(tmp_path: Path, secret: str) -> None:
    found = complaints(tmp_path, EVERYWHERE, ["log.format=env:S"], {"S": secret, "EACH": "tr.s3cr3t"})
    assert 20 < len(found)
    assert not [line for line in found if "s3cr3t" in line]
