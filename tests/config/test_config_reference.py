from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import reduce
from operator import attrgetter, getitem
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from support.config_files import loaded

from asyncscrape.config.browser_keys import BrowserStep
from asyncscrape.config.job_keys import config_type
from asyncscrape.config.loading import load
from asyncscrape.config.messages import sections
from asyncscrape.config.models import FieldSpec, HostPoliteness, PageRule
from asyncscrape.config.schema import json_schema
from asyncscrape.jobs.crypto.config import Crypto
from asyncscrape.jobs.network.config import TOLD_BY_OFFICIAL
from asyncscrape.jobs.registry import Registry

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "config" / "reference.toml"
SHIPPED = [*sorted((ROOT / "config").glob("*.toml")), ROOT / "asyncscrape" / "starter.toml"]

BUILT_IN = re.compile(r"^#kind = .*?\n\n", re.DOTALL | re.MULTILINE)
"""The examples of a built-in job, which cannot stand beside seeds and rules."""
CREDENTIALS = dict.fromkeys(("SOUNDCLOUD_CLIENT_ID", "SOUNDCLOUD_CLIENT_SECRET", "BEATPORT_TOKEN"), "x")


def keys(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field.default


def inner(written: Any, table: str) -> Any:
    """The table "store.s3" in the file; the whole file for the top of it."""
    return reduce(getitem, table.split("."), written) if table else written


def uncommented(text: str) -> str:
    """The text with the "#" taken away from all its examples."""
    return re.sub(r"^#(?=[\w\[\"])", "", text, flags=re.MULTILINE)


def with_examples(text: str) -> str:
    """The file with all its examples but those of built-in jobs."""
    return uncommented(BUILT_IN.sub("", text)).replace("origins = {}", "")


def built_in(text: str, kind: str) -> str:
    """The examples of a built-in job, as a config; of two that exclude each other the default stays."""
    [found] = [example for example in BUILT_IN.findall(text) if f'kind = "{kind}"' in example]
    return 'name = "reference"\n' + re.sub(
        r"^(coins|artists|accounts|kinds) = .*\n", "", uncommented(found), flags=re.MULTILINE
    )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_config_that_comes_with_the_program_loads(path: Path) -> None:
    load(path, (), CREDENTIALS, Registry())


def test_the_reference_has_every_default(tmp_path: Path) -> None:
    config = load(REFERENCE, (), {}, Registry())
    text = REFERENCE.read_text(encoding="utf-8")
    examples = {kind: loaded(tmp_path, built_in(text, kind), environ=CREDENTIALS) for kind in Registry()}
    written = tomllib.loads(text)
    for kind, left_out in (("crypto", ["coins"]), ("music", ["artists"]), ("network", ["accounts", "kinds"])):
        written[kind] = {**dict.fromkeys(left_out, ()), **tomllib.loads(built_in(text, kind))[kind]}
    for table, section in sections(config_type(Registry())):
        if section is PageRule:
            continue
        here, of = inner(written, table), examples.get(table.partition(".")[0], config)
        values = attrgetter(table)(of) if table else of
        defaults = {
            key: default
            for key, default in keys(section)
            if default is not None
            and not isinstance(default, BaseModel)
            and key not in ("name", "seeds", "page", "hosts", "expect", "login")
        }
        if table == "scope":
            defaults["hosts"] = ()
        if table == "network":
            defaults["kinds"] = TOLD_BY_OFFICIAL
        assert set() == set(defaults) - set(here), f"[{table}]"
        assert defaults == {key: getattr(values, key) for key in defaults}


def test_the_reference_has_every_key() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    written = tomllib.loads(with_examples(text))
    for example in BUILT_IN.findall(text):
        written |= tomllib.loads(uncommented(example))
    fields = [spec for rule in written["page"] for spec in rule.get("fields", {}).values() if isinstance(spec, dict)]
    tables = [
        (FieldSpec, {key for spec in fields for key in spec}),
        (BrowserStep, {key for rule in written["page"] for step in rule.get("steps", []) for key in step}),
        (HostPoliteness, {key for host in written["politeness"]["hosts"].values() for key in host}),
    ]
    for table, section in sections(config_type(Registry())):
        found = inner(written, table) if section is not PageRule else {k for rule in written["page"] for k in rule}
        tables.append((section, set(found)))
    assert 18 == len(tables)
    for section, found in tables:
        assert {key for key, _ in keys(section)} == found, section.__name__


@pytest.mark.usefixtures("search_path")
def test_the_examples_of_the_reference_are_valid(tmp_path: Path) -> None:
    (tmp_path / "seeds.csv").write_text("https://example.org/\n")
    (tmp_path / "odd_pages.py").write_text("def parse(response): ...\n")
    (tmp_path / "odd_steps.py").write_text("async def turn(page): ...\n")
    environ = dict.fromkeys(("S3_KEY", "S3_SECRET", "S3_TOKEN", "PASSWORD"), "x") | {
        "FRONTIER_URL": "postgres://host/db"
    }
    config = loaded(tmp_path, with_examples(REFERENCE.read_text(encoding="utf-8")), environ=environ)
    assert {"api.example.org"} == set(config.politeness.hosts)
    assert 2 == len(config.fetch.origins)


def test_the_example_of_the_built_in_job_is_valid_and_shows_its_defaults(tmp_path: Path) -> None:
    text = built_in(REFERENCE.read_text(encoding="utf-8"), "crypto")
    assert accepted(text)
    config = loaded(tmp_path, text)
    assert "crypto" == config.kind
    dates = {"start": date(2017, 1, 1), "end": date(2020, 12, 2)}
    assert Crypto(**dates) == config.section(Crypto)


# The JSON Schema


def plain(value: Any) -> Any:
    """TOML as an editor hands it to the schema."""
    return json.loads(json.dumps(value, default=date.isoformat))


def accepted(text: str) -> bool:
    return bool(Draft202012Validator(json_schema(Registry())).is_valid(plain(tomllib.loads(text))))


def test_the_schema_is_one_and_explains_every_key() -> None:
    schema = json_schema(Registry())
    Draft202012Validator.check_schema(schema)
    for section in (schema, *schema["$defs"].values()):
        for key, property_ in section["properties"].items():
            told = property_ if "$ref" not in property_ else schema["$defs"][property_["$ref"].rpartition("/")[2]]
            assert 10 < len(told["description"]), key
            assert "\n" not in told["description"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_schema_accepts_what_loads(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert accepted(text)
    assert accepted(with_examples(text)) or path != REFERENCE


RULE = '[[page]]\nmatch = "/"\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        'name = "a b"',
        'name = "x"\nnam = 1',
        'name = "x"\nkind = "cripto"',
        'name = "x"\nseeds = ["example.org"]',
        'name = "x"\nsitemaps = "atuo"',
        'name = "x"\npoliteness = { delay = "1 sec" }',
        'name = "x"\npoliteness = { delay = -1 }',
        'name = "x"\npoliteness = { rate = 3 }',
        'name = "x"\npoliteness = { hosts = { a = { dealy = 1 } } }',
        'name = "x"\nfetch = { timeout = 0 }',
        'name = "x"\nfetch = { max_body = "16mb" }',
        'name = "x"\nfetch = { origins = { "https://a.b" = "c" } }',
        'name = "x"\nstore = { records = ["s3"] }',
        'name = "x"\nlog = { level = "warn" }',
        'name = "x"\n[[page]]\nfollow = ["a"]',
        f'name = "x"\n{RULE}fields = {{ a = 3 }}',
        f'name = "x"\n{RULE}fields = {{ a = {{}} }}',
        f'name = "x"\n{RULE}fields = {{ a = {{ css = "a", type = "number" }} }}',
    ],
)
def test_the_schema_refuses_what_is_wrong(text: str) -> None:
    assert not accepted(text)


def test_the_schema_accepts_secrets_wherever_there_is_text() -> None:
    assert accepted(
        """
        name = "env:X"
        seeds = ["file:x"]
        politeness = { delay = "env:X", rate = "env:X" }
        fetch = { proxy = "env:X", max_body = "env:X", origins = { "https://a.b" = "env:X" } }
        store = { records = ["env:X"], blobs = "env:X" }
        log = { level = "env:X" }
        page = [{ match = "env:X", fields = { a = { css = "a", type = "env:X" } } }]
        """
    )


def test_a_copy_of_the_reference_elsewhere_loads_too(tmp_path: Path) -> None:
    copy = shutil.copy(REFERENCE, tmp_path)
    assert tmp_path == load(Path(copy), (), {}).folder
