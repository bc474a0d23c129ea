"""Mistakes in the keys for pages that need a browser: all in one answer, each in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.config_files import complaints, loaded

from asyncscrape.config.browser_keys import plan_of

CONFIG = """\
name = "catalog"
seeds = ["https://example.org/"]
[[page]]
match = "/*"
follow = ["a"]
{rule}
"""
OPENED = "browser = true\n"


def told(folder: Path, rule: str) -> list[str]:
    """What is wrong with these keys of a rule, without the place."""
    return [line.partition(": ")[2] for line in complaints(folder, CONFIG.format(rule=rule))]


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ("{ }", "this step does nothing; add one of click, fill, select, press, scroll, python"),
        ("{ pause = '1s' }", "this step does nothing; add one of click, fill, select, press, scroll, python"),
        ("{ click = 'a', press = 'Enter' }", "cannot be used with click: a step does one thing; write two steps"),
        ("{ fill = '#q' }", 'fill needs to know what; add text = "…" to this step'),
        ("{ select = '#n' }", 'select needs to know what; add value = "…" to this step'),
        ("{ click = 'a', text = 'x' }", "belongs to fill, and this step is click; remove it"),
        ("{ fill = 'a', text = 'x', value = 'y' }", "belongs to select, and this step is fill; remove it"),
        ("{ click = 'a', repeat = 2, max = 3 }", "means the same as repeat; keep one of them"),
        ("{ fill = 'a', text = 'x', repeat = 2 }", "has no effect on fill, which is done once; remove it"),
        ("{ press = 'Enter', if_present = true }", "has no effect on press here, which needs no element; remove it"),
        ("{ scroll = 'end', if_present = true }", "has no effect on scroll here, which needs no element; remove it"),
        ("{ clik = 'a' }", 'unknown key; did you mean "click"?'),
        ("{ click = '' }", "is not a selector"),
        ("{ click = 'xpath://a' }", "does not select elements on an open page"),
        ("{ click = 'a::text' }", "does not select elements on an open page"),
        ("{ click = 'a', repeat = 0 }", "0 is out of range: it must be at least 1"),
        ("'a'", "is not valid here; this must be a table"),
    ],
)
def test_a_step_that_cannot_be_carried_out_is_told_in_plain_words(tmp_path: Path, step: str, complaint: str) -> None:
    [found] = told(tmp_path, f"{OPENED}steps = [{step}]")
    assert complaint in found


@pytest.mark.parametrize(
    "key", ["wait = 'idle'", "dismiss = ['.x']", "steps = [{ click = 'a' }]", "capture = '/api/*'"]
)
def test_keys_of_open_pages_on_a_rule_that_opens_none_are_told(tmp_path: Path, key: str) -> None:
    [found] = told(tmp_path, key)
    assert "is for pages that are opened in a browser; add browser = true to this rule" in found
    [found] = told(tmp_path, f"{key}\nbrowser = false")
    assert "has no effect with browser = false; remove one of the two" in found
    assert [] == told(tmp_path, f"{key}\nbrowser = 'auto'")
    assert [] == told(tmp_path, f"{key}\n[fetch.browser]\nuse = 'auto'")


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ("block = ['images']", 'did you mean "image"?'),
        ("block = ['script']", "is neither a kind of request (image, font, media, stylesheet) nor a pattern of URLs"),
        ("block = ['tracker.example']", 'did you mean "*tracker.example*"?'),
        ("block = 'image'", "this must be a list"),
        ("pages = 0", "0 is out of range: it must be at least 1"),
        ("viewport = '1280'", "is not the size of a window"),
        ("use = 'always'", 'write true, false or "auto"'),
        ("use = 1", 'write true, false or "auto"'),
        ("timeout = 'soon'", "is not a duration"),
        ("timezone = 'Berlin'", "Berlin"),
        ("executable = ''", "is empty"),
        ("recycle = 3", "unknown key"),
    ],
)
def test_a_browser_that_cannot_be_set_up_is_told_in_plain_words(tmp_path: Path, keys: str, complaint: str) -> None:
    [found] = told(tmp_path, f"[fetch.browser]\n{keys}")
    assert complaint in found


@pytest.mark.parametrize("word", ["image", "*.tracker.example/*", "https://x.test/a.js", "*/ads/*"])
def test_kinds_of_requests_and_patterns_for_whole_urls_can_be_blocked(tmp_path: Path, word: str) -> None:
    config = loaded(tmp_path, CONFIG.format(rule=f"[fetch.browser]\nblock = ['{word}']"))
    assert (word,) == config.fetch.browser.settings.block


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("wait = 'tr.row'", 'did you mean "css:tr.row"?'),
        ("wait = true", "is nothing to wait for"),
        ("steps = [{ click = true }]", "is not a selector; write CSS in quotes"),
        ("steps = [{ click = 'text=More' }]", "does not select elements on an open page"),
        ("steps = [{ click = '//a' }]", "does not select elements on an open page"),
        ("steps = [{ scroll = 'bottom' }]", 'did you mean "end"?'),
        ("steps = [{ scroll = true }]", 'did you mean "end"?'),
        ("wait = 'soon'", 'is nothing to wait for; write "css:tr.row", "idle" or "500ms"'),
        ("wait = 'css:'", "is not a selector"),
        ("wait = 'css:a::text'", "does not select elements on an open page"),
        ("dismiss = 'json:a'", "this must be a list"),
        ("dismiss = ['json:a']", "does not select elements on an open page"),
        ("capture = 3", "this must be a list"),
        ("capture = 're:['", "is not a regular expression"),
        ("steps = { click = 'a' }", "this must be a list"),
    ],
)
def test_what_an_open_page_cannot_do_is_told_in_plain_words(tmp_path: Path, key: str, complaint: str) -> None:
    [found] = told(tmp_path, OPENED + key)
    assert complaint in found


@pytest.mark.parametrize("use", ["'yes'", "1", "[]"])
def test_when_to_open_pages_is_true_false_or_auto(tmp_path: Path, use: str) -> None:
    [found] = told(tmp_path, f"browser = {use}")
    assert 'write true, false or "auto"' in found


def test_a_function_of_a_login_that_cannot_be_imported_is_told(tmp_path: Path) -> None:
    login = "url = 'https://example.org/login'\nsigned_in = '.me'\nsteps = [{ python = 'nowhere:sign_in' }]"
    [found] = told(tmp_path, f"[[fetch.browser.login]]\n{login}")
    assert "fetch.browser.login.0.steps.0.python" in found or '"nowhere:sign_in" cannot be imported' in found


@pytest.mark.parametrize(("kind", "more"), [("crypto", ""), ("crypto", "source = 'api'"), ("network", "")])
def test_a_browser_for_a_job_that_opens_no_pages_is_told(tmp_path: Path, kind: str, more: str) -> None:
    file = f"name = 'x'\nkind = '{kind}'\n[{kind}]\n{more}\n[fetch.browser]\nuse = 'auto'\n"
    file = file.replace("[network]", "[network]\naccounts = ['a']\nclient_id = 'a'\nclient_secret = 'b'")
    [found] = complaints(tmp_path, file)
    assert f'has no effect: the job "{kind}" opens no pages as it is set up here; remove it' in found


def test_the_job_whose_pages_need_a_browser_takes_one(tmp_path: Path) -> None:
    file = "name = 'x'\nkind = 'crypto'\n[crypto]\nsource = 'pages'\n[fetch.browser]\nuse = 'auto'\n"
    assert [] == complaints(tmp_path, file)


def test_all_mistakes_come_in_one_answer_with_their_lines(tmp_path: Path) -> None:
    found = complaints(
        tmp_path,
        CONFIG.format(
            rule="steps = [{ fill = '#q' }, { click = 'a', text = 'x' }]\nwait = 'soon'\n[fetch.browser]\npages = 0"
        ),
    )
    assert 5 == len(found)
    assert all(line.startswith("catalog.toml:") for line in found)


def test_several_things_to_wait_for_or_to_capture_are_lists(tmp_path: Path) -> None:
    keys = "wait = ['css:tr', '500ms', 2, 'idle']\ncapture = ['/a*', '/b*']"
    [rule] = loaded(tmp_path, CONFIG.format(rule=OPENED + keys)).page
    plan = plan_of(rule, False)
    assert (("tr", 0.5, 2.0, "idle"), ("/a*", "/b*")) == (plan.wait, plan.capture)
