"""What the program of the browser is, found out without opening a page."""

from __future__ import annotations

import os
import re
import subprocess

from playwright.sync_api import sync_playwright

from asyncscrape.browsing import BrowserProgram
from asyncscrape.errors import UsageError
from asyncscrape.fetchers.browser.executable import executable

ANSWERS_WITHIN = 20.0
_VERSION = re.compile(r"\d+(\.\d+){2,}")


def find_program(named: str) -> BrowserProgram:
    """The browser that a run would use. Raises UsageError if there is none, or if it does not answer."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    path = executable(named, own)
    try:
        told = subprocess.run(
            [path, "--version"], capture_output=True, text=True, errors="replace", timeout=ANSWERS_WITHIN, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        told = ""
    found = _VERSION.search(told)
    if found is None:
        raise UsageError(f"{path} is not a browser that can be used: it does not tell its version")
    return BrowserProgram(path, found[0], sandbox=os.geteuid() != 0)
