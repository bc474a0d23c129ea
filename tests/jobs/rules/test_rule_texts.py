"""The spelling in which page rules are remembered: it changes when the rule does, and only then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.config_files import loaded

from asyncscrape.jobs.rules.job import rule_job
from asyncscrape.model import Rule

HEAD = 'name = "catalog"\nseeds = ["https://example.org/"]\n'
RULE = """
[[page]]
match = "/item/*"
table = "item"
[page.fields]
name = "h1"
price = { css = ".price", type = "float" }
"""


def rule(folder: Path, text: str) -> Rule:
    [found] = rule_job(loaded(folder, HEAD + text)).rules
    return found


def test_a_rule_is_remembered_without_what_is_at_its_default(tmp_path: Path) -> None:
    found = rule(tmp_path, RULE)
    assert (("/item/*",), "item") == (found.match, found.table)
    assert {
        "match": ["/item/*"],
        "table": "item",
        "fields": {"name": "h1", "price": {"css": ".price", "type": "float"}},
    } == json.loads(found.text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('match = "/item/*"', 'match = ["/item/*"]'),
        ('table = "item"', 'table = "item"\nfollow = []'),
        ('type = "float" }', 'type = "float", many = false }'),
        ('name = "h1"\nprice', 'price = { type = "float", css = ".price" }\nname = "h1"\n#'),
    ],
)
def test_another_spelling_is_the_same_rule(tmp_path: Path, old: str, new: str) -> None:
    assert old in RULE
    assert rule(tmp_path, RULE) == rule(tmp_path, RULE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"/item/*"', '"/items/*"'),
        ('"h1"', '"h2"'),
        ('"float"', '"int"'),
        ('table = "item"', 'table = "item"\nkey = ["name"]'),
        ('table = "item"', 'table = "item"\nfollow = ["a"]'),
        ('type = "float" }', 'type = "float", default = 0.0 }'),
    ],
)
def test_whatever_makes_other_records_is_another_rule(tmp_path: Path, old: str, new: str) -> None:
    assert old in RULE
    assert rule(tmp_path, RULE) != rule(tmp_path, RULE.replace(old, new))


def test_what_a_step_fills_in_is_not_remembered_for_it_may_be_a_secret(tmp_path: Path) -> None:
    step = RULE.replace(
        'table = "item"', 'table = "item"\nbrowser = true\nsteps = [{ fill = "#password", text = "geheim" }]'
    )
    found = rule(tmp_path, step)
    assert [{"fill": "#password"}] == json.loads(found.text)["steps"]
    assert "geheim" not in found.text
