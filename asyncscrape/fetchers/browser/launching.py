"""Starts the browser: in its sandbox where the system allows that, and with plain words where it does not start."""

from __future__ import annotations

import asyncio
import logging
import os
import re

from playwright.async_api import Browser, Error, Playwright, TimeoutError

from asyncscrape.errors import UsageError
from asyncscrape.fetchers.browser.executable import INSTALL, executable

log = logging.getLogger(__name__)

FLAGS = (
    # Neither WebRTC nor anything else may go round the gate.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
NOT_THESE = (
    # Playwright takes off these two brakes: scripts could open windows without end, and flood the browser.
    "--disable-popup-blocking",
    "--disable-ipc-flooding-protection",
)
STARTS_WITHIN = 60.0
OLDEST = 125
"""The first version that tells what is inside shadow roots."""
SAID = re.compile(r"^\[pid=\d+\]\[(?:err|out)\] (.+)$", re.M)
NOISE = ("dbus", "/usr/bin/chromium: ", "host_mapping_rules")
"""Complaints of browsers that mean nothing."""
ENDED = "Target page, context or browser has been closed"
TOLD = 3
"""Lines of its output that a message repeats."""


class Launcher:
    """Starts one browser after the other."""

    def __init__(self, named: str, proxy: str, *, headed: bool = False) -> None:
        self._named = named
        self._proxy = proxy
        self._headed = headed
        self._sandbox = os.geteuid() != 0
        self._told = False
        self.program = named
        """The one that was started last."""

    async def start(self, playwright: Playwright) -> Browser:
        """Start a browser. Raises UsageError if there is none, Error if it does not start."""
        self.program = program = await asyncio.to_thread(executable, self._named, playwright.chromium.executable_path)
        if not self._sandbox:
            self._tell("its sandbox does not work for root; to have it, run as another user")
            return current(program, await self._launch(playwright, program, sandbox=False))
        try:
            return current(program, await self._launch(playwright, program, sandbox=True))
        except TimeoutError:
            raise  # that says nothing of the sandbox
        except Error as error:
            browser = await self._launch(playwright, program, sandbox=False)
            self._sandbox = False  # now that this is known to be the reason
            self._tell(f"this system does not allow its sandbox: {complaint(error)}")
            return current(program, browser)

    async def _launch(self, playwright: Playwright, program: str, *, sandbox: bool) -> Browser:
        return await playwright.chromium.launch(
            executable_path=program,
            args=FLAGS,
            ignore_default_args=NOT_THESE,
            headless=not self._headed,
            chromium_sandbox=sandbox,
            proxy={"server": self._proxy},
            timeout=STARTS_WITHIN * 1000,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )

    def _tell(self, why: str) -> None:
        """Say once that there is no sandbox."""
        if not self._told:
            self._told = True
            log.warning("the browser runs without its sandbox (%s)", why)


def current(program: str, browser: Browser) -> Browser:
    """The browser, if it is young enough. Raises UsageError."""
    check_version(program, browser.version)
    return browser


def check_version(program: str, version: str) -> None:
    """Raises UsageError if a browser of this version cannot do what pages need."""
    number = version.partition(".")[0]
    if number.isdigit() and int(number) < OLDEST:
        raise UsageError(
            f"the browser {program} is of version {version}, and pages need {OLDEST} or newer; install one with: "
            f"{INSTALL}"
        )


def does_not_start(program: str, error: Error) -> UsageError:
    """The message about a browser that does not start."""
    return UsageError(
        f"the browser {program or 'for the pages of this job'} does not start: {complaint(error)}; to see more: "
        f"{program or 'chromium'} --headless --no-sandbox --dump-dom about:blank"
    )


def complaint(error: Error) -> str:
    """What a browser that did not start has said."""
    said = [line for line in SAID.findall(error.message) if not any(noise in line for noise in NOISE)]
    first = error.message.splitlines()[0].removeprefix("BrowserType.launch: ")
    return "; ".join(said[-TOLD:]) or ("it ended at once" if first.startswith(ENDED) else first)
