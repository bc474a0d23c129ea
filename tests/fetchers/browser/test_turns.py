"""What two snapshots of a page have in common, decided without a browser."""

from __future__ import annotations

import time

from asyncscrape.fetchers.browser.snapshot import says_all_of

ACCEPTABLE = 2.0
"""Seconds of CPU; it takes some milliseconds, and took hours where a style sheet was long."""


def test_long_style_sheets_do_not_hold_up_the_run() -> None:
    page = f"<style>ul > li {'{ color: red } ' * 20_000} > b</style><p>said</p>"
    begun = time.process_time()
    assert says_all_of(page, page)
    assert not says_all_of("<p>", page)
    assert time.process_time() - begun < ACCEPTABLE


def test_space_around_a_text_does_not_make_it_another() -> None:
    assert says_all_of("<p>said</p>", "<p>\n  said</p><p> </p>")
