"""The program up to the end of its crawl: `crawl_only.py FILE ARGUMENT…`, with arguments as for `asyncscrape`.

Writes what the crawl took into the file, and exits where the report would begin. The start of Python is not counted,
as it is not with the bare loops.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

from asyncscrape.__main__ import main
from asyncscrape.crawl.run import Crawl
from asyncscrape.stats import Snapshot

told = Path(sys.argv.pop(1))
whole_crawl = Crawl.run


def processor_time() -> float:
    """Seconds that this process has worked, and those that it has started and that have ended: they parse pages."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


async def run(crawl: Crawl) -> Snapshot:
    """The crawl with its figures told; threads and
    processes that parse count."""
    begun, cpu = time.perf_counter(), processor_time()
    snapshot = await whole_crawl(crawl)
    took = {"took": time.perf_counter() - begun, "cpu": processor_time() - cpu}
    told.write_text(json.dumps(snapshot.as_dict() | took), encoding="utf-8")
    os._exit(snapshot.exit or 0)


Crawl.run = run  # type: ignore[method-assign]  # what it does stays the same
main()
