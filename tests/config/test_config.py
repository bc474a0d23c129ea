from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from support.config_files import MINIMAL, complaints, loaded

from asyncscrape.config.loading import load
from asyncscrape.config.models import Config, FieldSpec
from asyncscrape.errors import ConfigError
from asyncscrape.jobs.rules.rule_tables import tables
from asyncscrape.model import Column, Table
from asyncscrape.units import Rate


def test_a_minimal_config_has_the_defaults(tmp_path: Path) -> None:
    config = loaded(tmp_path, MINIMAL)
    assert Path("data/catalog") == config.directory
    assert tmp_path == config.folder
    assert (0.25, 2, 64, None) == (
        config.politeness.delay,
        config.politeness.per_host,
        config.politeness.concurrency,
        config.politeness.rate,
    )
    assert (30.0, 16_000_000, 5) == (config.fetch.timeout, config.fetch.max_body, config.fetch.retries)
    assert (("parquet", "csv"), "files") == (config.store.records, config.store.blobs)


def test_everything_in_the_contract_is_understood(tmp_path: Path) -> None:
    (tmp_path / "seeds.csv").write_text("url\nhttps://example.org/more\n")
    config = loaded(
        tmp_path,
        """
        name  = "catalog"
        data  = "elsewhere"
        seeds = ["http://127.0.0.1:8088/list/0.html"]
        seeds_file = "seeds.csv"
        sitemaps = "auto"
        sitemaps_since = 2026-01-31
        [scope]
        hosts = ["127.0.0.1:8088", "*.example.org"]
        include = ["/item/*", 're:/list/\\d+']
        max_depth = 20
        [politeness]
        rate = "600/10min"
        delay = 1
        [politeness.hosts."API.example.org"]
        delay = "0s"
        rate = "100/s"
        [fetch]
        headers = { Accept-Language = "en" }
        [fetch.origins]
        "https://api.example.org/" = "http://127.0.0.1:9000"
        "https://www.example.org" = "replica"
        [[page]]
        match = ["/a", "/b"]
        table = "item"
        fields = { at = "@fetched_at", price = { css = ".p", re = '[\\d.]+', type = "decimal" } }
        [store]
        records = ["jsonl", "csv:other"]
        """,
    )
    assert Path("elsewhere/catalog") == config.directory
    assert tmp_path / "seeds.csv" == config.seeds_file
    assert date(2026, 1, 31) == config.sitemaps_since
    assert Rate(600, 600.0) == config.politeness.rate
    assert 1.0 == config.politeness.delay
    host = config.politeness.hosts["api.example.org"]
    assert (0.0, Rate(100, 1.0), None) == (host.delay, host.rate, host.robots)
    assert {
        "https://api.example.org": "http://127.0.0.1:9000",
        "https://www.example.org": "replica",
    } == config.fetch.origins
    rule = config.page[0]
    assert (("/a", "/b"), ("_url",)) == (rule.match, rule.key)
    price = rule.fields["price"]
    assert isinstance(price, FieldSpec)
    assert (".p", r"[\d.]+", "decimal", None) == (price.css, price.re, price.type, price.json)


def test_fields_take_what_they_do_not_say_from_parse(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """name = "catalog"
        seeds = ["https://example.org/"]
        [parse]
        decimal = ","
        months = "de"
        zone = "Europe/Berlin"
        [[page]]
        match = "/*"
        table = "item"
        [page.fields]
        name = "h1"
        text = { css = "h2" }
        price = { css = ".p", type = "float" }
        other = { css = ".o", type = "int", decimal = "." }
        day = { css = ".d", type = "date", format = "%d. %B %Y" }
        at = { css = ".t", type = "datetime", zone = "UTC", months = "fr" }
        """,
    )
    fields = config.page[0].fields
    told = {
        name: (field.decimal, field.months, field.zone, field.format)
        for name, field in fields.items()
        if isinstance(field, FieldSpec)
    }
    assert {
        "text": (None, None, None, ()),
        "price": (",", None, None, ()),
        "other": (".", None, None, ()),
        "day": (None, "de", "Europe/Berlin", ("%d. %B %Y",)),
        "at": (None, "fr", "UTC", ()),
    } == told
    assert "h1" == fields["name"]


