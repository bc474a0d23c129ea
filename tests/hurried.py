"""The program on the day that `TEST_TODAY` names, and in a hurry: where the real site is left alone for a minute, it
waits for a moment only."""

import os
from datetime import date
from functools import partial

from asyncscrape.__main__ import main
from asyncscrape.jobs import crypto
from asyncscrape.parsers import coinmarketcap
from asyncscrape.politeness import clock

coinmarketcap.BUSY_WAIT = coinmarketcap.STALE_WAIT = 0.05
clock.CHALLENGE_PAUSES = (0.1, 0.1)
crypto.crypto_job = partial(crypto.crypto_job, today=date.fromisoformat(os.environ["TEST_TODAY"]))

if __name__ == "__main__":
    main()
