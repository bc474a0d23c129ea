"""What multiplies a page's own text is refused while it is read, before it fills the memory."""

from __future__ import annotations

from typing import Any

import pytest
from support.responses import response

from asyncscrape.config.models import PageRule
from asyncscrape.model import Parser, Record
from asyncscrape.parsers.budget import MOST_OF_VALUES, Allowance, Overrun
from asyncscrape.parsers.rules import RuleParser
from asyncscrape.parsers.sitemap import SitemapParser

LONG = "x" * 1_000_000
NESTED = "<i class=t>" * 100 + LONG
FOLDER = f"http://shop.test/{'x' * 7_900}/"
LINKS = "".join(f"<a href={n}>" for n in range(9_000))
MARKED = LINKS.replace("<a", "<a rel=nofollow")


def by(**rule: Any) -> Parser:
    return RuleParser([PageRule(match="*", table="t", **rule)])


@pytest.mark.parametrize(
    ("parser", "body", "what"),
    [
        (by(fields={"a": {"css": ".t", "many": True}}), NESTED, "values"),
        (by(fields={"a": {"css": ".t", "many": True, "type": "bool"}}), NESTED, "values"),
        (by(fields={"a": {"xpath": "//i/ancestor::*", "many": True}}), NESTED, "values"),
        (by(fields={"a": "xpath:ancestor::body"}, each="li"), f"{LONG}{'<li>' * 1_000}", "values"),
        (by(fields={"a": {"css": "i", "many": True}}, each="li"), f"{'<li><i>' * 1_000}{LONG}", "values"),
        (by(fields={"a": {"css": "a", "many": True, "type": "url"}}), f"<base href={FOLDER}>{LINKS}", "values"),
        (by(fields={"a": {"css": "a", "type": "url"}}, each="a"), f"<base href={FOLDER}>{LINKS}", "values"),
        (by(fields={"a": "p"}, follow=["a"]), f"<base href={FOLDER}>{LINKS}", "links"),
        (
            by(fields={"a": "p"}, follow=["a"]),
            f"<base href={FOLDER}>{LINKS.replace('<a', '<a rel=nofollow')}",
            "links",
        ),
    ],
)
def test_a_page_that_repeats_itself_is_refused_while_it_is_read(parser: Parser, body: str, what: str) -> None:
    with pytest.raises(Overrun, match=f"its {what} are over"):
        parser(response(body))


def test_so_is_a_sitemap_in_a_folder_with_a_long_name() -> None:
    entries = "".join(f"<url><loc>{n}</loc></url>" for n in range(9_000))
    with pytest.raises(Overrun, match="its links are over 32 MB"):
        SitemapParser()(response(f"<urlset>{entries}</urlset>", "text/xml", FOLDER))


def test_records_are_only_refused_if_they_are_too_much_in_all() -> None:
    short, long = Record("t", {"a": "x"}), Record("t", {"a": "x" * (MOST_OF_VALUES // 4)})
    allowance, records = Allowance(), [short] * 15
    for record in (long, *[short] * 2_000, long, long, *[short] * 100):
        records.append(record)
        if len(records) >= allowance.next:
            allowance.look(records)
    with pytest.raises(Overrun):
        allowance.look([*records, long])