def test_a_config_cannot_be_changed(tmp_path: Path) -> None:
    config = loaded(tmp_path, MINIMAL)
    with pytest.raises(ValueError, match="frozen"):
        config.fetch.retries = 3  # type: ignore[misc]


# Every mistake at once


TWELVE = """\
name = "my catalog"
seeds = [
  "https://example.org/",
  "example.org/list",
]
max_depth = 3

[politeness]
dealy = "1s"
rate = "100/m"

[fetch]
timeout = "1 minute"

[[page]]
match = "list/*"
follow = ["a["]

[[page]]
match = "/item/*"
table = "item"
key = ["ulr"]
[page.fields]
url = "@url"
price = { css = ".price", type = "number" }

[store]
records = [
  "parquet",
  "postgress://user:pass@host/db",
]
[log]
level = "warn"
"""

TWELVE_COMPLAINTS = [
    'catalog.toml:1: name: "my catalog" is not safe as a file name; use only letters, digits, _ and - (at most 100)',
    'catalog.toml:4: seeds.1: "example.org/list" is not a complete URL; write it like "https://example.org/list"; '
    'did you mean "https://example.org/list"?',
    "catalog.toml:6: max_depth: unknown key here; did you mean the one under [scope]?",
    'catalog.toml:9: politeness.dealy: unknown key; did you mean "delay"?',
    'catalog.toml:10: politeness.rate: "100/m" is not a rate; '
    'write it like "5/s", "100/min", "600/10min" or "1000/h"',
    'catalog.toml:13: fetch.timeout: "1 minute" is not a duration; '
    'write it like "250ms", "30s", "10m", "2h" or "7d", or as a number of seconds',
    'catalog.toml:16: page.0.match: "list/*" cannot match any URL: a pattern is for path and query and begins with '
    '"/", "*" or "re:"; did you mean "/list/*"?',
    "catalog.toml:17: page.0.follow.0: 'a[' is not a CSS selector: Expected ident or '*', got <EOF at 2>",
    'catalog.toml:22: page.1.key.0: "ulr" is not a field of this rule; did you mean "url"?',
    'catalog.toml:25: page.1.fields.price.type: "number" is not valid here; use "str", "int", "float", "decimal", '
    '"bool", "date", "datetime", "url" or "json"',
    'catalog.toml:30: store.records.1: "postgress://…@host/db" is not a store for records; '
    'write it like "postgres://user@host:5432/database?schema=catalog"; did you mean "postgres://…@host/db"?',
    'catalog.toml:33: log.level: "warn" is not valid here; use "debug", "info", "warning" or "error"; '
    'did you mean "warning"?',
]


def test_twelve_mistakes_are_reported_in_one_answer_with_their_lines(tmp_path: Path) -> None:
    assert TWELVE_COMPLAINTS == complaints(tmp_path, TWELVE)


def rule(text: str) -> str:
    """A config with this rule; its first line is line 3."""
    return f'name = "catalog"\nseeds = ["https://example.org/"]\n[[page]]\nmatch = "/*"\n{text}\n'


