"""The program on the day that `TEST_TODAY` names, and in a hurry.

Where the real site is left alone for a minute, it waits for a moment only. However slow the machine, it tells of
trouble alone, not of its progress. Reports, whose pictures take longer than these crawls, are made where
`TEST_REPORT` is set.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from asyncscrape.__main__ import main
from asyncscrape.config.models import Config
from asyncscrape.jobs.crypto.built_in import JOB
from asyncscrape.logs import PROGRESS
from asyncscrape.model import Job, PastRequest
from asyncscrape.parsers.coinmarketcap import api_answers
from asyncscrape.politeness import clock, decisions

api_answers.BUSY_WAIT = api_answers.STALE_WAIT = 0.05
clock.CHALLENGE_PAUSES = (0.1, 0.1)
decisions.BACKOFF_BASE = 0.05
logging.getLogger(PROGRESS).addFilter(lambda record: False)


def on_that_day(config: Config, past: Sequence[PastRequest], _: date) -> Job:
    return JOB.job(config, past, date.fromisoformat(os.environ["TEST_TODAY"]))


if __name__ == "__main__":
    report = JOB.report if "TEST_REPORT" in os.environ else lambda _: ""
    main({"crypto": replace(JOB, job=on_that_day, report=report)})
