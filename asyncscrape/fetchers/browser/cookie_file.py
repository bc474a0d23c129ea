"""Cookies kept from one run to the next, in the form in which Playwright keeps them too.

Nobody but its owner can read the file. It is replaced as a whole, so a killed run leaves the last one.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import msgspec

from asyncscrape.disk import make_folder, put, store_errors
from asyncscrape.fetchers.browser.context_cookies import as_lent, from_browser
from asyncscrape.fetchers.cookies import Jar

log = logging.getLogger(__name__)

EVERY = 20.0
"""Seconds between two looks at whether they have changed."""


class CookieFile:
    """Keeps the cookies of a jar; an async context manager for the time of a run."""

    def __init__(self, path: Path, jar: Jar) -> None:
        self._path = path
        self._jar = jar
        self._saved = b""

    async def __aenter__(self) -> Self:
        """Put what is kept into the jar."""
        data = await asyncio.to_thread(self._read)
        if data:
            self._load(data)
        self._saving = asyncio.create_task(self._save_on())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Keep what there is now."""
        self._saving.cancel()
        await asyncio.gather(self._saving, return_exceptions=True)
        await self.save()

    async def save(self) -> None:
        """Keep what there is now, if it has changed."""
        data = msgspec.json.format(msgspec.json.encode({"cookies": [*map(told, self._jar)], "origins": []}))
        if data != self._saved:
            await asyncio.to_thread(self._write, data)
            self._saved = data

    async def _save_on(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self.save()

    def _load(self, data: bytes) -> None:
        try:
            for raw in msgspec.json.decode(data)["cookies"]:
                domain = raw["domain"].removeprefix(".")
                shared = raw["domain"] != domain and self._jar.shared(domain)
                self._jar.keep(from_browser(raw, domain, shared=shared))
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
            log.warning("%s is damaged, so this run starts without the cookies of the last one", self._path)

    def _read(self) -> bytes:
        with store_errors(self._path), suppress(FileNotFoundError):
            return self._path.read_bytes()
        return b""

    def _write(self, data: bytes) -> None:
        temporary = self._path.with_name(f"{self._path.name}.new")
        with store_errors(self._path):
            make_folder(self._path.parent)
            temporary.unlink(missing_ok=True)  # a killed run may have left it
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(handle)
            put(temporary, self._path)


def told(cookie: Any) -> dict[str, Any]:
    """A cookie as it stands in the file."""
    domain = f".{cookie.domain}" if cookie.shared else cookie.domain
    return {"expires": -1, "sameSite": "Lax", **as_lent(cookie, (cookie.name, domain, cookie.path))}