MISTAKES = [
    ("name = 3", "1: name: 3 is not valid here; this must be text in quotes"),
    ('nam = "x"', '1: nam: unknown key; did you mean "name"?'),
    ("", "1: name: is missing; add name = "),
    ("", "1: seeds: the crawl has nowhere to start"),
    ("", "1: page: the config has no rules"),
    (
        'kind = "cripto"',
        '1: kind: "cripto" is not valid here; use "crypto", "music" or "network"; did you mean "crypto"?',
    ),
    ('seeds = "https://example.org/"', '1: seeds: "https://example.org/" is not valid here; this must be a list'),
    (
        'seeds = ["https://me:secret@example.org/"]',
        '1: seeds.0: "https://…@example.org/" contains a user name or password',
    ),
    (
        '[parse]\nzone = "Europe/Berln"',
        '2: parse.zone: "Europe/Berln" is not a time zone; write it like "Europe/Berlin"',
    ),
    ('[parse]\nzone = "../../etc/passwd"', '2: parse.zone: "../../etc/passwd" is not a time zone'),
    *(
        (
            f'[[page]]\nfields.d = {{ css = "b", type = "date", format = {format} }}',
            f"2: page.0.fields.d.format{at} is not a format of dates; "
            f'write it as for strptime, like "%d.%m.%Y"{meant}',
        )
        for format, at, meant in (
            ('"%Q"', ': "%Q"', ""),
            ('"%H:%M"', ': "%H:%M"', ""),
            ('"%d %B"', ': "%d %B"', ""),
            ('"DD.MM.YYYY"', ': "DD.MM.YYYY"', '; did you mean "%d.%m.%Y"?'),
            ('["%Y", "yyyy-MM-dd HH:mm"]', '.1: "yyyy-MM-dd HH:mm"', '; did you mean "%Y-%m-%d %H:%M"?'),
            ('"%d %d"', ': "%d %d"', ""),
            ('"today"', ': "today"', ""),
            ('"%"', ': "%"', ""),
        )
    ),
    ('[parse]\nzone = ""', '2: parse.zone: "" is not a time zone'),
    ('[parse]\nmonths = "german"', '2: parse.months: "german" is not a language whose months are known: cs, da, de,'),
    ('[parse]\nmonths = ["a"]', "2: parse.months: a list must name all twelve months, from January to December"),
    ("[parse]\nmonths = 5", '2: parse.months: 5 is not valid here; write a language, such as "de", or list'),
    ('[parse]\ndecimal = ";"', '2: parse.decimal: ";" is not valid here; use "," or "."'),
    ('seeds = ["ftp://example.org/"]', '1: seeds.0: "ftp://example.org/" is not a URL that can be fetched'),
    ('seeds = ["http://["]', '1: seeds.0: "http://[" is not a URL that can be fetched'),
    (
        'sitemaps = "atuo"',
        '1: sitemaps: "atuo" is not valid here; write "auto" or a list of URLs; did you mean "auto"?',
    ),
    ('sitemaps = "auto"', '1: sitemaps: "auto" reads the robots.txt of the seeds, so it needs seeds'),
    (
        'sitemaps = "auto"\nseeds = ["http://a.example/"]\n[politeness]\nrobots = false',
        '1: sitemaps: "auto" needs robots.txt, which politeness.robots = false ignores',
    ),
    ("sitemaps_since = 3", "1: sitemaps_since: "),
    ("scope = 3", "1: scope: 3 is not valid here; this must be a table"),
    ("[scope]\nhosts = ['https://example.org/x']", '2: scope.hosts.0: "https://example.org/x" is not a host'),
    ("[scope]\nhosts = ['a.*']", '2: scope.hosts.0: "a.*" is not a host'),
    ("[scope]\nexclude = ['re:(']", '2: scope.exclude.0: "re:(" is not a pattern'),
    ("[scope]\nmax_pages = 0", "2: scope.max_pages: 0 is out of range: it must be at least 1"),
    ("[scope]\nmax_depth = true", "2: scope.max_depth: true is not valid here; this must be a whole number"),
    ("[politeness]\nuser_agent = ' '", '2: politeness.user_agent: " " does not say who you are'),
    ('[politeness]\nuser_agent = "a\\nb"', '2: politeness.user_agent: "a\\nb" is not a valid header value'),
    ("[politeness]\nrobots = 'no'", '2: politeness.robots: "no" is not valid here; this must be true or false'),
    ("[politeness]\nper_host = 0", "2: politeness.per_host: 0 is out of range: it must be at least 1"),
    ("[politeness]\ndelay = -1", "2: politeness.delay: -1 is out of range: it must be at least 0"),
    ("[politeness]\ndelay = true", "2: politeness.delay: true is not a duration"),
    ("[politeness.hosts.'*.x']\ndelay = 1", '1: politeness.hosts."*.x": "*.x" is not a single host'),
    (
        "[politeness.hosts.x]\nconcurrency = 1",
        "2: politeness.hosts.x.concurrency: unknown key here; did you mean the one",
    ),
    ("[fetch]\ntimeout = 0", "2: fetch.timeout: 0 is out of range: it must be more than 0"),
    (
        "[fetch]\nmax_body = '16mb'",
        '2: fetch.max_body: "16mb" is not a size; write it like "64KB", "16MB" or "1GB", or as a'
        ' number of bytes; did you mean "16MB"?',
    ),
    ("[fetch]\nheaders = { 'a b' = 'c' }", '2: fetch.headers."a b": "a b" is not a valid header name'),
    ("[fetch]\ncookies = { a = 'b;c' }", '2: fetch.cookies.a: "b;c" is not a valid cookie value'),
    ("[fetch]\nproxy = 'me:pw@host:1'", "2: fetch.proxy: "),
    ("[fetch]\nmax_failure_ratio = 5", "2: fetch.max_failure_ratio: 5 is out of range: it must be at most 1"),
    (
        "[fetch.origins]\n'https://a.b/c' = 'replica'",
        '2: fetch.origins."https://a.b/c": "https://a.b/c" is not an origin',
    ),
    ("[fetch.origins]\n'https://a.b' = 'replca'", '2: fetch.origins."https://a.b": "replca" is not an origin'),
    ("page = 3", "1: page: write each rule under its own [[page]]"),
    ("[page]\nmatch = '/'", "1: page: write each rule under its own [[page]]"),
    ("[[page]]\nfollow = ['a']", '1: page.0.match: is missing; add match = "/item/*"'),
    ("[[page]]\nmatch = []\nfollow = ['a']", "2: page.0.match: a list is empty"),
    ("[store]\nrecords = []", "2: store.records: is empty"),
    ("[store]\nrecords = ['csv', 'csv']", '2: store.records.1: "csv" is listed twice'),
    ("[store]\nrecords = ['cvs']", '2: store.records.0: "cvs" is not a store for records; write'),
    ("[store]\nrecords = ['csv:']", '2: store.records.0: "csv:" is not a store for records; write'),
    ("[log]\nformat = ''", '2: log.format: "" is not valid here; use "text" or "json"'),
    (rule(""), "3: page.0: this rule does nothing"),
    (rule("table = 'blobs'\nfields = { a = 'b' }"), '5: page.0.table: "blobs" is reserved'),
    (rule("table = 'a/b'\nfields = { a = 'b' }"), '5: page.0.table: "a/b" is not safe as a file name'),
    (rule("table = 'a'"), "5: page.0.table: the table has no fields"),
    (rule("follow = ['a']\nfields = { a = 'b' }"), "6: page.0.fields: has no effect, because the rule has no table"),
    (rule("follow = ['a']\nkey = ['b']"), "6: page.0.key: has no effect, because the rule has no table"),
    (rule("table = 'a'\neach = 'tr'\nfields = { a = 'b' }"), "6: page.0.each: makes several records from one page"),
    (rule("table = 'a'\neach = 'tr::text'\nkey = ['a']\nfields = { a = 'b' }"), "6: page.0.each: "),
    (
        rule("table = 'a'\neach = 'json:x'\nkey = ['a']\nfields = { a = 'b' }"),
        '8: page.0.fields.a: "b" cannot be used here: the rows of this rule are JSON',
    ),
    (
        rule("table = 'a'\neach = 'tr'\nkey = ['a']\nfields = { a = { json = 'b' } }"),
        "8: page.0.fields.a: a table cannot be used here: the rows of this rule are elements, not JSON",
    ),
    (rule("table = 'a'\nkey = []\nfields = { a = 'b' }"), "6: page.0.key: is empty"),
    (rule("table = 'a'\nkey = ['a', 'a']\nfields = { a = 'b' }"), '6: page.0.key.1: "a" is in the key twice'),
    (
        rule("table = 'a'\nkey = ['a']\nfields = { a = { css = 'b', many = true } }"),
        '6: page.0.key.0: "a" cannot be part of a key',
    ),
    (rule("table = 'a'\n[page.fields]\n_a = 'b'"), '7: page.0.fields._a: "_a" is not a valid field name'),
    (rule("table = 'a'\n[page.fields]\n'' = 'b'"), '7: page.0.fields."": "" is not a valid field name'),
    (rule("table = 'a'\n[page.fields]\na = '@ulr'"), '7: page.0.fields.a: unknown fact @ulr; did you mean "@url"?'),
    (rule("table = 'a'\n[page.fields]\na = 'xpath://['"), "7: page.0.fields.a: '//[' is not XPath"),
    (
        rule("table = 'a'\n[page.fields]\na = 3"),
        "7: page.0.fields.a: 3 is not valid here; this must be a selector or a table",
    ),
    (rule("table = 'a'\n[page.fields]\na = {}"), "7: page.0.fields.a: does not say where the value comes from"),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', json = 'a' }"),
        "7: page.0.fields.a.json: cannot be used with css",
    ),
    (rule("table = 'a'\n[page.fields]\na = { css = 'a', re = '(' }"), "7: page.0.fields.a.re: '(' is not a regular"),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', typ = 'int' }"),
        '7: page.0.fields.a.typ: unknown key; did you mean "type"?',
    ),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', type = 'int', zone = 'UTC' }"),
        "7: page.0.fields.a.zone: is for dates only",
    ),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', months = 'de' }"),
        "7: page.0.fields.a.months: is for dates only",
    ),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', type = 'date', decimal = ',' }"),
        "7: page.0.fields.a.decimal: is for numbers only",
    ),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', type = 'date', format = [] }"),
        "7: page.0.fields.a.format: a list is empty",
    ),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', format = '%Y-%m-%d' }"),
        "7: page.0.fields.a.format: is for dates only",
    ),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', type = 'int', default = 'x' }"),
        '7: page.0.fields.a.default: "x" is not a value of type "int"',
    ),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', many = true, default = 'x' }"),
        '7: page.0.fields.a.default: "x" is not valid here; the field has many values',
    ),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', required = true, default = 'x' }"),
        "7: page.0.fields.a.default: is never used",
    ),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', type = 'int', blob = '{name}' }"),
        '7: page.0.fields.a.type: must be "url" or left out',
    ),
    *(
        (
            rule(f"table = 'a'\n[page.fields]\na = {{ css = 'a', blob = '{path}' }}"),
            f"7: page.0.fields.a.blob: {about}",
        )
        for path, about in [
            ("/x/{name}", '"/x/{name}" must be the path of a file inside the blob store'),
            ("../{name}", '"../{name}" must be the path of a file inside the blob store'),
            ("{name}/", '"{name}/" must be the path of a file inside the blob store'),
            ("x/{host}{ext}", '"x/{host}{ext}" would be the same file for different URLs'),
            ("x/{name", '"x/{name" has an unmatched brace'),
            (
                "{nam}",
                '"{nam}" has a name in braces that is neither a field of this rule nor one of url_hash, ext, '
                'name, host: {nam}; did you mean "name"?',
            ),
        ]
    ),
    (
        rule("table = 'a'\n[page.fields]\na = { css = 'a', blob = '{name}' }\na_path = 'b'"),
        "8: page.0.fields.a_path: the blob of a adds a column with this name",
    ),
    (
        rule(
            "table = 'a'\nfields = { a = 'b' }\n[[page]]\nmatch = '/'\ntable = 'a'\nkey = ['a']\nfields = { a = 'b' }"
        ),
        "10: page.1.key: another rule (line 3) fills the same table with a different key",
    ),
    (
        rule(
            "table = 'a'\nfields = { a = 'b' }\n"
            "[[page]]\nmatch = '/'\ntable = 'a'\nmerge = true\nfields = { a = 'b' }"
        ),
        "10: page.1.merge: another rule (line 5) fills the same table with a different merge; use the same in both",
    ),
    (
        rule("browser = true\ntable = 'a'\n[page.fields]\na = { screenshot = '.b' }"),
        '8: page.0.fields.a: does not say where the screenshot is stored; add blob, such as "shots/{url_hash}.png"',
    ),
    (
        rule("table = 'a'\n[page.fields]\na = { pdf = true, blob = '{url_hash}' }"),
        "7: page.0.fields.a.pdf: needs a browser; add browser = true to this rule",
    ),
    (
        rule("browser = true\ntable = 'a'\n[page.fields]\na = { screenshot = '.b', css = 'p', blob = '{name}' }"),
        "8: page.0.fields.a.css: cannot be used with screenshot",
    ),
    (
        rule("browser = true\ntable = 'a'\n[page.fields]\na = { screenshot = '.b', pdf = true, blob = '{name}' }"),
        "8: page.0.fields.a.pdf: cannot be used with screenshot",
    ),
    (
        rule("browser = true\ntable = 'a'\n[page.fields]\na = { screenshot = 'xpath://b', blob = '{name}' }"),
        '8: page.0.fields.a.screenshot: "xpath://b" does not select elements on an open page',
    ),
    (
        rule(
            "browser = true\ntable = 'a'\neach = 'p'\nkey = ['b']\n"
            "[page.fields]\nb = 'b'\na = { screenshot = 'page', blob = '{b}' }"
        ),
        '11: page.0.fields.a.blob: "{b}" is of a row, but the screenshot is of the whole page',
    ),
    (
        rule("follow = ['a']\nmerge = true"),
        "6: page.0.merge: has no effect, because the rule has no table for records",
    ),
    (
        rule("table = 'a'\n[page.fields]\na = 'b'\n[[page]]\nmatch = '/'\ntable = 'a'\n[page.fields]\na = '@depth'"),
        '12: page.1.fields.a: is "int" here, but "str" in another rule for this table (line 7)',
    ),
    (rule("parser = 'x'"), '5: page.0.parser: "x" does not name a function'),
    (
        rule("parser = 'no_such_module:x'"),
        '5: page.0.parser: "no_such_module:x" cannot be imported: ModuleNotFoundError',
    ),
    (rule("parser = 'json:dumpz'"), '5: page.0.parser: "json:dumpz" cannot be imported: json has no dumpz'),
    (rule("parser = 'json:__name__'"), '5: page.0.parser: "json:__name__" is not a function'),
    (rule("parser = 'json:loads'\nfollow = ['a']"), "6: page.0.follow: cannot be used with parser"),
]


