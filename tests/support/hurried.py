"""The program on the day that `TEST_TODAY` names, and in a hurry.

Where the real site is left alone for a minute, it waits for a moment only. Reports, whose pictures take longer than
these crawls, are made where `TEST_REPORT` is set.
"""

import os
from datetime import date
from functools import partial

from asyncscrape.__main__ import main
from asyncscrape.commands import report
from asyncscrape.jobs.crypto import job as crypto
from asyncscrape.parsers.coinmarketcap import api_answers
from asyncscrape.politeness import clock, decisions

api_answers.BUSY_WAIT = api_answers.STALE_WAIT = 0.05
clock.CHALLENGE_PAUSES = (0.1, 0.1)
decisions.BACKOFF_BASE = 0.05
crypto.crypto_job = partial(crypto.crypto_job, today=date.fromisoformat(os.environ["TEST_TODAY"]))

if "TEST_REPORT" not in os.environ:
    report.make = lambda *_: None

if __name__ == "__main__":
    main()
