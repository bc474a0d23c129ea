"""Where the program of the browser is."""

from __future__ import annotations

import os
import shutil

from asyncscrape.errors import UsageError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = (
    "pages of this job need a browser, and none is found; install one with: playwright install chromium "
    "(or, on Debian: apt-get install chromium), or name one with executable under [fetch.browser]"
)


def executable(named: str, own: str) -> str:
    """The path of the browser: the one that the config names, else that of playwright, else the system's."""
    if named:
        found = shutil.which(named)
        if found is None:
            raise UsageError(f"[fetch.browser] executable: {named} is not a program that can be started")
        return found
    if own and os.access(own, os.X_OK):
        return own
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise UsageError(MISSING)
    return found