@pytest.mark.parametrize(
    ("text", "expected"), MISTAKES, ids=[f"{n}-{about[:60]}" for n, (_, about) in enumerate(MISTAKES)]
)
def test_each_mistake_is_reported_where_it_is(tmp_path: Path, text: str, expected: str) -> None:
    found = complaints(tmp_path, text)
    assert any(line.startswith(f"catalog.toml:{expected}") for line in found), found


@pytest.mark.parametrize("text", [text for text, _ in MISTAKES if '[[page]]\nmatch = "/*"' in text])
def test_a_mistake_in_a_rule_brings_no_other_complaint(tmp_path: Path, text: str) -> None:
    assert 1 == len(complaints(tmp_path, text))


# Files that cannot be read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name = catalog", "1: is not valid TOML: invalid value at column 8; put quotes around text"),
        ("a = 1\na = 2", "2: is not valid TOML: cannot overwrite a value"),
        ("[a]\n\n[a]", "3: is not valid TOML: cannot declare"),
        ("a = 1\nb", "2: is not valid TOML: expected '=' after a key"),
        ("x = '1\ny = 2", '1: is not valid TOML: expected "\'"; the closing quote is missing'),
        (
            'x = "\\d"',
            "1: is not valid TOML: unescaped '\\' in a string at column 8; put text with backslashes in",
        ),
        ("y = 1\nx = [1,\n2\n\n", "2: is not valid TOML: unclosed array; a list ends with"),
        ("x = " + "9" * 5000, "1: is not valid TOML: "),
        ("x = " + "[" * 3000, " is nested too deeply"),
    ],
)
def test_a_syntax_error_has_its_line_and_says_what_to_do(tmp_path: Path, text: str, expected: str) -> None:
    (found,) = complaints(tmp_path, text)
    assert found.startswith(f"catalog.toml:{expected}")


