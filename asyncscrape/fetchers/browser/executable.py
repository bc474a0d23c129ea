"""Where the program of the browser is."""

from __future__ import annotations

import os
import shlex
import shutil
import sys

from asyncscrape.errors import UsageError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
INSTALL = f"{shlex.quote(sys.executable)} -m playwright install chromium"
"""The command that installs a browser, wherever the program `playwright` itself may be."""
MISSING = (
    f"pages of this job need a browser, and none is found; install one with: {INSTALL} "
    "(or, on Debian: apt-get install chromium), or name one with executable under [fetch.browser]"
)


def executable(named: str, own: str) -> str:
    """The path of the browser: the one that the config names, else that of playwright, else the system's."""
    if named:
        found = shutil.which(named)
        if found is None:
            raise UsageError(
                f"[fetch.browser] executable: {named} is not a program that can be started; name a Chromium or "
                "Chrome, or remove the key to use the one of this machine"
            )
        return found
    if own and os.access(own, os.X_OK):
        return own
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise UsageError(MISSING)
    return found
