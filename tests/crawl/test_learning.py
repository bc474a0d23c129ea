"""What follows from what was learned, and when it is tested again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asyncscrape.browsing import RuleNeeds, Use
from asyncscrape.crawl.learning import Learning
from asyncscrape.openings import ENOUGH, Brought, Experience, RuleOnPage

HOST = "shop.test"
RULE, OTHER = RuleNeeds(Use.AUTO, key="a"), RuleNeeds(Use.AUTO, key="b")
URLS = [f"http://{HOST}/{n}" for n in range(2000)]


def learned(vain: int = 0, needed: int = 0, key: str = "a") -> Experience:
    return Experience(key, HOST, vain_before=vain, needed_before=needed)


def passed(learning: Learning, *rules: RuleNeeds) -> int:
    return sum(learning.hopeless(rules, url) for url in URLS)


def told(brought: Brought, key: str = "a") -> list[RuleOnPage]:
    return [RuleOnPage("", key, brought)]


def test_nothing_is_passed_over_or_opened_at_once_in_a_first_generation() -> None:
    learning = Learning([], 1)
    for url in URLS:
        learning.note(url, [*told(Brought.IN_VAIN), *told(Brought.HELPED, "b")])
    assert 0 == passed(learning, RULE)
    assert not any(learning.sure([OTHER], url) for url in URLS)
    assert learning.unlikely([RULE], URLS[0])
    assert not learning.unlikely([RULE, OTHER], URLS[0])


def test_what_was_always_in_vain_is_passed_over_but_for_tests() -> None:
    assert 0 == passed(Learning([learned(ENOUGH - 1)], 2), RULE)
    assert 1860 < passed(Learning([learned(ENOUGH)], 2), RULE) < 1940
    assert 0 == passed(Learning([learned(ENOUGH)], 2), RULE, OTHER)


def test_each_generation_tests_other_pages_and_a_resumed_run_the_same() -> None:
    def tested(generation: int) -> set[str]:
        learning = Learning([learned(ENOUGH)], generation)
        return {url for url in URLS if not learning.hopeless([RULE], url)}

    assert tested(2) == tested(2)
    assert len(tested(2) & tested(3)) < 20


@pytest.mark.parametrize("other_host", [True, False])
def test_a_test_that_finds_otherwise_ends_it_for_that_host(other_host: bool) -> None:
    learning = Learning([learned(ENOUGH)], 2)
    learning.note("http://other.test/" if other_host else URLS[0], told(Brought.HELPED))
    assert other_host is bool(passed(learning, RULE))


def test_what_plain_http_never_brought_is_opened_at_once_until_it_brings_it() -> None:
    learning = Learning([learned(needed=ENOUGH)], 2)
    assert 1860 < sum(learning.sure([RULE, OTHER], url) for url in URLS) < 1940
    learning.note(URLS[0], told(Brought.AT_ONCE))
    assert any(learning.sure([RULE], url) for url in URLS)
    learning.note(URLS[0], told(Brought.BY_HTTP))
    assert not any(learning.sure([RULE], url) for url in URLS)


@given(st.lists(st.lists(st.sampled_from(Brought))))
def test_a_browser_that_ever_helped_is_given_up_only_after_many_generations_in_vain(
    generations: list[list[Brought]],
) -> None:
    known = Experience("a", HOST)
    for pages in generations:
        for one in pages:
            known = known.after(one)
        known = known.in_next_generation()
    last = next((n for n, pages in enumerate(reversed(generations)) if Brought.HELPED in pages), len(generations))
    since = generations[len(generations) - last :]
    assert sum(pages.count(Brought.IN_VAIN) for pages in since) == known.vain_before
    assert known.hopeless is (known.vain_before >= ENOUGH)