def complaint(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path, (), {})
    return str(caught.value).removeprefix(f"{path.parent}/")


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    assert complaint(tmp_path / "x.toml").startswith("x.toml: does not exist")


def test_a_forgotten_ending_is_reported(tmp_path: Path) -> None:
    (tmp_path / "jobs.toml").touch()
    assert "jobs: no such file; did you mean jobs.toml?" == complaint(tmp_path / "jobs")


def test_a_folder_is_reported(tmp_path: Path) -> None:
    assert complaint(tmp_path / ".").endswith("is a folder; name the TOML file in it")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.touch(mode=0)
    assert complaint(path) == "x.toml: cannot be read: Permission denied"


def test_another_encoding_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b'name = "a"\n# caf\xe9\n')
    assert complaint(path) == "x.toml:2: is not UTF-8; save the file in that encoding"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    assert "catalog" == load(path, (), {}).name


# Seeds and Python parsers


def test_a_rule_may_name_python_beside_the_config(tmp_path: Path, search_path: list[str]) -> None:
    (tmp_path / "odd_pages.py").write_text("def parse(response): ...\n")
    loaded(tmp_path, MINIMAL)
    assert str(tmp_path) not in search_path
    config = loaded(tmp_path, rule("table = 'odd'\nkey = ['id']\nparser = 'odd_pages:parse'"))
    assert "odd_pages:parse" == config.page[0].parser
    assert str(tmp_path) == search_path[-1]
    assert (Table("odd", ("id",), ()),) == tables(config)


