"""One crawl in this process, with its progress on a screen; signals stop it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

from rich.console import Console

from asyncscrape.config.models import Config
from asyncscrape.crawl.run import Crawl
from asyncscrape.errors import Exit
from asyncscrape.stats import Snapshot
from asyncscrape.views import progress

log = logging.getLogger("asyncscrape.run")

AT_ONCE = 1.0
"""Seconds to close what can be closed after a second signal."""
OVERDUE = 8.0
"""Seconds after the drain when a run that was told to stop exits regardless: by then everything is closed, unless
something hangs, such as a disk or a server that is gone."""


def carried_out(
    make: Callable[[], Crawl], config: Config, screen: Console | None, *, with_parent: bool = False
) -> Snapshot:
    """Carry out a crawl to its end, or until a signal stops it; `with_parent`, the end of standard input is one."""
    _raise_file_limit()
    collect_seldom()
    with asyncio.Runner(loop_factory=_event_loop) as runner:
        return runner.run(_crawl(make, config, screen, with_parent))


def _event_loop() -> asyncio.AbstractEventLoop:
    """The loop of uvloop if it is installed: a fetch takes a fifth less time with it."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def collect_seldom() -> None:
    """Collect garbage seldom: many records make many objects but no cycles; a search every 700 wastes time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _raise_file_limit() -> None:
    """Open as many files as the system allows: a crawl of many hosts has many connections open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _crawl(make: Callable[[], Crawl], config: Config, screen: Console | None, with_parent: bool) -> Snapshot:
    crawl = make()
    loop = asyncio.get_running_loop()
    stop = partial(_interrupt, crawl, config.fetch.drain_timeout, loop)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if with_parent:
        loop.add_reader(sys.stdin.fileno(), _orphaned, stop, loop)
    async with progress.shown(crawl.snapshot, screen) if screen else nullcontext():
        return await crawl.run()


def _orphaned(stop: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
    """The process that holds the other end of standard input, and never writes to it, is gone."""
    loop.remove_reader(sys.stdin.fileno())
    log.warning("the process that started this worker is gone")
    stop()


def _interrupt(crawl: Crawl, patience: float, loop: asyncio.AbstractEventLoop) -> None:
    # A thread that sorts a table cannot be stopped, so exit without it: like any other kill, this loses nothing.
    if crawl.interrupt() > 1:
        loop.call_later(AT_ONCE, os._exit, Exit.INTERRUPTED)
    else:
        loop.call_later(patience + OVERDUE, os._exit, Exit.INTERRUPTED)
        log.warning("stopping: open requests have %.0f s to finish; send the signal again to stop at once", patience)
