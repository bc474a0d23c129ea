"""The job "crypto" as the commands know it."""

from __future__ import annotations

from asyncscrape.jobs.base import BuiltIn
from asyncscrape.jobs.crypto.config import Crypto, findings, presets
from asyncscrape.jobs.crypto.job import KINDS, crypto_job
from asyncscrape.jobs.crypto.plan import plan
from asyncscrape.jobs.crypto.report.make import report
from asyncscrape.parsers.coinmarketcap.coin_tables import CANDLES, COINS

JOB = BuiltIn(
    section=Crypto,
    presets=presets,
    findings=findings,
    plan=plan,
    tables=(COINS, CANDLES),
    past_kinds=KINDS,
    job=crypto_job,
    report=report,
)