@pytest.mark.usefixtures("search_path")
def test_an_error_in_a_python_parser_is_reported_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "broken_pages.py").write_text("1 / 0\n")
    (found,) = complaints(tmp_path, rule("parser = 'broken_pages:parse'"))
    assert found.endswith('"broken_pages:parse" cannot be imported: ZeroDivisionError: division by zero')


# Tables


def test_tables_have_the_columns_of_all_their_rules_in_order(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """
        name = "catalog"
        seeds = ["https://example.org/"]
        [[page]]
        match = "/a"
        table = "item"
        [page.fields]
        cover = { css = "img", blob = "{name}" }
        tags = { css = "b", many = true, type = "int" }
        depth = "@depth"
        [[page]]
        match = "/b"
        table = "other"
        key = ["id"]
        fields = { id = { json = "id", type = "int" } }
        [[page]]
        match = "/c"
        table = "item"
        fields = { name = "h1", depth = "@depth", all = { css = "img", blob = "x/{name}", many = true } }
        """,
    )
    item = (
        Column("cover"),
        Column("cover_path"),
        Column("tags", "json"),
        Column("depth", "int"),
        Column("name"),
        Column("all", "json"),
        Column("all_path", "json"),
    )
    assert (Table("item", ("_url",), item), Table("other", ("id",), (Column("id", "int"),))) == tables(config)


