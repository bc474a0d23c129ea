"""What the rules of a config want of a browser, and how they are told apart."""

from __future__ import annotations

from pathlib import Path

from support.config_files import loaded

from asyncscrape.browsing import RuleNeeds, Use
from asyncscrape.jobs.rules.plans import Plans

HEAD = 'name = "catalog"\nseeds = ["https://example.org/"]\n'
ITEM = '[[page]]\nmatch = "/item/*"\nbrowser = "auto"\ntable = "item"\n[page.fields]\nname = "h1"\n'
LIST = '[[page]]\nmatch = ["/list", "/item/*"]\nbrowser = "auto"\nfollow = ["a"]\ncapture = "/api/*"\n'
PLAIN = '[[page]]\nmatch = "/item/*"\nbrowser = false\nfollow = [".more"]\n'


def needs(folder: Path, *rules: str) -> list[RuleNeeds]:
    plan = Plans(loaded(folder, HEAD + "".join(rules)))("https://example.org/item/1")
    assert plan
    return list(plan.rules)


def test_a_plan_says_what_each_rule_wants(tmp_path: Path) -> None:
    item, list_ = needs(tmp_path, PLAIN, ITEM, LIST)
    assert RuleNeeds(Use.AUTO, 2, "/item/* → item", item.key, "item") == item
    assert RuleNeeds(Use.AUTO, 3, "/list, /item/*", list_.key, follows=True, captures=True) == list_


def test_a_rule_is_the_same_wherever_it_stands_and_another_once_it_changes(tmp_path: Path) -> None:
    one, two = needs(tmp_path, ITEM, LIST)
    assert [two.key, one.key] == [rule.key for rule in needs(tmp_path, LIST, PLAIN, ITEM)]
    [other] = needs(tmp_path, ITEM.replace("h1", "h2"))
    assert one.key != other.key
