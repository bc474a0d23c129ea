"""The program in a hurry, on the day that `TEST_TODAY` names.

It waits only a moment where the real site would be left alone for a minute. However slow the machine, it reports
trouble but not progress. Reports, whose pictures take longer than these crawls, are made only if `TEST_REPORT` is
set.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from asyncscrape.__main__ import main
from asyncscrape.config.models import Config
from asyncscrape.crawl_job import Job
from asyncscrape.fetchers.http import blame
from asyncscrape.jobs.base import BuiltIn
from asyncscrape.jobs.registry import Registry
from asyncscrape.logs import PROGRESS
from asyncscrape.model import PastRequest
from asyncscrape.politeness import clock, decisions
from support.hurried_parser import Hurried

clock.CHALLENGE_PAUSES = (0.1, 0.1)
decisions.BACKOFF_BASE = 0.05
blame.YOUNG = 0.0
logging.getLogger(PROGRESS).addFilter(lambda record: False)


def hurried(built_in: BuiltIn) -> BuiltIn:
    def on_that_day(config: Config, past: Sequence[PastRequest], _: date) -> Job:
        job = built_in.job(config, past, date.fromisoformat(os.environ["TEST_TODAY"]))
        return replace(job, parsers={kind: Hurried(parser) for kind, parser in job.parsers.items()})

    report = built_in.report if "TEST_REPORT" in os.environ else lambda _: ""
    return replace(built_in, job=on_that_day, report=report)


if __name__ == "__main__":
    kind = os.environ.get("TEST_KIND", "crypto")
    main({kind: hurried(Registry()[kind])})
