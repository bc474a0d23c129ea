"""Whatever a config contains, it loads or is refused in words that people understand."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.config_files import MINIMAL, complaints

from asyncscrape.config.job_keys import config_type
from asyncscrape.config.messages import sections
from asyncscrape.jobs.registry import Registry

JARGON = ("Input should", "Value error", "Extra inputs", "type=", "dictionary", "tuple", "instance", "something else")
FIELD_KEYS = ["css", "xpath", "json", "re", "type", "many", "default", "required", "format", "blob"]
KEYS = [
    f"{table.strip('[]')}.{'0.' if table.startswith('[') else ''}{key}".lstrip(".")
    for table, section in sections(config_type(Registry()))
    for key in section.model_fields
] + ["page.0.fields.a", "page.0.fields.a.blob", "page.0.fields.a.default", 'politeness.hosts."a:1".delay', "seeds.0"]

WORDS = st.sampled_from(
    ["", "a", "/", "1s", "h1", "json:a", "@url", "re:(", "env:X", "{name}", "auto", "http://a.b/"]
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=5)
VALUES = st.recursive(
    WORDS
    | TEXTS
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.sampled_from([date(2026, 1, 1), datetime(2026, 1, 1), time(1)]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*FIELD_KEYS, "", "a", "_a"]) | TEXTS, inner, max_size=3)
    ),
    max_leaves=6,
)


def toml(value: Any) -> str:
    """The value as TOML on one line."""
    match value:
        case str() | bool():
            return json.dumps(value, ensure_ascii=False)
        case dict():
            return "{" + ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case int() | float():
            return repr(value)
    return str(value.isoformat())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory.mktemp("configs")


@given(changes=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_anything_is_loaded_or_refused_in_plain_words(folder: Any, changes: dict[str, Any]) -> None:
    overrides = [f"{key}={toml(value)}" for key, value in changes.items()]
    for line in complaints(folder, MINIMAL, overrides, {"X": "s3cr3t"}):
        assert line.startswith(("--set ", "catalog.toml:"))
        assert not [word for word in (*JARGON, "s3cr3t") if word in line]