def test_a_table_is_merged_if_its_rules_say_so(tmp_path: Path) -> None:
    config = loaded(tmp_path, rule("table = 'a'\nmerge = true\n[page.fields]\na = 'b'"))
    assert (Table("a", ("_url",), (Column("a"),), merge=True),) == tables(config)


def test_a_config_can_be_made_without_a_file() -> None:
    config = Config.model_validate({"name": "x", "page": [{"match": "/*", "follow": ["a"]}]})
    assert (("/*",), "x") == (config.page[0].match, config.name)


@pytest.mark.parametrize(
    ("type_", "given", "expected"),
    [
        ("str", "x", "x"),
        ("int", 3, 3),
        ("float", 3, 3.0),
        ("bool", True, True),
        ("date", date(2026, 1, 31), "2026-01-31"),
        ("date", "2026-01-31", "2026-01-31"),
        ("datetime", "2026-01-31T12:00:00", "2026-01-31T12:00:00.000Z"),
        ("datetime", "2026-01-31T12:00:00+01:00", "2026-01-31T11:00:00.000Z"),
        ("json", {"a": [1]}, {"a": [1]}),
    ],
)
def test_a_default_has_the_form_of_records(type_: str, given: object, expected: object) -> None:
    assert expected == FieldSpec.model_validate({"css": "a", "type": type_, "default": given}).default


def test_without_built_in_jobs_no_kind_is_known(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text('name = "catalog"\nkind = "crypto"\n')
    with pytest.raises(ConfigError) as raised:
        load(path, (), {})
    assert f'{path}:2: kind: "crypto" is not valid here; this must be left out' == str(raised.value)
